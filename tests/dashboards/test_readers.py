"""Before a broadcast starts its page says who reads it in which language, offers the words that lack, and points at nobody."""

from __future__ import annotations

import itertools
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.testing import FlaskClient

from dashboards.readers import Told, told
from gateway.broadcasts.broadcasting import Readers
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import Seed, as_role, token
from tests.gateway.crowd import heard, phone, reporters

FORM = {"title": "El corte", "place": "S1701", "text-es": "El lunes no hay agua.", "key": "0123456789abcdef"}


@pytest.fixture
def node(make_node: MakeNode) -> Node:
    return make_node(extra='[governor]\nprice_per_segment = 0.25\n[outbox]\nchannel = "console"\nautomatic_per_day = 50\n')


@pytest.fixture
def client(app: Flask, node: Node, clock: Clock) -> FlaskClient:
    """Forty speak Spanish, twelve French, three Arabic."""
    Seed(node).accounts()
    for first, count, language in ((0, 40, "es"), (100, 12, "fr"), (200, 3, "ar")):
        reporters(node, clock, count, first=first, language=language)
    return as_role(app, "planner")


def written(client: FlaskClient, **more: str) -> str:
    answer = client.post("/planner/broadcasts/new", data=FORM | more | {"csrf_token": token(client)})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def read(client: FlaskClient, address: str) -> list[list[str]]:
    """The table as it is printed: language, people, what they read."""
    page = client.get(f"{address}?lang=en").text.partition('id="readers"')[2].partition("</table>")[0]
    rows = re.findall(r'<tr role="row"><th scope="row".*?</tr>', page, re.DOTALL)
    return [[cell.strip() for cell in re.findall(r">([^<>]+)<", row) if cell.strip()] for row in rows]


def translate(client: FlaskClient, address: str, language: str, text: str, options: str = "") -> tuple[int, str]:
    answer = client.post(f"{address}/words?lang=en", data={
        "language": language, "text": text, "options": options, "csrf_token": token(client)})
    return answer.status_code, answer.text


def figures(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd[^>]*>([^<]+)</dd>", page))


def test_a_planner_sees_who_reads_another_language_and_writes_theirs(client: FlaskClient, node: Node) -> None:
    address = written(client)
    assert read(client, address) == [
        ["French", "12", "Spanish"], ["Arabic", "fewer than 10", "Spanish"], ["Spanish", "10 or more", "Spanish"]]
    page = client.get(f"{address}?lang=en").text
    assert "Nobody is left out: whose language is not written reads it in Spanish." in page
    assert ("Write it in French too" in page, "Write it in Arabic too" in page) == (True, True)
    assert translate(client, address, "fr", "Lundi pas d'eau.")[0] == 303
    assert read(client, address)[0] == ["French", "12", "French"]
    page = client.get(f"{address}?lang=en").text
    assert "Write it in French too" not in page
    assert "Lundi pas d&#39;eau. Ne plus recevoir: STOP" in page
    client.post(address, data={"do": "start", "csrf_token": token(client)})
    jobs.work(node)
    said = heard(node)
    assert len(said) == 55, "nobody is left out"
    assert said[phone(100)] == ["Lundi pas d'eau. Ne plus recevoir: STOP"]
    assert said[phone(200)] == ["El lunes no hay agua. Para no recibir mas: BAJA"]
    assert 'id="readers"' not in client.get(address).text


def test_what_a_few_cost_more_does_not_tell_how_many_they_are(client: FlaskClient) -> None:
    address = written(client)
    assert figures(client.get(f"{address}?lang=en").text) == {
        "People": "55", "Segments in all": "55", "Price": "13.75", "Days it takes": "1"}
    long = "يوم الاثنين ينقطع الماء من الثامنة صباحا حتى الثانية عشرة ظهرا في كل الحي، نعتذر لكم"
    assert translate(client, address, "ar", long)[0] == 303
    assert figures(client.get(f"{address}?lang=en").text) == {
        "People": "55", "Segments in all": "at most 64", "Price": "at most 16.00", "Days it takes": "1"}


@pytest.mark.parametrize(("label", "language", "text", "said"), [
    ("nothing", "fr", "  ", "Write what the residents should read."),
    ("three segments", "fr", "a" * 310, "write it shorter"),
    ("a language of no replies", "de", "wasser", "languages of the replies alone"),
    ("a resident's phone", "fr", "Appelez le 7100-0003", "phone of a resident"),
])
def test_words_that_are_refused_stay_in_their_field(client: FlaskClient, label: str, language: str, text: str, said: str) -> None:
    address = written(client)
    status, page = translate(client, address, language, text)
    assert (status, said in page) == (409, True), label
    assert language == "de" or f'required>{text}</textarea>' in page
    assert read(client, address)[0] == ["French", "12", "Spanish"]


def test_a_poll_is_translated_with_its_options(client: FlaskClient) -> None:
    address = written(client, **{"text-es": "¿Que primero?", "options-es": "Cancha\nParque", "closes": "2026-11-28"})
    assert translate(client, address, "fr", "Quoi d'abord?", "Terrain")[0] == 409, "one option is lacking"
    assert translate(client, address, "fr", "Quoi d'abord?", "Terrain\r\nParc\r\n")[0] == 303
    assert "Quoi d&#39;abord? A Terrain B Parc." in client.get(address).text


def test_what_has_started_is_not_reworded(client: FlaskClient) -> None:
    address = written(client)
    client.post(address, data={"do": "start", "csrf_token": token(client)})
    status, page = translate(client, address, "fr", "Lundi pas d'eau.")
    assert (status, "Somebody else changed this broadcast meanwhile." in page) == (409, True)


@pytest.mark.parametrize(("language", "width"), [("es", 360), ("fr", 1280), ("ar", 360)])
def test_it_fits_and_reads_in_its_direction(client: FlaskClient, open_page: OpenPage, language: str, width: int) -> None:
    address = written(client)
    page = open_page(role="planner", language=language, width=width)
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert Axe().run(page).violations_count == 0


def of(*counts: int, segments: tuple[int, ...] = (1, 1, 1, 1)) -> Told:
    languages = ("es", "fr", "ar", "en")
    return told([Readers(*one) for one in zip(languages, languages, counts, segments, strict=False)], 10, "es")


@pytest.mark.parametrize(("label", "counts", "shown"), [
    ("all large", (40, 12), {"es": 40, "fr": 12}),
    ("one small: the city's own is hidden with it", (40, 12, 3), {"es": "many", "fr": 12, "ar": "few"}),
    ("one small beside one large", (97, 3), {"es": "many", "fr": "few"}),
    ("the city's own is the small one: the first by its name", (3, 40, 30), {"es": "few", "ar": "many", "fr": 40}),
    ("ten and one: eleven can be no other way, so nothing is told", (10, 1), {"es": "hidden", "fr": "hidden"}),
    ("ten and one beside a larger: all three", (10, 40, 1), {"es": "many", "fr": "many", "ar": "few"}),
    ("all small", (9, 9), {"es": "hidden", "fr": "hidden"}),
])
def test_what_is_told_of_languages(label: str, counts: tuple[int, ...], shown: dict[str, object]) -> None:
    assert {line.language: line.people if line.people is not None else line.how for line in of(*counts).lines} == shown, label


def test_no_small_language_can_be_solved_for() -> None:
    """Every audience of ten to forty people in three languages: whatever is printed, each small number is one of several that fit."""
    seen: dict[object, list[tuple[int, ...]]] = {}
    for counts in itertools.product(range(1, 39), repeat=3):
        if not 10 <= sum(counts) <= 40:
            continue
        printed = of(*counts, segments=(1, 2, 1))
        lines = tuple((line.language, line.people, line.how) for line in printed.lines)
        seen.setdefault((sum(counts), lines, printed.segments, printed.at_most), []).append(counts)
    for fitting in seen.values():
        for place in range(3):
            small = {counts[place] for counts in fitting if counts[place] < 10}
            assert not small or len({counts[place] for counts in fitting}) > 1, fitting[:3]

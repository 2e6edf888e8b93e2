"""The page of landmarks: what waits, who may pin what where, what a slip leads to, and who decided what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from dashboards import placefinder
from gateway.decisions import pinning, planning
from gateway.journal.tables import Alias, Report, table
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import MakeNode
from tests.dashboards.planting import NOW, PASSWORD, Seed, app_of, as_role, sign_in, token

ALIAS, REPORT = table(Alias), table(Report)
PIN = "detras del molino"
LIST, FORM = "/officer/landmarks?lang=en", "/officer/landmarks/pin?lang=en"


@pytest.fixture
def planted(seed: Seed) -> Seed:
    seed.accounts()
    planning.enrol(seed.node, "south", "officer", ["S1700"], PASSWORD)
    waits(seed)
    return seed


def waits(seed: Seed) -> None:
    seed.report("basura <b>detras</b> del molino", place=None, place_text=PIN, sender="a", at=NOW - timedelta(days=9))
    seed.report("Detras del Molino hay ratas", place=None, place_text="Detrás del  molino", sender="b")
    seed.report("otra vez basura detras del molino", place=None, place_text=PIN, sender="b")
    seed.report("en zona Los Lirios", place=None, place_text="zona Los Lirios", sender="c", errors=("place_unknown",))


def south(app: Flask) -> FlaskClient:
    client = app.test_client()
    assert sign_in(client, "south").status_code == 303
    return client


def pin(client: FlaskClient, phrase: str, place: str, **more: str) -> tuple[int, str]:
    answer = client.post(FORM, data={"csrf_token": token(client), "phrase": phrase, "place": place, "after": ""} | more)
    return answer.status_code, answer.text


def pinned(node: Node) -> list[tuple[str, str, str]]:
    with node.database.reading() as c:
        return [tuple(row) for row in c.execute(select(ALIAS.c.phrase, ALIAS.c.place, ALIAS.c.by).order_by(ALIAS.c.phrase))]


def test_what_waits_is_listed_once_with_its_phones_its_days_and_its_texts(app: Flask, planted: Seed) -> None:
    page = as_role(app, "planner").get(LIST).text
    assert page.count("“detras del molino”</bdi>") == 1
    assert "2 phones · 3 texts · since Nov 16, 2026" in page
    assert "“Los Lirios”" in page, "without the zone word"
    assert page.find(PIN) < page.find("Los Lirios"), "most phones first"
    assert "basura &lt;b&gt;detras&lt;/b&gt; del molino" in page


@pytest.mark.parametrize(("label", "more"), [
    ("a place was found", {"place": "S1604"}), ("no words of a place", {"place_text": None}), ("restricted", {"restricted": True}),
    ("not classified yet", {"restricted": None}), ("several places of that name", {"errors": ("place_ambiguous",)}),
    ("two places", {"errors": ("two_places",)})])
def test_what_does_not_wait_is_not_listed(label: str, more: dict[str, object], app: Flask, seed: Seed) -> None:
    seed.accounts()
    seed.report("ZZ", **({"place": None, "place_text": "frente al ZZ", "need": False} | more))  # type: ignore[arg-type]
    assert "frente al ZZ" not in as_role(app, "focal").get(LIST).text, label


def test_what_a_person_settled_waits_no_more(app: Flask, planted: Seed, node: Node) -> None:
    with node.database.reading() as c:
        message = c.execute(select(REPORT.c.message).where(REPORT.c.place_text == "zona Los Lirios")).scalar_one()
    planning.settle_message(node, message, "not_a_need", note="", by="ana")
    assert "Los Lirios" not in as_role(app, "planner").get(LIST).text


@pytest.mark.parametrize(("label", "name", "reads"), [
    ("an officer of the whole city", "ana-officer", True), ("an officer of one district", "south", False),
    ("a planner", "ana-planner", True)])
def test_texts_without_a_place_are_for_those_who_look_after_the_whole_city(label: str, name: str, reads: bool, app: Flask,
                                                                           planted: Seed) -> None:
    client = app.test_client()
    sign_in(client, name)
    for address in (LIST, f"{FORM}&phrase={PIN}"):
        page = client.get(address).text
        assert PIN in page
        assert ("hay ratas" in page) is reads, label


def test_an_officer_pins_and_the_reports_get_their_place(app: Flask, planted: Seed, node: Node) -> None:
    client = as_role(app, "officer")
    status, _ = pin(client, PIN, "kupini")
    assert status == 303
    assert pinned(node) == [(PIN, "S1701", "ana-officer")]
    page = client.get(LIST).text
    assert "Texts that wait with it get their place now." in page
    jobs.work(node)
    page = client.get(LIST).text
    assert "2 phones" not in page
    assert "Pinned by ana-officer on Nov 25, 2026" in page
    with node.database.reading() as c:
        assert c.execute(select(REPORT.c.place_code).where(REPORT.c.place_text != "zona Los Lirios")).scalars().all() == ["S1701"] * 3
    client.post("/officer/landmarks/unpin", data={"csrf_token": token(client), "alias": pinning.alias_of(PIN), "after": pinned_at(node)})
    jobs.work(node)
    page = client.get(LIST).text
    assert "2 phones · 3 texts" in page
    assert "Nothing is pinned yet." in page


@pytest.mark.parametrize(("label", "phrase", "place", "status", "said"), [
    ("a name", PIN, "Kupini", 303, ""),
    ("a code", PIN, "s1701", 303, ""),
    ("what the field offered", PIN, "Kupini (S1701)", 303, ""),
    ("a part of two names", PIN, "seguencoma", 409, "Choose the place below."),
    ("a near miss is asked about", PIN, "kupinni", 409, "Choose the place below."),
    ("no place at all", PIN, "", 409, "Say which place is meant."),
    ("a place nobody has", PIN, "xqzwv", 409, "No place is called so."),
    ("a code nobody has", PIN, "X9999", 409, "No place is called so."),
    ("no phrase", "", "Kupini", 409, "too short"),
    ("a phrase too short", "el a", "Kupini", 409, "too short"),
    ("a phrase too long", "al lado de la casa azul de la esquina", "Kupini", 409, "too long"),
    ("everyday words", "frente al mercado", "Kupini", 409, "everyday words"),
    ("the name of another place", "Villa Fátima", "Kupini", 409, "“Villa Fátima” is the name of Villa Fátima (P1314) already."),
    ("a hostile phrase", "<script>x</script> \x00\u202e", "Kupini", 303, ""),
])
def test_every_slip_has_its_words(label: str, phrase: str, place: str, status: int, said: str, app: Flask, planted: Seed,
                                  node: Node) -> None:
    got, page = pin(as_role(app, "planner"), phrase, place)
    assert (got, said in page) == (status, True), label
    assert len(pinned(node)) == (1 if status == 303 else 0)
    assert "<script>x" not in page


def test_without_a_script_the_form_answers_with_the_places_to_choose_from(app: Flask, planted: Seed, node: Node) -> None:
    client = as_role(app, "planner")
    _, page = pin(client, PIN, "seguencoma")
    offered = [row["code"] for row in node.city.places if "seguencoma" in row["name"].lower()]
    assert len(offered) == 2
    for code in offered:
        assert f'name="code" value="{code}"' in page
    status, _ = pin(client, PIN, "kupini norte", offered="seguencoma", code=offered[1])
    assert status == 409, "the choice was offered for other words"
    status, _ = pin(client, PIN, "seguencoma", offered="seguencoma", code=offered[1])
    assert (status, pinned(node)) == (303, [(PIN, offered[1], "ana-planner")])


def test_a_field_officer_pins_inside_their_areas_only(app: Flask, planted: Seed, node: Node) -> None:
    client = south(app)
    status, page = pin(client, PIN, "S1604")
    assert (status, "outside your areas" in page) == (409, True)
    assert pin(client, PIN, "S1701")[0] == 303
    pinning.pin(node, PIN, "S1604", by="ana")
    status, page = pin(client, PIN, "S1701")
    assert (status, "outside your areas" in page) == (409, True), "nor do they move what lies outside"
    client.post("/officer/landmarks/unpin", data={"csrf_token": token(client), "alias": pinning.alias_of(PIN)})
    assert pinned(node) == [(PIN, "S1604", "ana")]
    assert "Take it back" not in client.get(LIST).text


def test_two_who_pin_without_seeing_each_other_are_shown(app: Flask, planted: Seed) -> None:
    assert pin(as_role(app, "planner"), PIN, "S1701")[0] == 303
    assert pin(as_role(app, "admin"), PIN, "S1604")[0] == 303
    page = as_role(app, "officer").get(LIST).text
    for words in ("contested", "Pinned by ana-admin", "<bdi>ana-planner</bdi> · Kupini", "<bdi>ana-admin</bdi> · Pampahasi"):
        assert words in page, words
    page = as_role(app, "officer").get(f"{FORM}&phrase={PIN}").text
    assert "Now it means Pampahasi" in page
    assert "Who decided what" in page


def test_who_takes_back_what_they_did_not_see_is_shown_too(app: Flask, planted: Seed, node: Node) -> None:
    pinning.pin(node, PIN, "S1701", by="ana")
    with node.database.reading() as c:
        seen = c.execute(select(ALIAS.c.position)).scalar_one()
    pinning.pin(node, PIN, "S1604", by="luis")
    client = as_role(app, "planner")
    client.post("/officer/landmarks/unpin", data={"csrf_token": token(client), "alias": pinning.alias_of(PIN), "after": seen})
    page = client.get(LIST).text
    for words in ("contested", "<bdi>luis</bdi> · Pampahasi", "<bdi>ana-planner</bdi> · taken back"):
        assert words in page, words
    assert pin(client, PIN, "S1701", after=pinned_at(node))[0] == 303
    assert "contested" not in client.get(LIST).text


def pinned_at(node: Node) -> str:
    with node.database.reading() as c:
        return str(c.execute(select(ALIAS.c.position)).scalar_one())


@pytest.mark.parametrize(("label", "typed", "first"), [
    ("a code", "S1701", "S1701"), ("a name without its accents", "villa fatima", "P1314"), ("the beginning of a word", "pampah", "S1604"),
    ("a near miss", "kupinni", "S1701"), ("a shortened word", "va fatima", "P1314"), ("the field's own words", "Kupini (S1701)", "S1701"),
    ("nothing", "", None), ("marks only", "()?*", None), ("letters no name has", "xqzwv", None),
])
def test_finding_a_place(label: str, typed: str, first: str | None, node: Node) -> None:
    found = [choice.code for choice in placefinder.find(node, typed)]
    assert (found[0] if found else "")[:len(first or "") or None] == (first or ""), (label, found[:3])
    assert len(found) <= placefinder.MOST
    assert len(set(found)) == len(found)


def test_the_field_is_offered_places_while_one_types(app: Flask, planted: Seed) -> None:
    offered = as_role(app, "officer").get("/officer/places?find=kupi").get_json()
    assert {"value": "Kupini (S1701)", "label": "Distrito 17"} in offered
    assert as_role(app, "officer").get("/officer/places").get_json() == []


def test_the_page_lists_and_pins_on_both_databases(make_node: MakeNode, database_url: str) -> None:
    node = make_node(database_url=database_url)
    seed = Seed(node)
    seed.accounts()
    waits(seed)
    client = as_role(app_of(node), "officer")
    assert "2 phones · 3 texts" in client.get(LIST).text
    assert pin(client, PIN, "Kupini")[0] == 303
    jobs.work(node)
    assert "2 phones" not in client.get(LIST).text

"""The page of greetings: an officer enrols, sees what waits for a person with the numbers to call, and closes it; each in their areas."""

from __future__ import annotations

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from dashboards.queries import circle
from gateway.decisions import planning
from gateway.doors import intake
from gateway.feedback import accompanying
from gateway.feedback.accompanying import Enrolment
from gateway.journal.tables import Contact, Elder, Reply, table
from gateway.node import Node
from gateway.sending import outbox
from tests.conftest import Clock, MakeNode, sms
from tests.dashboards.conftest import OpenPage
from tests.dashboards.planting import PASSWORD, Seed, app_of, as_role, sign_in, token

CONTACT, ELDER, REPLY = table(Contact), table(Elder), table(Reply)
ROSA, ELENA = "+59171110001", "+59172220001"
FORM = {"name": "Rosa", "number": ROSA, "volunteer": "Elena", "volunteer_number": ELENA, "place": "S1604", "hour": "9",
        "day": ["0", "2", "4"], "language": "es"}


@pytest.fixture
def node(make_node: MakeNode) -> Node:
    """A machine at whose keyboard everybody texts."""
    return make_node(extra='[outbox]\nchannel = "console"\n')


@pytest.fixture
def officer(node: Node, seed: Seed, app: Flask) -> FlaskClient:
    seed.accounts()
    return as_role(app, "officer")


def send(client: FlaskClient, path: str = "/officer/greetings?lang=en", **change: object) -> tuple[int, str]:
    answer = client.post(path, data=FORM | change | {"csrf_token": token(client)})
    return answer.status_code, answer.text


def in_need(node: Node, clock: Clock) -> None:
    """Rosa said yes, was greeted at nine, and asks for help."""
    accompanying.enrol(node, Enrolment("Rosa", ROSA, "Elena", ELENA, "S1604", 9, tuple(range(7))), by="luz")
    for n, words in enumerate(("1", "3")):
        with node.database.writing() as c:
            intake.receive(c, node, [sms(f"r{n}", words, ROSA, clock())])
        clock.moment = clock().replace(hour=13, minute=1)
        accompanying.look(node)
        clock.on(minutes=1)


def test_who_asks_for_help_at_no_greeting_is_said_to_have_written_by_themselves(node: Node, clock: Clock, officer: FlaskClient) -> None:
    accompanying.enrol(node, Enrolment("Rosa", ROSA, "Elena", ELENA, "S1604", 9, (0,)), by="luz")
    for n, words in enumerate(("1", "me cai")):
        with node.database.writing() as c:
            intake.receive(c, node, [sms(f"r{n}", words, ROSA, clock())])
        clock.on(minutes=1)
    page = officer.get("/officer/greetings?lang=en").text
    assert "Wrote by themselves" in page
    assert f'href="tel:{ROSA}"' in page
    assert "(0 / 0)" in page, "no greeting was answered"
    assert "Last greeted" not in page


def test_an_officer_enrols_and_nobody_is_greeted_before_their_yes(officer: FlaskClient) -> None:
    assert send(officer)[0] == 303
    page = officer.get("/officer/greetings?lang=en").text
    assert "asked, has not said yes yet" in page
    assert "At 9:00: Mon Wed Fri" in page
    assert ROSA not in page, "a number is shown only while somebody must go there"


@pytest.mark.parametrize(("label", "language", "said"), [
    ("in Spanish", "es", "Esta máquina no tiene ningún canal"), ("in French", "fr", "Cette machine n’a aucun canal"),
    ("in Arabic", "ar", "ليس لهذا الجهاز أي قناة"), ("in English", "en", "This machine has no channel by which it could text them"),
])
def test_a_machine_that_cannot_text_says_so_before_and_after(label: str, language: str, said: str, make_node: MakeNode) -> None:
    node = make_node()  # it answers to Twilio, whose account nobody gave it
    Seed(node).accounts()
    client = as_role(app_of(node), "officer")
    assert said in client.get(f"/officer/greetings?lang={language}").text, label
    status, page = send(client, f"/officer/greetings?lang={language}")
    assert (status, page.count(said)) == (409, 1), "once, and not as two faults"
    assert 'value="Rosa"' in page, "what was typed stays"
    with node.database.reading() as c:
        assert c.execute(select(ELDER.c.id)).first() is None
        assert c.execute(select(CONTACT.c.sender)).first() is None, "no number is kept for nothing"


def test_who_wrote_by_a_channel_that_sends_is_asked_by_that_channel(make_node: MakeNode, clock: Clock) -> None:
    node = make_node()
    for n, number in enumerate((ROSA, ELENA)):
        with node.database.writing() as c:
            intake.receive(c, node, [sms(f"w{n}", "AYUDA", number, clock())])  # by the console
    accompanying.enrol(node, Enrolment("Rosa", ROSA, "Elena", ELENA, "S1604", 9, (0,)), by="luz")
    with node.database.reading() as c:
        assert c.execute(select(REPLY.c.channel).where(REPLY.c.kind == "checkin_consent")).scalar() == "console"


def test_a_second_press_asks_nobody_twice_and_a_change_asks_anew(officer: FlaskClient, node: Node, clock: Clock) -> None:
    assert send(officer)[0] == 303
    status, page = send(officer)
    assert (status, "They were asked this already, and have not answered yet." in page) == (409, True)
    clock.on(minutes=1)
    assert send(officer, hour="10")[0] == 303, "another hour is another question"
    with node.database.reading() as c:
        assert c.exec_driver_sql("SELECT count(*) FROM reply WHERE kind = 'checkin_consent'").scalar() == 2


def listed_as(officer: FlaskClient) -> str:
    """What the page says of the first who is greeted, and how it looks."""
    return officer.get("/officer/greetings?lang=en").text.split("Who is greeted")[1].split("Somebody would like")[0]


def said(node: Node, clock: Clock, number: str, words: str) -> None:
    clock.on(seconds=20)
    with node.database.writing() as c:
        intake.receive(c, node, [sms(str(clock()), words, number, clock())])
    while outbox.send_due(node):
        pass


def test_a_neighbour_whom_no_text_reaches_is_named_beside_the_elder(node: Node, clock: Clock, officer: FlaskClient) -> None:
    accompanying.enrol(node, Enrolment("Rosa", ROSA, "Elena", ELENA, "S1604", 9, tuple(range(7))), by="luz")
    words = "No text reaches this neighbour yet"
    assert words not in listed_as(officer), "before the elder's yes nobody is texted"
    for number, text, unreached in ((ROSA, "1", False), (ELENA, "BAJA", True), (ELENA, "INICIO", False)):
        said(node, clock, number, text)
        assert (words in listed_as(officer)) is unreached, text


@pytest.mark.parametrize("field", ["number", "volunteer_number"])
def test_who_types_a_number_does_not_learn_whether_it_said_stop(field: str, node: Node, clock: Clock, officer: FlaskClient) -> None:
    """The page after it, and the list, are the same to the letter as for a number that never wrote."""
    pages = []
    for stopped, number in ((True, "+59171119991"), (False, "+59171119992")):
        if stopped:
            said(node, clock, number, "BAJA")
        status, page = send(officer, **{field: number})
        pages.append((status, page.replace(number, "N"), re.sub(r"[0-9a-f]{16,}", "id", listed_as(officer))))
        with node.database.reading() as c:
            elders = c.exec_driver_sql("SELECT id FROM elder WHERE state <> 'ended'").scalars().all()
        for elder in elders:
            accompanying.end(node, elder, by="luz")
        clock.on(minutes=1)
        officer.get("/officer/greetings")
    assert pages[0] == pages[1]
    assert pages[0][0] == 303


@pytest.mark.parametrize(("label", "change", "said"), [
    ("a number that is none", {"number": "71110001"}, "Write both numbers with +"),
    ("one phone for both", {"volunteer_number": ROSA}, "need a phone each"),
    ("no day", {"day": []}, "Choose one day"), ("an hour of the night", {"hour": "23"}, "The hour lies between 8 and 19"),
    ("no such place", {"place": "Atlantis"}, "No place is called so"), ("no place", {"place": ""}, "Say which place is meant"),
])
def test_what_is_refused_is_said_and_what_was_typed_stays(label: str, change: dict[str, object], said: str, officer: FlaskClient) -> None:
    status, page = send(officer, **change)
    assert status == 409, label
    assert said in page
    assert 'value="Rosa"' in page


def test_help_stands_on_top_with_the_numbers_and_is_closed_with_a_note(node: Node, clock: Clock, officer: FlaskClient, app: Flask) -> None:
    in_need(node, clock)
    page = officer.get("/officer/greetings?lang=en").text
    assert f'href="tel:{ROSA}"' in page
    assert f'href="tel:{ELENA}"' in page
    assert "asks for help" in page
    assert "100 %" in page
    planner = as_role(app, "planner").get("/officer/greetings?lang=en").text
    assert "asks for help" in planner
    assert ROSA not in planner, "who plans goes nowhere"
    task = page.partition("/officer/greetings/task/")[2].partition('"')[0]
    assert officer.post(f"/officer/greetings/task/{task}", data={"note": "", "csrf_token": token(officer)}).status_code == 409
    assert officer.post(f"/officer/greetings/task/{task}", data={"note": "she is well", "csrf_token": token(officer)}).status_code == 303
    page = officer.get("/officer/greetings?lang=en").text
    assert "Nobody waits for a person." in page
    assert ROSA not in page


def test_each_officer_sees_and_decides_in_their_areas(node: Node, clock: Clock, seed: Seed) -> None:
    in_need(node, clock)
    planning.enrol(node, "far", "officer", ["S1701"], PASSWORD)
    client = app_of(node).test_client()
    sign_in(client, "far")
    page = client.get("/officer/greetings?lang=en").text
    assert "Rosa" not in page
    with node.database.reading() as c:
        [task] = circle.due(c, node, None, numbers=False)
        [one] = circle.greeted(c, None)
    for path in (f"task/{task.id}", f"{one.id}/end"):
        answer = client.post(f"/officer/greetings/{path}", data={"note": "x", "csrf_token": token(client)})
        assert answer.status_code == 404
    assert send(client, place="S1604")[0] == 409


def test_no_other_page_and_no_export_tells_who_is_greeted(node: Node, clock: Clock, seed: Seed, officer: FlaskClient, app: Flask) -> None:
    in_need(node, clock)
    planner = as_role(app, "planner")
    for path in ("/planner/outbox", "/planner/inbox", "/queue/", "/planner/export/messages.jsonl", "/planner/export/outbox.jsonl",
                 "/planner/export/messages.csv"):
        page = planner.get(path)
        assert page.status_code == 200, path
        assert "Rosa" not in page.text, path
        assert "Elena" not in page.text, path
    lines = [json.loads(line) for line in planner.get("/planner/export/messages.jsonl").text.splitlines()]
    assert [line["text"] for line in lines] == [None, None]


def test_ending_it(node: Node, clock: Clock, officer: FlaskClient) -> None:
    in_need(node, clock)
    page = officer.get("/officer/greetings").text
    elder = page[:page.index("/end")].rpartition("/")[2]
    assert officer.post(f"/officer/greetings/{elder}/end", data={"csrf_token": token(officer)}).status_code == 303
    assert "Nobody yet." in officer.get("/officer/greetings?lang=en").text


@pytest.mark.parametrize("language", ["es", "fr", "ar", "en"])
def test_it_fits_a_phone_in_every_language_and_axe_is_content(language: str, node: Node, clock: Clock, seed: Seed,
                                                              open_page: OpenPage) -> None:
    seed.accounts()
    in_need(node, clock)
    page = open_page(role="officer", width=360, language=language)
    page.goto("/officer/greetings")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert Axe().run(page).response["violations"] == []


def test_an_officer_names_another_neighbour(officer: FlaskClient, node: Node, clock: Clock) -> None:
    in_need(node, clock)
    with node.database.reading() as c:
        elder = c.execute(select(ELDER.c.id)).scalar_one()
    said = {"volunteer": "Mario", "volunteer_number": "+59173330001", "csrf_token": token(officer)}
    assert officer.post(f"/officer/greetings/{elder}/neighbour?lang=en", data=said).status_code == 303
    page = officer.get("/officer/greetings?lang=en").text
    assert "Neighbour: Mario" in page
    assert "Another neighbour looks in from now on." in page
    again = officer.post(f"/officer/greetings/{elder}/neighbour?lang=en", data=said)
    assert (again.status_code, "This neighbour looks in on them already." in again.text) == (409, True)


def test_the_languages_are_named_as_what_is_sent(officer: FlaskClient) -> None:
    page = officer.get("/officer/greetings?lang=en").text
    assert "Darija, in Arabic letters" in page
    assert "Darija, in Latin letters" in page

"""The officer's desk: what lies in one's areas and nothing else, photos, disputes, news, the list to print, who came in person."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from dashboards.access import MOST_FORM_BYTES
from gateway.decisions import photos, planning, triaging, visiting
from gateway.decisions.triaging import Chosen, Who
from gateway.journal.canonical import derived_id
from gateway.journal.entries import ENTRY
from gateway.journal.facts.places import BoundaryDrawn
from gateway.journal.tables import Merge, Need, Note, Notice, Report, Work, table
from gateway.machine import jobs
from gateway.needs import merging
from gateway.node import Node
from tests.conftest import Clock, MakeNode
from tests.dashboards.planting import PASSWORD, Seed, app_of, as_role, need_id, sign_in, token
from tests.dashboards.queueing import officer
from tests.gateway.pictures import SECRET, jpeg, png

NEED, NOTE, NOTICE, REPORT, WORK, MERGE = (table(of) for of in (Need, Note, Notice, Report, Work, Merge))
WATER, LIGHT, FAR = need_id("S1604", "WAT01"), need_id("S1604", "LIT01"), need_id("P1314", "WAT01")
ANA = Who("ana", "ana", lambda place: True)
NUMBER = "+59176543210"


@pytest.fixture
def planted(seed: Seed) -> Seed:
    seed.accounts()
    seed.works()
    seed.report("no hay agua zzhere", urgency=2)
    seed.report("no hay luz zzlight", category="LIT01", urgency=3)
    seed.report("no hay agua zzfar", place="P1314", urgency=4)
    seed.report("me pega zzsecret", category="SAF03", restricted=True)
    return seed


def send(client: FlaskClient, address: str, **form: object) -> tuple[int, str]:
    answer = client.post(f"{address}?lang=en", data={"csrf_token": token(client), **form})
    return answer.status_code, answer.text


def multipart(form: dict[str, object]) -> tuple[bytes, str]:
    """A form with a file as a browser sends it; the test client would leave a large one open in a file of its own."""
    parts = []
    for name, value in form.items():
        content, file = value if isinstance(value, tuple) else (str(value).encode(), "")
        named = f'; filename="{file}"\r\nContent-Type: image/jpeg' if file else ""
        parts.append(f'--mark\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n")
    return b"".join([*parts, b"--mark--\r\n"]), "multipart/form-data; boundary=mark"


def stands(node: Node, of: object, row_id: str) -> dict[str, object]:
    with node.database.reading() as c:
        return dict(c.execute(select(of).where(of.c.id == row_id)).mappings().one())  # type: ignore[call-overload,attr-defined]


def notes(node: Node) -> list[dict[str, object]]:
    with node.database.reading() as c:
        return [dict(row) for row in c.execute(select(NOTE).order_by(NOTE.c.id)).mappings()]


def test_the_desk_holds_what_lies_in_ones_areas_the_most_urgent_first(app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    page = client.get("/officer/?lang=en").text
    assert page.index("zzlight") < page.index("zzhere")
    assert "zzfar" not in page
    assert "zzsecret" not in page
    assert re.search(r'area=S1600[^>]*>[^<]*<span class="badge[^>]*>2<', page)
    everything = as_role(app, "officer").get("/officer/?lang=en").text
    assert "zzfar" in everything
    assert "zzsecret" not in everything


@pytest.mark.parametrize("address", ["/officer/", "/officer/list", "/officer/map", "/officer/news", "/officer/contested", "/officer/works"])
def test_nothing_of_another_area_or_restricted_is_on_any_page(address: str, app: Flask, planted: Seed, node: Node) -> None:
    planning.change_status(node, FAR, "planned", note="zznotefar", by="ana", after=None)
    planning.change_status(node, FAR, "rejected", note="zznotefar", by="luis", after=None)
    client, name = officer(app, node, "S1600"), node.city.place_name("P1314")
    for query in ("", "&area=P1314", "&area=S1604"):
        page = client.get(f"{address}?lang=en{query}").text
        assert not re.search(f"zzfar|zznotefar|zzsecret|{name}", page), query
    seen = re.search(f"zzfar|zznotefar|{name}", as_role(app, "officer").get(f"{address}?lang=en").text)
    assert bool(seen) == (address not in ("/officer/", "/officer/list")), "the control: it is there to be seen"


@pytest.mark.parametrize("need", [FAR, derived_id("nothing"), need_id("S1604", "SAF03")])
def test_no_need_of_others_is_opened_or_decided(need: str, app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    assert client.get(f"/officer/needs/{need}").status_code == 404
    assert send(client, f"/officer/needs/{need}", do="verify")[0] == 404
    assert send(client, f"/planner/needs/{WATER}/merge", other=need)[0] == 404
    assert notes(node) == []


def test_verified_with_a_note_and_a_photo_and_taken_back(app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    status, _ = send(client, f"/officer/needs/{WATER}", do="verify", note="dry since Monday", photo=(io.BytesIO(jpeg(turned=6)), "x.jpg"))
    assert status == 303
    kept = notes(node)[0]
    page = client.get(f"/officer/needs/{WATER}?lang=en").text
    assert "when the machines meet" not in page, "a photo that is at the hub travels nowhere"
    assert "Verified: 1 done" in page
    picture = client.get(f"/officer/photos/{kept['photo']}")
    assert (picture.status_code, picture.mimetype, SECRET in picture.data) == (200, "image/jpeg", False)
    assert stands(node, NEED, WATER)["note"] == "dry since Monday"
    assert f"/officer/photos/{kept['photo']}" in as_role(app, "planner").get(f"/planner/needs/{WATER}").text
    assert send(client, "/officer/undo")[0] == 303
    assert stands(node, NEED, WATER)["status"] == "open"
    assert client.get(f"/officer/photos/{kept['photo']}").status_code == 404, "what was taken back is shown no more"


def test_a_photo_is_seen_by_those_who_see_its_need(app: Flask, planted: Seed, node: Node) -> None:
    near, far = officer(app, node, "S1600"), app.test_client()
    planning.enrol(node, "tito", "officer", ["P1300"], PASSWORD)
    sign_in(far, "tito")
    send(near, f"/officer/needs/{WATER}", do="note", photo=(io.BytesIO(png()), "x.png"))
    address = f"/officer/photos/{notes(node)[0]['photo']}"
    assert [client.get(address).status_code for client in (near, far, as_role(app, "planner"), app.test_client())] == [200, 404, 200, 302]
    photos._path(node.config.data, str(notes(node)[0]["photo"]), "image/png").unlink()
    assert near.get(address).status_code == 404
    assert "A photo is kept on the node hub" in near.get(f"/officer/needs/{WATER}?lang=en").text


@pytest.mark.parametrize(("label", "form", "status", "words"), [
    ("a text that calls itself a photo", {"do": "verify", "photo": (b"<html>", "x.jpg")}, 409, "Only photos in JPEG or PNG"),
    ("an empty file", {"do": "note", "photo": (b"", "x.jpg")}, 409, "The file is empty"),
    ("a photo that is too large", {"do": "note", "photo": (jpeg(tail=bytes(photos.MOST_BYTES)), "x.jpg")}, 409, "too large"),
    ("a photo that is cut off", {"do": "note", "photo": (jpeg(tail=b"")[:-3], "x.jpg")}, 409, "damaged"),
    ("far more than a photo", {"do": "note", "photo": (bytes(photos.MOST_SENT + 1), "x.jpg")}, 413, "A photo has 8 MB at most."),
    ("a note that says nothing", {"do": "note", "note": "  "}, 409, "Write a note or choose a photo first"),
    ("an action of elsewhere", {"do": "reject"}, 400, "did not work"),
])
def test_what_cannot_be_kept_is_said_and_changes_nothing(
        label: str, form: dict[str, object], status: int, words: str, app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    body, kind = multipart({"csrf_token": token(client)} | form)
    answer = client.post(f"/officer/needs/{WATER}?lang=en", data=body, content_type=kind)
    assert answer.status_code == status
    assert words in answer.text
    assert stands(node, NEED, WATER)["status"] == "open"
    assert notes(node) == []
    assert not (node.config.data / photos.FOLDER).exists()


def test_every_other_form_takes_no_more_than_before(app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    assert send(client, "/officer/works/W-1", note="x" * MOST_FORM_BYTES)[0] == 413


def test_a_dispute_shows_both_words_and_is_ended_by_a_third(app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    assert "Nothing is contested" in client.get("/officer/contested?lang=en").text
    planning.change_status(node, WATER, "verified", note="I saw it", by="ana", after=None)
    planning.change_status(node, WATER, "rejected", note="no money", by="luis", after=None)
    page = client.get("/officer/contested?lang=en").text
    assert all(words in page for words in ("Verified</b> · <bdi>ana", "I saw it", "Rejected</b> · <bdi>luis", "no money"))
    after = str(stands(node, NEED, WATER)["status_entry"])
    assert send(client, f"/officer/needs/{WATER}", do="settle", status="verified", after=after)[0] == 303
    need = stands(node, NEED, WATER)
    assert (need["status"], need["contested"], need["status_by"]) == ("verified", False, "luz")
    assert "Nothing is contested" in client.get("/officer/contested?lang=en").text
    send(client, "/officer/undo")
    assert stands(node, NEED, WATER)["contested"] is True
    assert "Rejected</b>" in client.get("/officer/contested?lang=en").text, "the dispute is as it was"


@pytest.mark.parametrize(("label", "by", "stands_for_residents", "form"), [
    ("the refusal is chosen, and stood", ("verified", "rejected"), "no pipe reaches it", {"do": "settle", "status": "rejected"}),
    ("the refusal is chosen, and did not stand", ("rejected", "verified"), "no pipe reaches it", {"do": "settle", "status": "rejected"}),
    ("the other decision is chosen", ("verified", "rejected"), "", {"do": "settle", "status": "verified"}),
    ("what stood is confirmed in the queue", ("verified", "rejected"), "no pipe reaches it", {"do": "confirm"}),
])
def test_a_settled_refusal_keeps_what_residents_may_read_of_it(
        label: str, by: tuple[str, str], stands_for_residents: str, form: dict[str, str], app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    for person, status in zip(("ana", "luis"), by, strict=True):
        planning.change_status(node, WATER, status, note="", reason="no pipe reaches it", by=person, after=None)
    before = stands(node, NOTICE, WATER)["reason"]
    assert "Residents read: <bdi>no pipe reaches it" in client.get("/officer/contested?lang=en").text
    if form["do"] == "confirm":
        triaging.decide(node, ANA, "confirm", [Chosen("need", WATER)])
    else:
        assert send(client, f"/officer/needs/{WATER}", after=str(stands(node, NEED, WATER)["status_entry"]), **form)[0] == 303
    assert stands(node, NEED, WATER)["contested"] is False
    assert stands(node, NOTICE, WATER)["reason"] == stands_for_residents
    if form["do"] == "settle":
        send(client, "/officer/undo")
        assert stands(node, NOTICE, WATER)["reason"] == before, "taken back, it is as it was"


def test_readings_merges_and_works_are_settled_too(app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    report = planted.ids["10005"]
    message = str(stands(node, REPORT, report)["message"])
    planted.report("no hay agua tampoco aqui")  # so that the need stays when the other report is moved
    for by, place in (("ana", "S1604"), ("luis", "S1605")):
        planning.read_message(node, message, "WAT01", place, why="", by=by, report=report, after="")
    merging.merge_needs(node, WATER, LIGHT, why="", by="ana", after="")
    merging.part_needs(node, WATER, LIGHT, why="", by="luis", after="")
    for by, phase in (("ana", "tender"), ("luis", "execution")):
        visiting.progress(node, Who(by, by, lambda place: True), "W-1", phase, after="")
    jobs.work(node)
    page = client.get("/officer/contested?lang=en").text
    forms = re.findall(r'<form method="post" action="([^"]+)">(.*?)</form>', page, re.S)
    assert len(forms) == 6
    for address, body in (forms[0], forms[2], forms[4]):  # the first word of each, not the one that stands
        fields = {unescape(name): unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', body)}
        assert client.post(address, data=fields | {"csrf_token": token(client)}).status_code == 303
    assert "Nothing is contested" in client.get("/officer/contested?lang=en").text
    assert stands(node, REPORT, report)["place_code"] == "S1604"
    assert stands(node, WORK, "W-1")["phase"] == "tender"
    with node.database.reading() as c:
        assert c.execute(select(MERGE.c.merged)).scalar_one() is True


def test_news_is_what_others_did_since_the_last_look(app: Flask, planted: Seed, node: Node, clock: Clock) -> None:
    client = officer(app, node, "S1600")
    planning.change_status(node, WATER, "planned", note="zzplanned", by="ana", after=None)
    triaging.decide(node, ANA, "note", [Chosen("need", FAR)], note="elsewhere")
    send(client, f"/officer/needs/{LIGHT}", do="note", note="mine")
    page = client.get("/officer/news?lang=en").text
    assert "zzplanned" in page
    assert page.count('class="when"') == 1, "neither what is mine nor what is elsewhere"
    heads = unescape(re.search('name="heads" value="([^"]+)"', page)[1])  # type: ignore[index]
    triaging.decide(node, ANA, "note", [Chosen("need", LIGHT)], note="after the page was made")
    assert send(client, "/officer/news", heads=heads)[0] == 303
    page = client.get("/officer/news?lang=en").text
    assert "zzplanned" not in page
    assert "ana wrote down what they saw" in page
    assert send(client, "/officer/news", heads='{"1": 99999}')[0] == 303
    assert "Nobody else changed anything" in client.get("/officer/news?lang=en").text
    triaging.decide(node, ANA, "verify", [Chosen("need", LIGHT)])
    assert "ana set the status" in client.get("/officer/news?lang=en").text, "nobody skips what is still to come"
    assert send(client, "/officer/news", heads="[]")[0] == 400


def test_the_map_draws_boundaries_and_says_what_is_schematic(app: Flask, planted: Seed, node: Node) -> None:
    from gateway.geometry import encoded
    client = officer(app, node, "S1600")
    page = client.get("/officer/map?lang=en").text
    assert 'class="outline"' not in page
    assert "Schematic" in page
    square = ((-68_120_000, -16_500_000), (-68_110_000, -16_500_000), (-68_110_000, -16_490_000), (-68_120_000, -16_500_000))
    planted.write(BoundaryDrawn(place="S1604", shape=encoded(((square,),)), digest="x"))
    page = client.get("/officer/map?lang=en").text
    assert page.count('class="outline"') == 1
    assert re.search(r"Pampahasi[^<]*</a> <span class=\"badge\">2 wait", page)


def test_the_list_to_print_holds_each_need_with_its_boxes(app: Flask, planted: Seed, node: Node) -> None:
    page = officer(app, node, "S1600").get("/officer/list?lang=en").text
    assert page.count('class="boxes"') == 2
    assert page.index("zzlight") < page.index("zzhere")


def test_who_came_in_person_gets_a_number_that_only_its_author_sees(app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    key = re.search('name="key" value="([^"]+)"', client.get("/officer/reports/new").text)[1]  # type: ignore[index]
    form = {"key": key, "text": "la lampara no alumbra", "place": "S1604", "category": "LIT01", "people": "12", "phone": NUMBER}
    answer = client.post("/officer/reports/new", data={"csrf_token": token(client), **form})
    again = client.post("/officer/reports/new", data={"csrf_token": token(client), **form})
    assert (answer.status_code, again.location) == (303, answer.location)
    jobs.work(node)
    report = stands(node, REPORT, answer.location.rpartition("/")[2])
    slip = client.get(f"{answer.location}?lang=en").text
    assert f"Number {report['reference']}" in slip
    assert NUMBER[1:] not in slip
    assert as_role(app, "planner").get(answer.location).status_code == 404
    assert "Written down by luz" in as_role(app, "planner").get(f"/planner/needs/{report['need']}?lang=en").text
    send(client, "/officer/undo")
    assert "Taken back" in client.get(f"{answer.location}?lang=en").text


@pytest.mark.parametrize(("label", "changed", "words"), [
    ("nothing said", {"text": " "}, "Write down what the person says"),
    ("no place", {"place": ""}, "Say which place is meant"),
    ("a place of others", {"place": "P1314"}, "What lies elsewhere a planner moves"),
    ("a place nobody knows", {"place": "qwertyuiop"}, "No place is called so"),
    ("a kind that is none", {"category": "WAT99"}, "Choose the kind of need"),
    ("a phone that is none", {"phone": "my brother's"}, "That is no phone number"),
])
def test_a_form_that_cannot_be_taken_is_shown_again_with_its_words(
        label: str, changed: dict[str, str], words: str, app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    with node.database.reading() as c:
        before = c.execute(select(func.count()).select_from(ENTRY)).scalar_one()
    form = {"key": "0123456789abcdef", "text": "zzkept no hay luz", "place": "S1604"} | changed
    status, page = send(client, "/officer/reports/new", **form)
    assert status == 409
    assert unescape(words) in unescape(page)
    assert "zzkept" in page or label == "nothing said"
    with node.database.reading() as c:
        assert c.execute(select(func.count()).select_from(ENTRY)).scalar_one() == before


def test_what_tells_of_harm_is_out_of_sight_at_once(app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    form = {"key": "0123456789abcdef", "text": "mi marido me pega", "place": "S1604"}
    answer = client.post("/officer/reports/new", data={"csrf_token": token(client), **form})
    slip = client.get(f"{answer.location}?lang=en").text
    assert "only the focal point reads" in slip
    assert "Pampahasi" not in slip
    assert "me pega" not in client.get("/officer/").text


def test_an_officer_merges_what_lies_in_their_area_and_comes_back_to_the_desk(app: Flask, planted: Seed, node: Node) -> None:
    client = officer(app, node, "S1600")
    answer = client.post(f"/planner/needs/{WATER}/merge", data={"csrf_token": token(client), "other": LIGHT, "after": ""})
    assert (answer.status_code, answer.location.startswith("/officer/needs/")) == (303, True)
    page = client.get(answer.location).text
    assert "zzhere" in page
    assert "zzlight" in page
    elder = answer.location.rpartition("/")[2]
    assert client.get(f"/officer/needs/{LIGHT if elder == WATER else WATER}").status_code == 302


def test_signing_in_leads_an_officer_to_the_desk(app: Flask, planted: Seed) -> None:
    assert sign_in(app.test_client(), "ana-officer").location == "/officer/"


def test_the_pages_are_the_same_on_both_databases(make_node: MakeNode, database_url: str) -> None:
    node = make_node(database_url=database_url)
    seed = Seed(node)
    seed.accounts()
    seed.works()
    seed.report("no hay agua zzhere")
    seed.unread("qwerty")
    for by, status in (("ana", "verified"), ("luis", "rejected")):
        planning.change_status(node, WATER, status, note="", by=by, after=None)
    triaging.decide(node, ANA, "note", [Chosen("need", WATER)], note="zznoted")
    client = officer(app_of(node), node, "S1600")
    pages = {path: client.get(f"/officer/{path}?lang=en") for path in ("", "list", "map", "news", "contested", "works", f"needs/{WATER}")}
    assert {path: page.status_code for path, page in pages.items()} == dict.fromkeys(pages, 200)
    assert "zznoted" in pages[f"needs/{WATER}"].text
    assert pages["contested"].text.count("This stands") == 2
    assert "ana wrote down" in pages["news"].text

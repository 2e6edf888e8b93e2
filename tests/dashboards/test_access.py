"""Who may open which door: every route times every role, and a route that is not in the table fails the test."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboards import access
from gateway import ranking
from gateway.decisions import planning
from gateway.errors import Problem
from gateway.journal.canonical import derived_id, kin_id
from gateway.journal.facts.accounts import AccountEnrolled
from gateway.journal.folds import account_id
from gateway.node import Node
from gateway.rules import PUBLIC, rule
from tests.conftest import Clock, MakeNode
from tests.dashboards.planting import PASSWORD, ROLES, Seed, app_of, as_role, need_id, sign_in, token

NEED = need_id("S1604", "WAT01")
EVERYBODY = {role: 200 for role in ("anonymous", *ROLES)}
PLANNERS = {"anonymous": 302, "officer": 403, "planner": 200, "focal": 200, "admin": 200}
SIGNED_IN = PLANNERS | {"officer": 200}
DECIDERS = PLANNERS | {"planner": 303, "focal": 303, "admin": 303}
NOBODY_THERE = PLANNERS | dict.fromkeys(ROLES, 404)
NONE_OF_THAT = PLANNERS | dict.fromkeys(("planner", "focal", "admin"), 404)
REFUSED = PLANNERS | dict.fromkeys(("planner", "focal", "admin"), 409)
FOCAL_ALONE = PLANNERS | {"planner": 403, "admin": 403}
GUARDED = derived_id("report", "3")
ROUTES: list[tuple[str, str, str, dict[str, int], dict[str, str]]] = [
    # method, rule, an address of it, what each role gets, what the form holds
    ("GET", "/", "/", EVERYBODY, {}),
    ("GET", "/pages/<name>", "/pages/barrio.css", EVERYBODY, {}),
    ("GET", "/track", "/track", EVERYBODY, {}),
    ("GET", "/track/<reference>", "/track/10005", EVERYBODY, {}),
    ("GET", "/map", "/map", EVERYBODY, {}),
    ("GET", "/indicators", "/indicators", EVERYBODY, {}),
    ("GET", "/bulletin", "/bulletin?district=S1600", EVERYBODY, {}),
    ("GET", "/bulletin/<place>", "/bulletin/S1604", EVERYBODY, {}),
    ("GET", "/sign-in", "/sign-in", {"anonymous": 200} | dict.fromkeys(ROLES, 302), {}),
    ("POST", "/sign-in", "/sign-in", dict.fromkeys(EVERYBODY, 403), {"name": "nobody", "password": "wrong"}),
    ("POST", "/sign-out", "/sign-out", dict.fromkeys(EVERYBODY, 303), {}),
    ("GET", "/planner/", "/planner/", PLANNERS, {}),
    ("GET", "/planner/needs/<need>", f"/planner/needs/{NEED}", PLANNERS, {}),
    ("POST", "/planner/needs/<need>/link", f"/planner/needs/{NEED}/link", DECIDERS, {"work": "W-1"}),
    ("POST", "/planner/needs/<need>/unlink", f"/planner/needs/{NEED}/unlink", DECIDERS, {"work": "W-1"}),
    ("POST", "/planner/needs/<need>/status", f"/planner/needs/{NEED}/status", DECIDERS, {"status": "verified"}),
    ("POST", "/planner/lessons", "/planner/lessons", DECIDERS, {"account": "ana"}),
    ("GET", "/queue/", "/queue/", SIGNED_IN, {}),
    ("POST", "/queue/", "/queue/", DECIDERS | {"officer": 303}, {"do": "verify", "item": f"need|{NEED}|"}),
    ("POST", "/queue/undo", "/queue/undo", DECIDERS | {"officer": 303}, {}),
    ("GET", "/queue/<any(need, report, message):what>/<id>", f"/queue/need/{NEED}", SIGNED_IN, {}),
    ("POST", "/queue/<any(need, report, message):what>/<id>/take", f"/queue/need/{NEED}/take", DECIDERS | {"officer": 303}, {}),
    ("POST", "/queue/<any(need, report, message):what>/<id>/leave", f"/queue/need/{NEED}/leave", DECIDERS | {"officer": 303}, {}),
    # the planted needs are of one report each: nothing to merge or to set apart, which is said after the guard let somebody in
    ("POST", "/planner/needs/<need>/merge", f"/planner/needs/{NEED}/merge", NOBODY_THERE,
     {"other": "nothing"}),
    ("POST", "/planner/needs/<need>/part", f"/planner/needs/{NEED}/part", NOBODY_THERE,
     {"other": "nothing"}),
    ("POST", "/planner/needs/<need>/set-apart", f"/planner/needs/{NEED}/set-apart",
     NOBODY_THERE, {"report": "nothing"}),
    ("POST", "/planner/needs/<need>/put-back", f"/planner/needs/{NEED}/put-back",
     NOBODY_THERE, {"report": "nothing", "into": NEED}),
    ("POST", "/planner/needs/<need>/telling", f"/planner/needs/{NEED}/telling", DECIDERS, {"hold": "yes"}),
    ("GET", "/planner/inbox", "/planner/inbox", PLANNERS, {}),
    ("POST", "/planner/inbox/<message>", f"/planner/inbox/{derived_id('message', '1')}", DECIDERS, {"decision": "noted"}),
    ("GET", "/planner/inbox/<message>/read", f"/planner/inbox/{derived_id('message', '1')}/read", SIGNED_IN, {}),
    ("POST", "/planner/inbox/<message>/read", f"/planner/inbox/{derived_id('message', '1')}/read", DECIDERS | {"officer": 303},
     {"category": "WAT01", "place": "S1604"}),
    ("POST", "/planner/inbox/<message>/unread", f"/planner/inbox/{derived_id('message', '2')}/unread", DECIDERS | {"officer": 303},
     {"report": kin_id(derived_id("message", "2"), "report", "read")}),
    ("GET", "/officer/landmarks", "/officer/landmarks", SIGNED_IN, {}),
    ("GET", "/officer/landmarks/pin", "/officer/landmarks/pin?phrase=detras+del+molino", SIGNED_IN, {}),
    ("POST", "/officer/landmarks/pin", "/officer/landmarks/pin", DECIDERS | {"officer": 303},
     {"phrase": "detras del molino", "place": "S1701"}),
    ("POST", "/officer/landmarks/unpin", "/officer/landmarks/unpin", DECIDERS | {"officer": 303}, {"alias": "nothing"}),
    ("GET", "/officer/", "/officer/", SIGNED_IN, {}),
    ("GET", "/officer/list", "/officer/list", SIGNED_IN, {}),
    ("GET", "/officer/greetings", "/officer/greetings", SIGNED_IN, {}),
    # an empty form, and nobody is greeted yet, which is said after the guard let somebody in; who plans reads
    ("POST", "/officer/greetings", "/officer/greetings",
     SIGNED_IN | {"planner": 403} | dict.fromkeys(("officer", "focal", "admin"), 409), {}),
    ("POST", "/officer/greetings/<elder>/end", "/officer/greetings/nothing/end", NOBODY_THERE | {"planner": 403}, {}),
    ("POST", "/officer/greetings/<elder>/neighbour", "/officer/greetings/nothing/neighbour", NOBODY_THERE | {"planner": 403},
     {"volunteer": "Mario", "volunteer_number": "+59173330001"}),
    ("POST", "/officer/greetings/task/<checkin>", "/officer/greetings/task/nothing", NOBODY_THERE | {"planner": 403}, {"note": "seen"}),
    ("GET", "/officer/map", "/officer/map", SIGNED_IN, {}),
    ("GET", "/officer/news", "/officer/news", SIGNED_IN, {}),
    ("POST", "/officer/news", "/officer/news", DECIDERS | {"officer": 303}, {"heads": "{}"}),
    ("GET", "/officer/contested", "/officer/contested", SIGNED_IN, {}),
    ("GET", "/officer/works", "/officer/works", SIGNED_IN, {}),
    ("POST", "/officer/works/<work>", "/officer/works/W-1", DECIDERS | {"officer": 303}, {"phase": "tender"}),
    ("GET", "/officer/needs/<need>", f"/officer/needs/{NEED}", SIGNED_IN, {}),
    ("POST", "/officer/needs/<need>", f"/officer/needs/{NEED}", DECIDERS | {"officer": 303}, {"do": "note", "note": "seen"}),
    ("POST", "/officer/needs/<need>/answer", f"/officer/needs/{NEED}/answer", SIGNED_IN, {"text": "the water is off on Thursday"}),
    ("POST", "/officer/undo", "/officer/undo", DECIDERS | {"officer": 303}, {}),
    # nobody planted a photo or wrote a report down, which is said after the guard let somebody in
    ("GET", "/officer/photos/<digest>", f"/officer/photos/{'0' * 64}", NOBODY_THERE, {}),
    ("GET", "/officer/reports/new", "/officer/reports/new", SIGNED_IN, {}),
    ("POST", "/officer/reports/new", "/officer/reports/new", DECIDERS | {"officer": 303},
     {"key": "0123456789abcdef", "text": "no hay agua", "place": "S1604"}),
    ("GET", "/officer/reports/<report>", f"/officer/reports/{derived_id('report', '1')}", NOBODY_THERE, {}),
    ("GET", "/officer/places", "/officer/places?find=kupini", SIGNED_IN, {}),
    ("GET", "/planner/lessons", "/planner/lessons", PLANNERS, {}),
    ("GET", "/planner/nodes", "/planner/nodes", SIGNED_IN, {}),
    ("GET", "/planner/incidents", "/planner/incidents", SIGNED_IN, {}),
    # nothing stands, which is said after the guard let an administrator in
    ("POST", "/planner/incidents/<incident>/take", "/planner/incidents/nothing/take",
     PLANNERS | {"planner": 403, "focal": 403, "admin": 404}, {}),
    ("GET", "/planner/outbox", "/planner/outbox", PLANNERS, {}),
    ("POST", "/planner/outbox", "/planner/outbox", DECIDERS, {"sending": "start"}),
    # nothing was broadcast, and nobody was planted whose number is kept: nobody to write to
    ("GET", "/planner/broadcasts/", "/planner/broadcasts/", PLANNERS, {}),
    ("GET", "/planner/broadcasts/new", "/planner/broadcasts/new", PLANNERS, {}),
    ("POST", "/planner/broadcasts/new", "/planner/broadcasts/new", REFUSED, {"title": "water", "place": "S1604", "text-es": "agua"}),
    ("GET", "/planner/broadcasts/<broadcast>", "/planner/broadcasts/nothing", NONE_OF_THAT, {}),
    ("POST", "/planner/broadcasts/<broadcast>", "/planner/broadcasts/nothing", NONE_OF_THAT, {"do": "start"}),
    ("POST", "/planner/broadcasts/<broadcast>/words", "/planner/broadcasts/nothing/words", NONE_OF_THAT, {"language": "fr", "text": "eau"}),
    ("GET", "/planner/quarantine", "/planner/quarantine", PLANNERS, {}),
    ("POST", "/planner/quarantine", "/planner/quarantine", DECIDERS, {"kind": "classify", "subject": "x"}),
    ("GET", "/planner/restricted", "/planner/restricted", FOCAL_ALONE, {}),
    ("GET", "/planner/restricted/log", "/planner/restricted/log", PLANNERS | {"planner": 403}, {}),
    ("GET", "/planner/restricted/counts", "/planner/restricted/counts", PLANNERS, {}),
    ("GET", "/planner/restricted/<report>", f"/planner/restricted/{GUARDED}", FOCAL_ALONE, {}),
    ("POST", "/planner/restricted/<report>", f"/planner/restricted/{GUARDED}", FOCAL_ALONE | {"focal": 303}, {"step": "taken"}),
    ("POST", "/planner/restricted/<report>/number", f"/planner/restricted/{GUARDED}/number", FOCAL_ALONE, {}),
    ("POST", "/planner/restricted/<report>/release", f"/planner/restricted/{GUARDED}/release", FOCAL_ALONE | {"focal": 303}, {}),
    ("GET", "/planner/export", "/planner/export", PLANNERS, {}),
    ("GET", "/planner/export/<what>.<format>", "/planner/export/needs.csv", PLANNERS, {}),
    ("GET", "/planner/try", "/planner/try", PLANNERS, {}),
    ("POST", "/planner/try", "/planner/try", PLANNERS, {"text": "no hay agua"}),
    ("GET", "/planner/ranking", "/planner/ranking", PLANNERS, {}),
    ("POST", "/planner/ranking", "/planner/ranking", DECIDERS, {}),
    ("GET", "/planner/map", "/planner/map", PLANNERS, {}),
    ("GET", "/planner/map/areas.json", "/planner/map/areas.json", PLANNERS, {}),
    ("GET", "/planner/pack", "/planner/pack?budget=60000", PLANNERS, {}),
    ("POST", "/planner/pack", "/planner/pack", DECIDERS, {"need": NEED, "decision": "verify", "met_on": "2026-11-25"}),
    # nothing is decided that could be taken back, which is said after the guard let somebody in
    ("POST", "/planner/pack/undo", "/planner/pack/undo", PLANNERS | {"planner": 409, "focal": 409, "admin": 409}, {"need": NEED}),
    ("GET", "/planner/flows", "/planner/flows", PLANNERS, {}),
    ("GET", "/planner/ages", "/planner/ages", PLANNERS, {}),
    ("GET", "/planner/trends", "/planner/trends", PLANNERS, {}),
    ("GET", "/planner/compare", "/planner/compare?a=S1604&b=S1701", PLANNERS, {}),
    ("GET", "/planner/place", "/planner/place?place=S1604", PLANNERS, {}),
    ("GET", "/planner/views", "/planner/views", PLANNERS, {}),
    ("POST", "/planner/views", "/planner/views", DECIDERS, {"name": "gaps", "page": "ranking.listed", "asked": "covered=gap"}),
    ("GET", "/planner/watch", "/planner/watch", PLANNERS, {}),
    ("GET", "/planner/proposals", "/planner/proposals", PLANNERS, {}),
    ("POST", "/planner/proposals", "/planner/proposals", DECIDERS, {"need": NEED, "work": "W-1", "decision": "accepted"}),
    ("GET", "/planner/budget", "/planner/budget?budget=60000", PLANNERS, {}),
    ("GET", "/planner/indicators", "/planner/indicators", PLANNERS, {}),
    ("GET", "/planner/trips", "/planner/trips", PLANNERS, {}),
    ("GET", "/planner/sheets/<name>.<format>", "/planner/sheets/ranking.csv", PLANNERS, {}),
    ("POST", "/planner/indicators", "/planner/indicators", DECIDERS, {"period": "2026-Q3"}),
    ("GET", "/planner/weights", "/planner/weights", PLANNERS, {}),
    ("POST", "/planner/weights", "/planner/weights", DECIDERS,
     {"name": "2026-1", "decided_on": "2026-11-01", "source": "Acta 9", "severity": "25", "demand": "20", "deprivation": "20",
      "people": "10", "neglect": "15", "waiting": "10", "floor": "30", "deprived_from": "0.6"}),
    ("POST", "/planner/needs/<need>/cost", f"/planner/needs/{NEED}/cost", DECIDERS, {"cost": "48000", "source": "a visit"}),
    # the last of all: it takes the planted need out of sight
    ("POST", "/officer/restrict/<message>", f"/officer/restrict/{derived_id('message', '1')}", DECIDERS | {"officer": 303}, {}),
]


@pytest.fixture
def planted(seed: Seed) -> Seed:
    assert seed.report() == "10005"
    planning.read_message(seed.node, seed.unread("qwerty"), "LIT01", "S1701", why="", by="ana")
    seed.report("ZZSECRET", restricted=True, intent="protection", need=False)
    seed.works()
    seed.accounts()
    ranking.make(seed.node, by="ana")
    return seed


def test_every_route_is_in_the_table(app: Flask) -> None:
    there = {(method, found.rule) for found in app.url_map.iter_rules() for method in found.methods or ()
             if method not in ("HEAD", "OPTIONS")}
    assert there == {(method, path) for method, path, *_ in ROUTES}


@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_every_route_answers_each_role_as_the_table_says(role: str, app: Flask, planted: Seed) -> None:
    got, said = {}, {}
    for method, path, address, expected, form in ROUTES:
        client = as_role(app, role)
        answer = client.get(address) if method == "GET" else client.post(address, data={**form, "csrf_token": token(client)})
        got[method, path], said[method, path] = answer.status_code, expected[role]
        if expected[role] == 302 and path != "/sign-in":
            assert answer.location.startswith("/sign-in")
    assert got == said


@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_every_post_without_a_token_changes_nothing(role: str, app: Flask, planted: Seed, node: Node) -> None:
    with node.database.reading() as c:
        before = c.exec_driver_sql("SELECT count(*) FROM entry").scalar()
    for method, path, address, expected, form in ROUTES:
        if method == "POST":
            client = as_role(app, role)
            for sent in (form, {**form, "csrf_token": "forged"}, {**form, "csrf_token": token(app.test_client())}):
                answer = client.post(address, data=sent)
                assert answer.status_code == (expected[role] if expected[role] == 302 else 400 if expected[role] != 403 or
                                              path == "/sign-in" else 403), path
    with node.database.reading() as c:
        assert c.exec_driver_sql("SELECT count(*) FROM entry").scalar() == before


def test_an_app_with_an_undeclared_door_does_not_start_and_the_door_stays_shut(node: Node) -> None:
    app = app_of(node)

    def forgotten() -> str:
        return "open"

    app.add_url_rule("/forgotten", view_func=forgotten)
    with pytest.raises(Problem, match="/forgotten"):
        access.insist(app)
    assert app.test_client().get("/forgotten").status_code == 403
    app.view_functions["forgotten"] = rule(PUBLIC)(forgotten)
    access.insist(app)
    assert app.test_client().get("/forgotten").text == "open"


@pytest.mark.parametrize(("label", "name", "password", "status"), [
    ("the right password", "ana-planner", PASSWORD, 303),
    ("a wrong password", "ana-planner", "wrong", 403),
    ("an unknown name", "nobody", PASSWORD, 403),
    ("an empty password", "ana-planner", "", 403),
    ("a password no encoding can hold", "ana-planner", "\ud800", 403),
    ("a disabled account", "off", PASSWORD, 403),
])
def test_signing_in(label: str, name: str, password: str, status: int, client: FlaskClient, planted: Seed) -> None:
    planted.write(AccountEnrolled(account=account_id(planted.node.origin.writer, "off"), name="off", role="planner", areas=(),
                                  password=planning.hash_password(PASSWORD), enabled=False))
    data = {"name": name.encode(), "password": password.encode("utf-8", "surrogatepass"), "csrf_token": token(client)}
    assert client.post("/sign-in", data=data).status_code == status
    assert client.get("/planner/").status_code == (200 if status == 303 else 302)


def test_a_name_nobody_has_costs_as_much_as_a_wrong_password(node: Node, planted: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboards import sign_in as door
    checked: list[str] = []
    monkeypatch.setattr(door, "_matches", lambda hashed, password: checked.append(hashed[:30]) or False)
    keeper = door.Doorkeeper(node)
    keeper.let_in("nobody", "x", "here")
    keeper.let_in("ana-planner", "x", "here")
    assert len(checked) == 2
    assert checked[0] == checked[1], "the same argon2 parameters"


def test_a_session_ends_when_the_password_or_the_account_changes(app: Flask, planted: Seed) -> None:
    account = derived_id("account", planted.node.origin.writer, "ana-planner")
    for change in ({"password": planning.hash_password("another long password")}, {"enabled": False}, {"role": "officer"}):
        client = as_role(app, "planner")
        assert client.get("/planner/").status_code == 200
        facts = {"account": account, "name": "ana-planner", "role": "planner", "areas": (), "password": planning.hash_password(PASSWORD)}
        planted.write(AccountEnrolled(**(facts | change)))
        assert client.get("/planner/").status_code == 302
        planted.write(AccountEnrolled(**facts))


@pytest.mark.parametrize(("label", "hours", "status"), [
    ("within its hours", 9.9, 200),
    ("after its hours", 10.1, 302),
    ("when the clock went back before it", -1, 302),
])
def test_a_session_lasts_its_hours(label: str, hours: float, status: int, app: Flask, planted: Seed, clock: Clock) -> None:
    client = as_role(app, "planner")
    clock.on(hours=hours)
    assert client.get("/planner/").status_code == status


def test_a_cookie_of_another_node_opens_nothing(app: Flask, planted: Seed, make_node: MakeNode) -> None:
    other = make_node("other")
    Seed(other).accounts()
    stranger = app_of(other).test_client()
    sign_in(stranger, "ana-planner")
    cookie = stranger.get_cookie("barrio")
    assert cookie is not None
    client = app.test_client()
    client.set_cookie("barrio", cookie.value)
    assert client.get("/planner/").status_code == 302


def test_signing_out_ends_the_session(app: Flask, planted: Seed) -> None:
    client = as_role(app, "planner")
    assert client.get("/sign-out").status_code == 405
    assert client.get("/planner/").status_code == 200
    client.post("/sign-out", data={"csrf_token": token(client)})
    assert client.get("/planner/").status_code == 302


@pytest.mark.parametrize(("label", "next", "lands"), [
    ("a page of ours", "/planner/outbox?state=sent", "/planner/outbox?state=sent"),
    ("another site", "https://elsewhere.example/", "/planner/"),
    ("another site without a scheme", "//elsewhere.example/", "/planner/"),
    ("a backslash that browsers read as a slash", "/\\elsewhere.example", "/planner/"),
    ("a line break", "/planner/\r\nX-Header: 1", "/planner/"),
    ("a script", "javascript:alert(1)", "/planner/"),
])
def test_after_signing_in_one_stays_on_this_site(label: str, next: str, lands: str, client: FlaskClient, planted: Seed) -> None:
    assert sign_in(client, "ana-planner", next=next).location == lands


def test_wrong_passwords_make_a_growing_pause_and_never_lock_for_good(node: Node, planted: Seed, clock: Clock) -> None:
    client = app_of(node).test_client()
    pauses = []
    for _ in range(14):
        answer = sign_in(client, "ana-planner", "wrong")
        if answer.status_code == 429:
            assert re.search(r"\d+", answer.text)
            pauses.append(int(answer.headers["Retry-After"]))
            clock.on(seconds=pauses[-1])
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1] <= 61
    assert sign_in(client, "ana-planner").status_code in (303, 429)
    clock.on(seconds=61)
    assert sign_in(client, "ana-planner").status_code == 303
    assert sign_in(app_of(node).test_client(), "ana-admin").status_code == 303, "the others were never kept waiting"


def test_an_address_that_tries_many_names_is_slowed(node: Node, planted: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboards import sign_in as door
    monkeypatch.setattr(door, "_matches", lambda hashed, password: False)
    client = app_of(node).test_client()
    statuses = [sign_in(client, f"name{n}", "wrong").status_code for n in range(25)]
    assert statuses[:19] == [403] * 19
    assert statuses[-1] == 429

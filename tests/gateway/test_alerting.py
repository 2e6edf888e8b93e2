"""Whom the machine tells at once, with which words, and how often."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from gateway.channels.values import Sent
from gateway.decisions import planning
from gateway.doors import intake
from gateway.errors import Problem
from gateway.governing import duty
from gateway.journal.entries import ENTRY
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import Alert, Contact, Need, Promise, Reply, Report, Task, table
from gateway.machine import jobs
from gateway.needs import escalating
from gateway.node import Node
from gateway.sending import outbox
from tests.conftest import Clock, MakeNode, sms
from tests.doors.canaries import Canaries

ALERT, CONTACT, NEED, PROMISE, REPLY, REPORT, TASK = (table(of) for of in (Alert, Contact, Need, Promise, Reply, Report, Task))
PHONE = "+59170009001"
FIRE = "incendio en Kupini, mi nombre es Juana"


@pytest.fixture
def hub(make_node: MakeNode) -> Node:
    node = make_node(extra='\n[triage]\ncluster_people = 3\ncluster_days = 5\n')
    duty.add(node, "guardia", PHONE)
    return node


def hears(node: Node, clock: Clock, *texts: tuple[str, str]) -> None:
    """Texts as (number, words), taken in, classified and gathered; what waits in the outbox is sent to nobody."""
    for number, words in texts:
        clock.on(seconds=1)
        with node.database.writing() as c:
            intake.receive(c, node, [sms(f"{number}{clock().timestamp()}", words, number, clock())])
        while jobs.classify_due(node):
            pass


def alerts(node: Node) -> list[tuple[str, str]]:
    with node.database.reading() as c:
        return [(row.kind, row.text) for row in c.execute(select(REPLY.c.kind, REPLY.c.text).where(
            REPLY.c.kind.like("alert_%")).order_by(REPLY.c.position))]


def entries(node: Node, kind: str) -> int:
    with node.database.reading() as c:
        return len(c.execute(select(ENTRY.c.seq).where(ENTRY.c.kind == kind)).all())


def test_an_emergency_is_told_at_once_and_without_the_residents_words(hub: Node, clock: Clock) -> None:
    hears(hub, clock, ("+59170000001", FIRE))
    [(kind, text)] = alerts(hub)
    assert (kind, text) == ("alert_emergency", "Barrio, emergencia: Incendio o fuga de gas, Kupini. Reporte 10005. Mire la cola y "
                            "confirme. Barrio no aviso a nadie mas.")
    assert "Juana" not in text
    with hub.database.reading() as c:
        said = c.execute(select(REPLY.c.text).where(REPLY.c.kind == "emergency")).scalar_one()
        due = dict(c.execute(select(REPLY.c.kind, TASK.c.due_at).join(TASK, TASK.c.subject == REPLY.c.id)).all())
    assert "NO envia ambulancias" in said, "the resident is told that nobody is dispatched from here"
    assert due["alert_emergency"] < due["emergency"], "it does not queue behind others"
    rebuild(hub.database, verify=True)


@pytest.mark.parametrize(("label", "texts", "told"), [
    ("the same fire told by two", [("+59170000001", FIRE), ("+59170000002", "fuego en Kupini ayuda urgente se quema una casa")], 1),
    ("fires in two places", [("+59170000001", FIRE), ("+59170000002", "incendio en Pampahasi")], 2),
    ("a lamp is no emergency", [("+59170000001", "no hay luz en Kupini")], 0),
    ("violence is the focal point's alone", [("+59170000001", "mi marido me pega en Kupini")], 0),
])
def test_how_often(label: str, texts: list[tuple[str, str]], told: int, hub: Node, clock: Clock) -> None:
    hears(hub, clock, *texts)
    assert len(alerts(hub)) == told, label


def test_history_that_is_classified_anew_alarms_nobody(hub: Node, clock: Clock) -> None:
    hears(hub, clock, ("+59170000001", FIRE))
    with hub.database.writing() as c:
        c.execute(update(ALERT).values(id="other", need=None))
        again = c.execute(select(REPORT.c.id)).scalars().all()
        jobs.tasks.add_missing(c, "classify", again, "2026-11-25T00:00:00.000Z")
    clock.on(days=2)
    while jobs.classify_due(hub):
        pass
    assert len(alerts(hub)) == 1


def test_nobody_on_duty_is_a_fact_too(make_node: MakeNode, clock: Clock) -> None:
    node = make_node()
    hears(node, clock, ("+59170000001", FIRE))
    assert alerts(node) == []
    with node.database.reading() as c:
        assert c.execute(select(ALERT.c.reason, ALERT.c.phones)).all() == [("emergency", 0)]


def test_a_cluster_is_told_once_and_again_when_it_doubles(hub: Node, clock: Clock) -> None:
    def water(first: int, last: int) -> None:
        hears(hub, clock, *((f"+5917000{n:04d}", f"no hay agua en Kupini, casa {n}") for n in range(first, last)))

    water(0, 2)
    hears(hub, clock, ("+59170000001", "no hay agua en Kupini desde ayer"))
    assert alerts(hub) == [], "two phones, however often they write"
    water(2, 3)
    assert [text for _, text in alerts(hub)] == [
        "Barrio: 3 personas reportan lo mismo: Sin agua, Kupini. El ultimo es "
        + alerts(hub)[0][1].split("El ultimo es ")[1].split(".")[0] + ". Esta arriba en la cola."]
    water(3, 5)
    assert len(alerts(hub)) == 1
    water(5, 6)
    assert len(alerts(hub)) == 2, "it doubled"
    clock.on(days=6)
    water(10, 12)
    assert len(alerts(hub)) == 2
    water(12, 13)
    assert len(alerts(hub)) == 3, "all of these are new"
    rebuild(hub.database, verify=True)


def test_the_number_is_sealed_and_no_entry_holds_it(hub: Node, clock: Clock) -> None:
    hears(hub, clock, ("+59170000001", FIRE))
    with hub.database.reading() as c:
        bodies = " ".join(c.execute(select(ENTRY.c.body)).scalars())
        numbers = [hub.vault.open(sealed).decode() for sealed in c.execute(select(CONTACT.c.number)).scalars()]
    assert PHONE in numbers
    assert PHONE[1:] not in bodies
    assert Canaries([PHONE]).in_folder(hub.config.data) == {}, "in no spelling, in no file"
    assert duty.remove(hub, "guardia") == 1
    with hub.database.reading() as c:
        assert PHONE not in [hub.vault.open(sealed).decode() for sealed in c.execute(select(CONTACT.c.number)).scalars()]
        assert duty.listed(c) == []


def test_alerts_are_a_class_of_their_own_in_the_outbox(hub: Node, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine fires in a day: a resident would be past the loop guard; and each leaves once, however often the outbox is run."""
    sent: list[str] = []

    class Channel:
        settings = staticmethod(lambda config: None)

        @staticmethod
        def send(known: object, number: str, text: str, reply: str = "") -> Sent:
            sent.append(number)
            return Sent(f"SM{len(sent)}")

    monkeypatch.setattr(outbox, "channel", lambda name: Channel)
    places = ("Kupini", "Pampahasi", "Alto San Pedro", "Munaypata", "Villa Copacabana", "Achachicala", "Obrajes", "Irpavi", "Sopocachi")
    hears(hub, clock, *((f"+5917000{n:04d}", f"incendio en {place}") for n, place in enumerate(places)))
    told = len(alerts(hub))
    assert told > hub.config.outbox.automatic_per_day
    for _ in range(3):
        jobs.work(hub)
    assert sent.count(PHONE) == told


# ------------------------------------------------------------------------------------------------ broken promises

def the_need(node: Node) -> tuple[str, str]:
    with node.database.reading() as c:
        row = c.execute(select(NEED.c.id, NEED.c.status_at)).one()
    return row.id, row.status_at


def told(node: Node) -> list[tuple[str, str]]:
    with node.database.reading() as c:
        return [(row.told, row.due_at) for row in c.execute(select(PROMISE.c.told, PROMISE.c.due_at).where(PROMISE.c.told.is_not(None)))]


def test_a_broken_promise_is_told_to_planners_and_then_to_administrators(hub: Node, clock: Clock) -> None:
    hears(hub, clock, ("+59170000001", "no hay agua en Kupini"))  # Wednesday, two working days
    clock.on(days=2, hours=15)
    escalating.look(hub)
    assert told(hub) == [], "Friday is not over in La Paz"
    clock.on(hours=1)
    assert escalating.look(hub) == 1
    assert told(hub) == [("planner", "2026-11-28T04:00:00.000Z")]
    assert escalating.look(hub) == 0, "once"
    clock.on(days=3)  # Tuesday night
    assert escalating.look(hub) == 0
    clock.on(days=1)
    escalating.look(hub)
    assert told(hub) == [("admin", "2026-11-28T04:00:00.000Z")]
    clock.on(days=30)
    assert escalating.look(hub) == 0
    rebuild(hub.database, verify=True)


def test_what_was_looked_at_in_time_is_told_to_nobody_and_what_is_opened_again_has_a_new_clock(hub: Node, clock: Clock) -> None:
    hears(hub, clock, ("+59170000001", "no hay agua en Kupini"))
    need, _ = the_need(hub)
    planning.change_status(hub, need, "verified", note="", by="ana", after=None)
    clock.on(days=30)
    assert escalating.look(hub) == 0
    planning.change_status(hub, need, "open", note="", by="ana", after=None)
    assert escalating.look(hub) == 0
    clock.on(days=7)
    assert escalating.look(hub) == 1


def test_the_clock_stands_still_while_everybody_was_asked_and_goes_on_with_the_answer(hub: Node, clock: Clock) -> None:
    hears(hub, clock, ("+59170000001", "no hay agua en Kupini"))
    clock.on(hours=20)
    hears(hub, clock, ("+59170000001", "NO"))  # "not so": we ask what is wrong
    assert escalating.look(hub) == 1
    assert escalating.look(hub) == 0
    with hub.database.reading() as c:
        assert c.execute(select(PROMISE.c.paused_at)).scalar_one() is not None
    clock.on(hours=23)
    hears(hub, clock, ("+59170000001", "SI"))
    escalating.look(hub)
    with hub.database.reading() as c:
        row = c.execute(select(PROMISE.c.paused_at, PROMISE.c.pauses)).one()
    assert row.paused_at is None
    assert row.pauses != "[]"
    clock.on(days=1)  # Saturday: Friday would have been the last day, had Thursday counted
    assert told(hub) == []
    escalating.look(hub)
    assert told(hub) == []
    clock.on(days=3)
    escalating.look(hub)
    assert [role for role, _ in told(hub)] == ["planner"]
    rebuild(hub.database, verify=True)


def test_a_field_node_leaves_it_to_the_hub(make_node: MakeNode, clock: Clock) -> None:
    node = make_node("field", role="field")
    hears(node, clock, ("+59170000001", "no hay agua en Kupini"))
    clock.on(days=30)
    assert escalating.look(node) == 0


@pytest.mark.parametrize(("label", "number", "language", "words"), [
    ("no country", "70000001", "es", "country's prefix"), ("no language of ours", PHONE, "de", "not a language of replies")])
def test_a_phone_that_cannot_be_told(label: str, number: str, language: str, words: str, hub: Node) -> None:
    with pytest.raises(Problem, match=words):
        duty.add(hub, "x", number, language)

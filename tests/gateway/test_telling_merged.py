"""Who is told of needs that people merge and part: everybody whose problem it is, each phone once, and never of the merging itself."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select

from dashboards.queries import telling as shown
from gateway.decisions import guarding, planning, triaging
from gateway.decisions.triaging import Chosen, Who
from gateway.feedback import holding, telling
from gateway.journal.canonical import derived_id
from gateway.journal.facts.residents import RepairJudged
from gateway.journal.rebuilding import rebuild
from gateway.journal.rows import insert
from gateway.journal.tables import Contact, Merge, Need, Reply, Told, table
from gateway.needs import merging, news
from gateway.sending import outbox
from tests.conftest import Clock, MakeNode
from tests.gateway.town import OFTEN, Town

CONTACT, MERGE, NEED, REPLY, TOLD = table(Contact), table(Merge), table(Need), table(Reply), table(Told)
WORK = "LED-04"
ANA = Who("ana", "ana", lambda place: True)


@pytest.fixture
def town(make_node: MakeNode, clock: Clock) -> Town:
    """Need A of phones a and both, need B of phones b and both; A is the elder and stands for both when they are merged."""
    town = Town(make_node(extra=OFTEN), clock)
    planning.record_city(town.node)
    for name in ("a", "b", "both"):
        town.phone(name)
    for name in ("A", "B"):
        town.need(name, name.lower(), "both")
        town.write()
        clock.on(minutes=1)
    return town


A, B = derived_id("need", "A"), derived_id("need", "B")


def merge(t: Town) -> None:
    merging.merge_needs(t.node, A, B, why="", by="ana")


def part(t: Town) -> None:
    merging.part_needs(t.node, A, B, why="", by="ana")


def link(t: Town, need: str) -> None:
    planning.link_need(t.node, need, WORK, why="", by="ana")


def days(t: Town, n: int = 2) -> None:
    for _ in range(n):
        t.work(hours=24, minutes=1)


def verified_then_merged(t: Town) -> None:
    t.decide(A, "verified")
    days(t)
    merge(t)


def merged_then_verified(t: Town) -> None:
    merge(t)
    t.decide(A, "verified")


def merged_verified_parted(t: Town) -> None:
    merged_then_verified(t)
    days(t)
    part(t)


def both_verified_merged_parted(t: Town) -> None:
    for need in (A, B):
        t.decide(need, "verified")
    days(t, 3)
    merge(t)
    days(t)
    part(t)


def merged_parted_merged(t: Town) -> None:
    merged_verified_parted(t)
    days(t)
    merge(t)


def parted_before_it_was_told(t: Town) -> None:
    merged_then_verified(t)
    part(t)


def merged_with_what_was_decided_long_ago(t: Town) -> None:
    link(t, A)
    days(t, 20)
    merge(t)


def younger_verified_then_merged_with_an_open_one(t: Town) -> None:
    t.decide(B, "verified")
    days(t)
    merge(t)


def younger_is_linked_then_merged(t: Town) -> None:
    link(t, B)
    merge(t)


def linked_through_the_other_then_parted(t: Town) -> None:
    t.decide(B, "verified")
    days(t)
    merge(t)
    link(t, A)
    days(t)
    part(t)


def held_before_it_was_merged(t: Town) -> None:
    link(t, B)
    holding.hold(t.node, B, why="", by="ana")
    merge(t)


def held_merged_and_released(t: Town) -> None:
    held_before_it_was_merged(t)
    holding.release(t.node, A, why="", by="ana")


def unlinked_through_the_one_that_stands_for_both(t: Town) -> None:
    younger_is_linked_then_merged(t)
    days(t)
    planning.unlink_need(t.node, A, WORK, why="", by="ana")


def decided_after_they_were_parted(t: Town) -> None:
    merged_verified_parted(t)
    t.decide(B, "planned")


def withdrawn_at_once(t: Town) -> None:
    merge(t)
    triaging.decide(t.node, ANA, "verify", [Chosen("need", A)])
    triaging.undo(t.node, ANA)


def withdrawn_after_it_was_told(t: Town) -> None:
    triaging.decide(t.node, ANA, "verify", [Chosen("need", A)])
    t.work(minutes=40)
    triaging.undo(t.node, ANA)


def one_turns_restricted(t: Town) -> None:
    merge(t)
    guarding.restrict(t.node, derived_id("message", "3"), why="", by="ana")  # what b wrote
    t.decide(A, "verified")


@pytest.mark.parametrize(("label", "happens", "heard"), [
    ("who spoke for either is told, each once",            merged_then_verified, "a: verified, b: verified, both: verified"),
    ("what was decided before reaches those who joined",   verified_then_merged, "a: verified, b: verified, both: verified"),
    ("parting tells nobody again",                         merged_verified_parted, "a: verified, b: verified, both: verified"),
    ("merging and parting what all heard tells nobody",    both_verified_merged_parted, "a: verified, b: verified, both: several"),
    ("nor does merging once more",                         merged_parted_merged, "a: verified, b: verified, both: verified"),
    ("parted in time, only its own are told",              parted_before_it_was_told, "a: verified, both: verified"),
    ("merging is not told as going back",                  younger_verified_then_merged_with_an_open_one, "b: verified, both: verified"),
    ("what was decided long ago too",                      merged_with_what_was_decided_long_ago, "a: begun, b: begun, both: begun"),
    ("a work that answers one answers the whole",          younger_is_linked_then_merged, "a: begun, b: begun, both: begun"),
    ("parted from what had a work, the old is not news",   linked_through_the_other_then_parted,
     "a: begun, b: verified begun, both: verified begun"),
    ("what was held back stays held when merged",          held_before_it_was_merged, ""),
    ("and is let go for all",                              held_merged_and_released, "a: begun, b: begun, both: begun"),
    ("a link is taken back whichever need carries it",     unlinked_through_the_one_that_stands_for_both,
     "a: begun back, b: begun back, both: begun back"),
    ("a decision after the parting is told to its own",    decided_after_they_were_parted,
     "a: verified, b: verified planned, both: verified planned"),
    ("a decision withdrawn in time is never told",         withdrawn_at_once, ""),
    ("withdrawn later, that it goes back is told",         withdrawn_after_it_was_told, "a: verified back, both: verified back"),
    ("whose report turns restricted hears nothing",        one_turns_restricted, "a: verified, both: verified"),
])
def test_merged_needs_are_told_as_one(label: str, happens: Callable[[Town], None], heard: str, town: Town) -> None:
    happens(town)
    days(town, 4)
    told = {phone: " ".join(kind.removeprefix("news_") for kind in town.heard(phone)) for phone in ("a", "b", "both")}
    assert heard == ", ".join(f"{phone}: {kinds}" for phone, kinds in told.items() if kinds), label
    rebuild(town.node.database, verify=True)


def test_what_lies_in_the_outbox_when_needs_are_parted_is_not_sent_to_those_it_no_longer_concerns(town: Town) -> None:
    merge(town)
    town.decide(A, "verified")
    town.clock.on(hours=1)
    while telling.tell_due(town.node):
        pass
    part(town)
    outbox.send_due(town.node)
    with town.node.database.reading() as c:
        ends = {sender: (state, reason) for sender, state, reason in c.execute(select(REPLY.c.sender, REPLY.c.state, REPLY.c.reason))}
    assert ends == {"a": ("delivered", None), "b": ("failed", news.UNDONE), "both": ("failed", news.UNDONE)}
    days(town)
    assert (town.heard("a"), town.heard("b"), town.heard("both")) == (["news_verified"], [], ["news_verified"])


def test_the_page_of_the_whole_counts_every_phone_once(town: Town) -> None:
    merge(town)
    town.decide(A, "verified")
    with town.node.database.reading() as c:
        line = shown.of_need(c, town.node, A)
    assert line is not None
    assert (line.waiting, line.told) == (3, 0)
    days(town)
    with town.node.database.reading() as c:
        line = shown.of_need(c, town.node, A)
    assert line is not None
    assert (line.waiting, line.told) == (0, 3)


def test_what_residents_say_of_the_repair_is_counted_for_the_whole_but_not_of_restricted_reports(town: Town) -> None:
    merge(town)
    town.decide(A, "done")
    for n, phone in enumerate(("a", "b")):
        report = derived_id("report", phone.upper(), phone)
        town.events.append(RepairJudged(need=A, report=report, message=f"m{n}", sender=phone, fixed=True))
    town.write()
    with town.node.database.reading() as c:
        said = shown.judged(c, A)
    assert said is not None
    assert (said.confirmed, said.denied) == (2, 0)
    guarding.restrict(town.node, derived_id("message", "3"), why="", by="ana")
    with town.node.database.reading() as c:
        said = shown.judged(c, A)
    assert said is not None
    assert (said.confirmed, said.denied) == (1, 0)


# --------------------------------------------------------------------------------------------- random merging and parting

TOWNS, NEEDS, STEPS = 120, 4, 10


@dataclass
class Model:
    """Four needs as a person with a pencil would keep them: lines drawn between them, the eldest speaks for what lines join."""

    names: list[str]
    phones: dict[str, set[str]]
    lines: set[tuple[str, str]] = field(default_factory=set)
    status: dict[str, tuple[int, str]] = field(default_factory=dict)
    linked: dict[str, tuple[int, bool]] = field(default_factory=dict)

    def whole(self, need: str) -> set[str]:
        found, grown = {need}, True
        while grown:
            more = {n for line in self.lines for n in line if found & set(line)}
            grown, found = not more <= found, found | more
        return found

    def stands(self, need: str) -> tuple[str, str, int]:
        """(stage, work, the number of the last decision)."""
        whole = self.whole(need)
        order, status = self.status.get(min(whole, key=self.names.index), (0, "open"))
        links = [self.linked[n] for n in whole if n in self.linked]
        last = max([order, *(n for n, _ in links)])
        if any(there for _, there in links) and status not in ("done", "rejected"):
            return "linked", WORK, last
        return status, "", last


def test_random_merging_parting_and_deciding(make_node: MakeNode, clock: Clock) -> None:
    rng, town = random.Random(5), Town(make_node(extra=OFTEN), clock)
    planning.record_city(town.node)
    models = [_plant(town, rng, n) for n in range(TOWNS)]
    changes: dict[str, int] = {}
    for step in range(1, STEPS + 1):
        for model in models:
            if rng.random() < 0.7:
                _do_something(town, rng, model, step, changes)
        before = _told(town)
        for _ in range(rng.choice((1, 4))):
            town.work(hours=rng.choice((1, 7, 25)))
        _judge(models, changes, before, _told(town), town)
    before = _told(town)
    for _ in range(8):
        town.work(hours=13)
    _judge(models, changes, before, _told(town), town)
    _judge_the_end(models, changes, _told(town))
    rebuild(town.node.database, verify=True)
    with town.node.database.reading() as c:
        assert c.execute(select(func.count()).select_from(MERGE)).scalar_one() > TOWNS / 2, "too few merges prove nothing"


def _plant(town: Town, rng: random.Random, n: int) -> Model:
    names, phones = [], {}
    people = [f"t{n}p{i}" for i in range(5)]
    with town.node.database.writing() as c:
        insert(c, CONTACT, [{"sender": p, "channel": "console", "number": town.node.vault.seal(b"+59170000001")} for p in people])
    for i in range(NEEDS):
        behind = rng.sample(people, rng.choice((1, 2, 3)))
        names.append(town.need(f"{n}/{i}", *behind))
        phones[names[-1]] = set(behind)
        town.write()
        town.clock.on(seconds=1)
    return Model(names, phones)


def _do_something(town: Town, rng: random.Random, model: Model, step: int, changes: dict[str, int]) -> None:
    node = town.node
    one, other = rng.sample(model.names, 2)
    head = min(model.whole(one), key=model.names.index)
    what = rng.random()
    if what < 0.3:
        merging.merge_needs(node, one, other, why="", by="ana")
        model.lines.add((min(one, other), max(one, other)))
    elif what < 0.5 and model.lines:
        one, other = rng.choice(sorted(model.lines))
        merging.part_needs(node, one, other, why="", by="ana")
        model.lines.discard((one, other))
    elif what < 0.8:
        town.decide(head, status := rng.choice(("open", "verified", "planned")))
        changes[_last_entry(town, head)] = order = len(changes) + 1
        model.status[head] = (order, status)
    elif any(model.linked.get(n, (0, False))[1] for n in model.whole(one)):
        planning.unlink_need(node, head, WORK, why="", by="ana")
        for need in sorted(model.whole(one)):
            if model.linked.get(need, (0, False))[1]:
                model.linked[need] = (_number(town, need, changes), False)
    else:
        planning.link_need(node, one, WORK, why="", by="ana")
        model.linked[one] = (_number(town, one, changes), True)


def _number(town: Town, need: str, changes: dict[str, int]) -> int:
    with town.node.database.reading() as c:
        entry = c.execute(select(news.LINK.c.entry).where(news.LINK.c.need == need)).scalar_one()
    return changes.setdefault(entry, len(changes) + 1)


def _last_entry(town: Town, need: str) -> str:
    with town.node.database.reading() as c:
        return str(c.execute(select(NEED.c.status_entry).where(NEED.c.id == need)).scalar_one())


Delivered = dict[str, list[tuple[str, str, str, str, str]]]  # {phone: (reply, need, stage, work, change)}


def _told(town: Town) -> Delivered:
    found: Delivered = defaultdict(list)
    with town.node.database.reading() as c:
        for row in c.execute(select(TOLD).join(REPLY, REPLY.c.id == TOLD.c.reply).where(REPLY.c.state == "delivered")
                             .order_by(TOLD.c.position)):
            found[row.sender].append((row.reply, row.need, row.stage, row.work, row.change))
    return found


def _judge(models: Iterable[Model], changes: dict[str, int], before: Delivered, after: Delivered, town: Town) -> None:
    """Nothing was decided between the two looks: whatever was told in between stands so now, to people who spoke for it."""
    for model in models:
        for phone in set().union(*model.phones.values()):
            for _, need, stage, work, change in after[phone][len(before[phone]):]:
                assert phone in model.phones[need], "told to a stranger"
                assert model.stands(need) == (stage, work, changes[change]), "told what does not stand"
            once = Counter((need, stage, work, change) for _, need, stage, work, change in after[phone])
            assert max(once.values(), default=1) == 1, f"{phone} was told one change of one need twice"


def _judge_the_end(models: Iterable[Model], changes: dict[str, int], told: Delivered) -> None:
    told_of = silent = 0
    for model in models:
        for need in model.names:
            stage, work, order = model.stands(need)
            for phone in model.phones[need]:
                heard = [t for t in told[phone] if t[1] in model.whole(need)]
                last = heard[-1][2:4] if heard else ("open", "")
                if not heard or order > changes[heard[-1][4]]:
                    assert last == (stage, work), f"{phone} was never told how {need} stands"
                    told_of += 1
                silent += last != (stage, work)
    print(f"{told_of} phones know how their need stands; {silent} heard something newer of a need it was merged with")

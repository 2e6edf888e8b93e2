"""Crowds with one wording, and one phone with many texts: said, counted as people, and worth one place in the order at most."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from dashboards.queries import needs as seen
from dashboards.queries.needs import NeedLine, Wanted
from dashboards.queries.ranking import ranked
from dashboards.queries.sameness import noise_in
from gateway.journal.tables import Report, table
from gateway.needs.surges import CROWD, MOST_WORDINGS
from gateway.node import Node
from tests.conftest import START
from tests.gateway.duplicates import Report as Told
from tests.gateway.gathered import gather_all, gather_batch

REPORT = table(Report)
COPIED = "exigimos al alcalde que arregle de una vez por todas el agua de nuestra zona, ya basta de promesas"
WORDS = ["no sale agua hace dias", "sin agua otra vez", "estamos sin una gota", "el agua se fue ayer"]


def told(words: str, sender: str, place: str, minutes: float, category: str = "WAT01") -> Told:
    return Told(0, category, place, "es", words, sender, START + timedelta(minutes=minutes), "")


def slipped(n: int) -> str:
    return COPIED.replace("zona", f"zona {n % 7}") + ("!" * (n % 3))


def test_500_numbers_in_a_day_are_flagged_and_move_the_need_by_one_place_at_most(node: Node) -> None:
    places = sorted(node.city.place)[30:36]
    quiet = [told(WORDS[(n + m) % 4], f"{place}/{n}", place, n) for m, place in enumerate(places) for n in range(6 - m)]
    gather_all(node, quiet)
    with node.database.reading() as c:
        before = [line.place_code for line in seen.needs(c, node, Wanted())[0]]
    assert before == places
    crowd_of(node, places[5], 500, len(quiet))
    with node.database.reading() as c:
        lines = seen.needs(c, node, Wanted())[0]
        after = [line.place_code for line in lines]
        shouted = next(line for line in lines if line.place_code == places[5])
        noise = noise_in(c, shouted.id, shouted.crowd)
    assert shouted.people == 501, "everybody counts"
    assert shouted.crowd == 500
    assert before.index(places[5]) - after.index(places[5]) == 1
    assert "phones sent nearly these words within a day" in noise.why
    assert sorted(before) == sorted(after)


def test_a_need_that_is_nothing_but_a_crowd_ranks_as_one_voice(node: Node) -> None:
    place = sorted(node.city.place)[30]
    crowd_of(node, place, 100, 0)
    with node.database.reading() as c:
        line, = seen.needs(c, node, Wanted())[0]
    assert (line.people, line.crowd, line.calm_people) == (100, 99, 1)


def crowd_of(node: Node, place: str, size: int, first: int) -> None:
    for start in range(0, size, 100):
        gather_batch(node, [told(slipped(n), f"crowd{n}", place, 60 + n) for n in range(start, start + 100)], first + start)


def test_people_who_say_it_in_their_own_words_are_no_crowd(node: Node) -> None:
    place = sorted(node.city.place)[30]
    ends = ["y mi madre esta enferma", "los niños no van a la escuela", "gracias", "manden una cisterna", "somos muchos en esta cuadra"]
    many = [told(f"{WORDS[n % 4]}, {ends[n // 4 % 5]}", f"s{n}", place, n) for n in range(80)]
    gather_all(node, many)
    with node.database.reading() as c:
        assert c.execute(select(func.count()).where(REPORT.c.surge.is_(True))).scalar() == 0


def test_short_words_are_nobodys_and_one_phone_is_no_crowd(node: Node) -> None:
    short, other = sorted(node.city.place)[30:32]
    gather_all(node, [told("no hay agua", f"s{n}", short, n) for n in range(60)] + [told(COPIED, "one", other, 70 + n) for n in range(60)])
    with node.database.reading() as c:
        assert c.execute(select(func.count()).where(REPORT.c.surge.is_(True))).scalar() == 0
        need = c.execute(select(REPORT.c.need).where(REPORT.c.place_code == other)).scalar()
        assert noise_in(c, str(need), 0).one_phone == 60
        assert next(line for line in seen.needs(c, node, Wanted())[0] if line.place_code == other).people == 1


@pytest.mark.parametrize(("label", "sizes", "flagged"), [
    ("one phone fewer than a crowd",           [CROWD - 1],              0),
    ("the first one began the need",           [CROWD],                  CROWD - 1),
    ("one by one, as texts come",              [1] * (CROWD + 3),        CROWD + 2),
    ("a crowd that goes on after it was told", [CROWD, 5, 5],            CROWD + 9),
    ("its first half said before the batch",   [CROWD // 2, CROWD // 2], CROWD - 1),
])
def test_a_crowd_is_told_once_it_is_one(node: Node, label: str, sizes: list[int], flagged: int) -> None:
    place, sent = sorted(node.city.place)[30], 0
    for size in sizes:
        gather_batch(node, [told(slipped(n), f"s{n}", place, n) for n in range(sent, sent + size)], sent)
        sent += size
    with node.database.reading() as c:
        assert c.execute(select(func.count()).where(REPORT.c.surge.is_(True))).scalar() == flagged, label


def test_a_text_that_went_round_last_week_is_no_crowd_today(node: Node) -> None:
    place = sorted(node.city.place)[30]
    gather_batch(node, [told(slipped(n), f"s{n}", place, n) for n in range(CROWD - 5)])
    gather_batch(node, [told(slipped(n), f"t{n}", place, n + 60 * 24 * 3) for n in range(CROWD - 5)], CROWD)
    with node.database.reading() as c:
        assert c.execute(select(func.count()).where(REPORT.c.surge.is_(True))).scalar() == 0


def test_a_crowd_is_seen_among_more_wordings_than_are_kept(node: Node) -> None:
    place, letters = sorted(node.city.place)[30], "abcdefghijklmnopqrstuvwxyz"
    own = [" ".join(letters[(n * k + k) % 26] * 3 + letters[(n + k) % 26] * 2 for k in range(1, 12)) for n in range(2 * MOST_WORDINGS)]
    mixed = [told(slipped(n) if n % 4 == 0 else own[n % len(own)], f"s{n}", place, n) for n in range(4 * CROWD + 8)]
    gather_all(node, mixed)
    with node.database.reading() as c:
        flagged = c.execute(select(func.count()).where(REPORT.c.surge.is_(True))).scalar()
    assert flagged == CROWD + 1


BASE = NeedLine("", "", "WAT01", "open", False, "", 1, 2, 5, 0, 2, 5, 0)


@pytest.mark.parametrize(("label", "lines", "order"), [
    ("nobody shouts",                     [("a", 5, 0), ("b", 4, 0)],               "ab"),
    ("a crowd passes one",                [("a", 9, 0), ("b", 8, 0), ("c", 500, 497)], "acb"),
    ("a crowd that is still fewer passes none", [("a", 600, 0), ("b", 500, 499)],   "ab"),
    ("two crowds push nobody down twice", [("a", 5, 0), ("b", 500, 499), ("c", 400, 399)], "bac"),
    ("a crowd does not pass a crowd",     [("a", 300, 299), ("b", 500, 499)],       "ab"),
    ("none",                              [],                                       ""),
])
def test_rank(label: str, lines: list[tuple[str, int, int]], order: str) -> None:
    given = [replace(BASE, id=name, people=people, crowd=crowd) for name, people, crowd in lines]
    found = ranked(given)
    assert "".join(line.id for line in found) == order, label
    assert all(abs(found.index(line) - given.index(line)) <= 1 for line in given), label

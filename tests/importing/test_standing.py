"""The city as a node knows it: pack, imports and pinned names together, taken up while it runs, kept apart when they collide."""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway import cities, config
from gateway.cities import atlas
from gateway.decisions.pinning import pin, unpin
from gateway.errors import Problem
from gateway.journal.rebuilding import rebuild
from gateway.machine.watch import Watch
from gateway.node import Node, open_node
from parsers import Context, parse
from tests.conftest import MakeNode
from tests.importing.conftest import Bring
from tests.patience import LONG, until

Reopened = Callable[[Node], Node]
PIN = "detras del molino viejo"


@pytest.fixture
def reopened() -> Iterator[Callable[[Node], Node]]:
    """The same instance as another process would open it."""
    opened: list[Node] = []

    def again(node: Node) -> Node:
        opened.append(open_node(config.load(str(node.config.directory / "config.toml"))))
        return opened[-1]

    yield again
    for node in opened:
        node.database.engine.dispose()


def found(node: Node, words: str) -> str | None:
    return parse(words, Context(channel_lang="es"), node.words, node.places).place_code


def test_a_landmark_pinned_once_is_a_place_from_then_on(node: Node, reopened: Reopened) -> None:
    words = f"se cayo el muro {PIN}"
    assert found(node, words) is None
    pin(node, PIN, "S1701", by="ana")
    assert found(node, words) == "S1701" == found(reopened(node), words)
    pin(node, "Detrás del  molino viejo", "S1604", by="ana")  # she knows better now
    assert found(node, words) == "S1604"
    unpin(node, PIN, by="ana")
    assert found(node, words) is None
    rebuild(node.database, verify=True)


@pytest.mark.parametrize(("label", "phrase", "place", "code"), [
    ("a place that is none", PIN, "X9999", "planning.unknown"), ("no words", " - ", "S1701", "planning.refused"),
    ("a whole sentence", "al lado de la casa azul que esta detras del molino", "S1701", "planning.refused"),
    ("the name of another place", "Villa Fátima", "S1701", "planning.refused")])
def test_what_would_mislead_is_not_pinned(node: Node, label: str, phrase: str, place: str, code: str) -> None:
    with pytest.raises(Problem) as fault:
        pin(node, phrase, place, by="ana")
    assert fault.value.code == code


def test_a_running_node_takes_up_what_another_process_imported(bring: Bring, node: Node, reopened: Reopened) -> None:
    running = reopened(node)
    watch = Watch(running, every=0.02)
    watch.start()
    try:
        assert found(running, "no hay agua en los molinos del sur") is None
        bring("places", "name,parent\nLos Molinos del Sur,S1700\n")
        until(lambda: found(running, "no hay agua en los molinos del sur"), "the running node never took it up")
        assert found(running, "no hay agua en los molinos del sur") == "S1799"
        assert running.city.place_name("S1799") == "Los Molinos del Sur"
    finally:
        watch.stop()
        watch.join(LONG)


def test_nothing_new_is_nothing_to_read(node: Node) -> None:
    before = node.places
    assert not node.renew()
    assert node.places is before


def test_a_database_of_an_older_barrio_gets_its_tables(node: Node, reopened: Reopened) -> None:
    with node.database.writing() as c:
        for name in ("place", "boundary", "alias"):
            c.execute(text(f"DROP TABLE {name}"))
    assert reopened(node).city.places == node.pack.places


def test_a_database_of_an_older_barrio_gets_its_columns(make_node: MakeNode, database_url: str, reopened: Reopened) -> None:
    node = make_node(database_url=database_url)
    pin(node, PIN, "S1701", by="ana")
    with node.database.writing() as c:
        c.execute(text("ALTER TABLE alias DROP COLUMN contested"))
        c.execute(text("DROP TABLE reading"))
    again = reopened(node)
    assert found(again, f"se cayo el muro {PIN}") == "S1701"
    rebuild(again.database, verify=True)


def test_a_newer_pack_that_gives_an_imported_code_to_another_place_is_told(bring: Bring, node: Node,
                                                                           caplog: pytest.LogCaptureFixture) -> None:
    bring("places", "name,parent,code\nLos Molinos,S1700,S1708\n")
    rows = (*node.pack.places, dict(node.pack.places[-1]) | {"code": "S1708", "name": "Alto Kupini Norte", "parent": "S1700"})
    with caplog.at_level(logging.ERROR), node.database.reading() as c:
        city = atlas.read(c, replace(node.pack, places=rows)).city
    assert city.place["S1708"]["name"] == "Los Molinos"
    assert "S1708 is Los Molinos here and Alto Kupini Norte in the city pack" in caplog.text


def test_places_that_would_lie_in_each_other_lie_nowhere(bring: Bring, node: Node, reopened: Reopened) -> None:
    """Two hubs' facts can meet in a circle; climbing it must end."""
    bring("places", "name,parent\nLa Loma,S1700\n")
    bring("places", "name,parent\nLoma Chica,S1799\n")
    with node.database.writing() as c:
        c.execute(text("UPDATE place SET parent = 'S1798' WHERE id = 'S1799'"))
    city = reopened(node).city
    assert city.district_of("S1799") is None
    assert city.district_of("S1701") == "S1700"


def test_an_arabic_answer_names_a_place_in_arabic() -> None:
    city = cities.load("casablanca")
    assert [city.place_name("CB1200", language) for language in ("", "fr", "ary", "ar")] == ["Sidi Moumen"] * 3 + ["سيدي مومن"]
    assert city.told_apart(("CB1200", "CB0300"), "ar") == ("سيدي مومن", "سيدي بليوط")
    assert cities.load("la-paz").place_name("S1701", "ar") == "Kupini"


@pytest.mark.parametrize("name", cities.known())
def test_every_pack_says_where_its_city_lies_and_keeps_to_it(name: str) -> None:
    pack = cities.load(name)
    assert pack.bounds is not None
    west, south, east, north = pack.bounds
    points = [(float(row["lon"]), float(row["lat"])) for row in pack.places if row["lat"]]
    assert points
    assert all(west < lon < east and south < lat < north for lon, lat in points)


@pytest.mark.parametrize(("label", "change", "said"), [
    ("bounds that are no numbers", {"bounds": '["a", 1, 2, 3]'}, "pack.toml: bounds are not [west, south, east, north] in degrees"),
    ("bounds inside out", {"bounds": "[10, 0, 5, 1]"}, "pack.toml: bounds are not"),
    ("a place inside itself", {"parent": "B0000"}, "places.csv line 2: A0000 lies in itself: follow its parents")])
def test_a_pack_with_a_slip_of_that_kind_is_refused(tmp_path: Path, label: str, change: dict[str, str], said: str) -> None:
    (tmp_path / "pack.toml").write_text(
        'label = "A"\nlanguage = "es"\nlanguages = ["es"]\nexample_place = "A"\nexample_code = "A0000"\n'
        f'bounds = {change.get("bounds", "[0, 0, 1, 1]")}\n[numbers]\nemergency = "1"\nprotection = "2"\n')
    for file, columns, rows in (
            ("places.csv", sorted(cities.PLACE_COLUMNS), [{"code": "A0000", "name": "A", "parent": change.get("parent", "")},
                                                          {"code": "B0000", "name": "B", "parent": "A0000"}]),
            ("programmes.csv", sorted(cities.PROGRAMME_COLUMNS), []), ("works.csv", sorted(cities.WORK_COLUMNS), [])):
        with (tmp_path / file).open("w", newline="") as out:
            writer = csv.DictWriter(out, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    with pytest.raises(Problem) as fault:
        cities.load("a", tmp_path)
    assert said in str(fault.value)

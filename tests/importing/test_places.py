"""Places from a file: which ones they are, what changes, which codes they get, and that the journal tells it all."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from gateway.errors import Problem
from gateway.importing.codes import Codes
from gateway.journal import projections
from gateway.journal.entries import all_facts
from gateway.journal.rebuilding import rebuild
from gateway.journal.tables import FOLDED, Place
from gateway.node import Node
from parsers import Context, parse
from tests.conftest import MakeNode
from tests.importing.conftest import Bring
from tests.importing.drawing import table

HEAD = ("name", "parent", "lat", "lon", "alt_names", "code", "key")
LOMA = ("La Loma", "S1700", "-16.52", "-68.05", "", "", "")


def row(name: str, parent: str = "", *, lat: str = "", lon: str = "", alt: str = "", code: str = "", key: str = "") -> tuple[str, ...]:
    return (name, parent, lat, lon, alt, code, key)


def facts(node: Node) -> list[tuple[str, dict[str, object]]]:
    with node.database.reading() as c:
        return [(fact.about[0], fact.data) for fact in all_facts(c, ["place_recorded"])]


def found(node: Node, text: str) -> str | None:
    node.renew()
    return parse(text, Context(channel_lang="es"), node.words, node.places).place_code


def test_a_new_place_gets_a_code_a_district_and_an_ear(bring: Bring, node: Node) -> None:
    summary = bring("places", table(HEAD, row("LOS MOLINOS DEL SUR", "Distrito 17", lat="-16.52", lon="-68.05", alt="molinos|el molino")))
    assert (summary.new, summary.changed, summary.same, summary.refused, summary.written) == (1, 0, 0, 0, True)
    assert found(node, "no hay agua en los molinos del sur") == "S1799"
    assert found(node, "bache en s17 99") == "S1799"
    place = node.city.place["S1799"]
    assert (place["name"], place["kind"], place["parent"], place["district"]) == ("Los Molinos del Sur", "zone", "S1700", "17")
    assert node.city.district_of("S1799") == "S1700"
    assert (place["lat"], place["alt_names"]) == ("-16.520000", "molinos|el molino")


def test_the_same_file_again_changes_nothing(bring: Bring, node: Node) -> None:
    text = table(HEAD, LOMA, row("Kupini", "S1700", lat="-16.51", lon="-68.09"), row("Pampahasi", "S1600"))
    first, again = bring("places", text), bring("places", text)
    assert (first.new, first.changed, first.same) == (1, 1, 1)
    assert (again.new, again.changed, again.same) == (0, 0, 3)
    assert sorted(about for about, _ in facts(node)) == ["S1701", "S1799"]


def test_a_row_is_corrected_and_an_empty_cell_takes_nothing_away(bring: Bring, node: Node) -> None:
    bring("places", table(HEAD, row("La Loma", "S1700", lat="-16.52", lon="-68.05", alt="loma", key="7")))
    summary = bring("places", table(HEAD, row("La Loma", "S1700", lat="-16.53", lon="-68.06", key="7")))
    assert (summary.new, summary.changed) == (0, 1)
    node.renew()
    assert (node.city.place["S1799"]["lat"], node.city.place["S1799"]["alt_names"]) == ("-16.530000", "loma")
    bring("places", table(HEAD, row("La Loma", "S1600")))  # it is another one there
    assert bring("places", table(HEAD, row("La Loma", "S1600", key="7"))).refused == 0
    node.renew()
    assert [(code, place["parent"]) for code, place in node.city.place.items() if place["name"] == "La Loma"] == [
        ("S1699", "S1600"), ("S1799", "S1600")]


@pytest.mark.parametrize(("label", "name", "parent", "code", "note"), [
    ("by its name in capitals, without accents", "VILLA FATIMA", "P1300", "P1314", ""),
    ("by its name, the side in front or behind", "SAN ISIDRO ALTO", "Distrito 17", "S1707", ""),
    ("by another name of its", "Cupini", "S1700", "S1701", ""),
    ("by a shortened word", "Sta. Rita", "Z1800", "Z1819", ""),
    ("by ear", "Cupiny", "S1700", "S1701", "Cupiny sounds like Kupini (S1701) and was taken for it"),
    ("from farther up the tree", "Kupini", "S0000", "S1701", "")])
def test_a_place_that_is_known_is_found_again(bring: Bring, node: Node, label: str, name: str, parent: str, code: str, note: str) -> None:
    before = node.city.place[code]
    summary = bring("places", table(HEAD, row(name, parent, lat="-16.5", lon="-68.1")))
    assert (summary.new, summary.changed) == (0, 1)
    assert [line.what for line in summary.lines] == ([note] if note else [])
    node.renew()
    after = node.city.place[code]
    assert (after["name"], after["parent"]) == (before["name"], before["parent"])
    assert after["lat"] == "-16.500000"


def test_a_name_that_only_sounds_alike_is_a_new_place_when_told_so(bring: Bring) -> None:
    assert bring("places", table(HEAD, row("Cupiny", "S1700")), exact=True).new == 1


def test_a_repeated_name_in_another_district_is_a_place_of_its_own_and_said(bring: Bring, node: Node) -> None:
    """Real cities have nine San Josés; whoever writes only the name is asked which."""
    summary = bring("places", table(HEAD, row("Villa Salomé", "S1400"), row("Nueva Aurora", "S1400"), row("Nueva Aurora", "S1500")))
    assert (summary.new, summary.refused) == (3, 0)
    assert {line.what for line in summary.lines} == {"Nueva Aurora is also the name of S1499 in Distrito 14",
                                                     "Villa Salomé is also the name of S1602 in Distrito 16"}
    node.renew()
    outcome = parse("no hay agua en nueva aurora", Context(channel_lang="es"), node.words, node.places)
    assert outcome.errors == ("place_ambiguous",)
    assert node.city.told_apart(outcome.place_candidates) == ("Nueva Aurora, Distrito 14", "Nueva Aurora, Distrito 15")
    assert node.city.told_apart(("S1701", "S1602")) == ("Kupini", "Villa Salomé")


def test_two_of_one_name_in_one_district_need_keys(bring: Bring) -> None:
    summary = bring("places", table(HEAD, row("La Loma", "S1700", key="31"), row("La Loma", "S1700", key="32")))
    assert (summary.new, summary.refused) == (2, 0)
    assert bring("places", table(HEAD, row("La Loma", "S1700", key="32"), row("La Loma", "S1700", key="31"))).same == 2
    unsure = bring("places", table(HEAD, row("La Loma", "S1700")))
    assert unsure.lines[0].what == "2 places are called La Loma (S1798, S1799)"


def test_a_renamed_place_keeps_its_code_and_its_old_name(bring: Bring, node: Node) -> None:
    bring("places", table(HEAD, row("La Loma", "S1700", key="31")))
    assert bring("places", table(HEAD, row("Loma Libertad", "S1700", key="31"))).changed == 1
    assert bring("places", table(HEAD, row("Kupini Nuevo", "S1700", code="S1701")), rename=True).changed == 1
    assert found(node, "no hay luz en loma libertad") == "S1799" == found(node, "no hay luz en la loma")
    assert found(node, "no hay luz en kupini nuevo") == "S1701" == found(node, "no hay luz en kupini")
    assert bring("places", table(HEAD, row("Loma Libertad", "S1700", key="31"))).same == 1


def test_a_name_that_was_another_name_becomes_a_place_of_its_own(bring: Bring, node: Node) -> None:
    """The pack takes `veintisiete de mayo` for 27 de Mayo; a city that has both says so."""
    assert "veintisiete de mayo" in node.city.place["P1206"]["alt_names"]
    summary = bring("places", table(HEAD, row("27 de Mayo", "P1200"), row("Veintisiete de Mayo", "P1200")))
    assert (summary.new, summary.refused) == (1, 0)
    assert summary.lines[0].what == "Veintisiete de Mayo is a place of its own now, no other name of 27 de Mayo (P1206)"
    assert found(node, "bache en veintisiete de mayo") == "P1299"


def test_the_order_of_the_file_is_of_no_consequence(bring: Bring, make_node: MakeNode) -> None:
    rows = [row(f"Barrio {name}", "Nueva Cuenca") for name in ("Uno", "Tres", "Diez", "Seis")] + [row("Nueva Cuenca", "S0000")]
    seen = set()
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        node = make_node(f"hub{seed}")
        assert bring("places", table(HEAD, *rows), to=node, level="district").new == 5
        node.renew()
        seen.add(tuple(sorted((code, place["name"]) for code, place in node.city.place.items() if code[1:3] == "99")))
    assert seen == {(("S9900", "Nueva Cuenca"), ("S9996", "Barrio Uno"), ("S9997", "Barrio Seis"), ("S9998", "Barrio Diez"),
                     ("S9999", "Barrio Tres"))}


def test_codes_count_down_skip_what_is_used_and_go_on_with_letters() -> None:
    codes = Codes(["S0000", "S1700", "S1701", "S1799", "P1300"])
    assert [codes.next_inside("S1700"), codes.next_inside("S1701")] == ["S1798", "S1797"]
    for _ in range(95):
        codes.next_inside("S1700")
    assert codes.next_inside("S1700") == "SA1799"
    assert codes.next_inside("S0000") == "S9900"
    assert codes.next_district("P") == "P9800"
    assert codes.next_inside("free text") is None


def test_a_new_district_without_parent_needs_letters_where_a_city_has_several(bring: Bring, make_node: MakeNode) -> None:
    assert bring("places", table(HEAD, row("Distrito Nuevo")), level="district", prefix="Q").new == 1
    casablanca = make_node("casa", city="casablanca")
    bring("places", table(HEAD, row("Mediouna")), to=casablanca, level="commune")
    casablanca.renew()
    assert casablanca.city.place["CB9900"]["name"] == "Mediouna"


def test_other_names_tell_a_place_too(bring: Bring, make_node: MakeNode) -> None:
    casablanca = make_node("casa", city="casablanca")
    summary = bring("places", table(HEAD, row("Assoukhour", alt="الصخور السوداء")), to=casablanca)
    assert summary.lines[0].what == "Assoukhour is Roches Noires (CB0600) here, known by its other name الصخور السوداء"
    assert found(casablanca, "ma kaynch lma f assoukhour") == "CB0600"


def test_a_dry_run_says_the_same_and_writes_nothing(bring: Bring, node: Node) -> None:
    text = table(HEAD, LOMA)
    dry = bring("places", text, dry_run=True)
    assert (dry.new, dry.written, facts(node)) == (1, False, [])
    assert str(dry) == "1 new, 0 changed, 0 same, 0 refused (nothing was written)"
    assert str(bring("places", text)) == "1 new, 0 changed, 0 same, 0 refused"


def test_a_field_node_imports_nothing_but_may_try(bring: Bring, make_node: MakeNode) -> None:
    field = make_node("laptop", role="field")
    with pytest.raises(Problem) as fault:
        bring("places", table(HEAD, LOMA), to=field)
    assert fault.value.code == "import.at_hub"
    assert bring("places", table(HEAD, LOMA), to=field, dry_run=True).new == 1


def test_the_journal_tells_it_all_in_any_order(bring: Bring, make_node: MakeNode, database_url: str) -> None:
    hub = make_node("both", database_url=database_url)
    for lat in ("-16.52", "-16.53"):
        bring("places", table(HEAD, row("La Loma", "S1700", lat=lat, lon="-68.05"), row("Kupini", "S1700", lat=lat, lon="-68.05")), to=hub)
    with hub.database.writing() as c:
        whole = projections.table_hashes(c)
        everything = list(all_facts(c, {kind for fold in projections.FOLDS for kind in fold.kinds}))
        for model in FOLDED:
            c.execute(delete(model))
        random.Random(1).shuffle(everything)
        for fact in everything:
            projections.apply(c, [fact], own=False)
        assert projections.table_hashes(c) == whole
        assert len(c.execute(select(Place)).all()) == 2
    rebuild(hub.database, verify=True)


def test_an_import_that_fails_half_way_leaves_nothing(bring: Bring, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.importing import places
    monkeypatch.setattr(places, "AT_ONCE", 1)
    write, calls = places.ledger.write, []

    def failing(*args: object, **options: object) -> object:
        calls.append(1)
        if len(calls) == 3:
            raise OSError("the disk is full")
        return write(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(places.ledger, "write", failing)
    with pytest.raises(OSError, match="full"):
        bring("places", table(HEAD, *[row(f"Barrio {n} Nuevo", "S1700") for n in "ABCDE"]))
    assert facts(node) == []


def test_five_thousand_places_are_one_import(bring: Bring, node: Node, tmp_path: Path) -> None:
    syllables = ("cho", "que", "pu", "lla", "ma", "ri", "ta", "co", "si", "pam", "ti", "na", "wa", "lu")
    rng, names = random.Random(5), set[str]()
    while len(names) < 4733:
        names.add(" ".join("".join(rng.choice(syllables) for _ in range(3)).capitalize() for _ in range(2)))
    listed = sorted(names)
    summary = bring("places", table(HEAD, *[row(name, f"Distrito {n % 21 + 1}") for n, name in enumerate(listed)]), exact=True)
    assert (summary.new, summary.refused) == (4733, 0)
    node.renew()
    assert len(node.places) == 5000
    assert len({code for code, _ in facts(node)}) == 4733
    wrong = [name for name in rng.sample(listed, 300) if found(node, f"no hay agua en {name}") is None]
    assert len(wrong) < 3

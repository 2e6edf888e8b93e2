"""City packs: every bad row is named before anything is used."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import cities
from gateway.errors import Problem


@pytest.mark.parametrize("name", cities.known())
def test_every_shipped_pack_is_whole(name: str) -> None:
    pack = cities.load(name)
    assert pack.example_code in pack.place
    assert pack.place[pack.example_code]["name"] == pack.example_place
    assert {"emergency", "protection"} <= set(pack.numbers)
    assert pack.works
    assert all(pack.place_name(row["place_code"]) for row in pack.works)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return Path(shutil.copytree(cities.HERE / "la-paz", tmp_path / "pack"))


def add(name: str, line: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    return change


def write(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


@pytest.mark.parametrize(("label", "change", "words"), [
    ("a parent that is no place", add("places.csv", "S9999,Nueva,,zone,S9900,16,,,,A,"), "parent S9900 is not a place"),
    ("a code twice", add("places.csv", "S1604,Otra,,zone,S1600,16,,,,A,"), "code S1604 is used twice"),
    ("no name", add("places.csv", "S9998,,,zone,S1600,16,,,,A,"), "name is empty"),
    ("a latitude that is no number", add("places.csv", "S9997,Nueva,,zone,S1600,16,,16°S,,A,"), "lat '16°S' is not a number"),
    ("too few cells", add("places.csv", "S9996,Nueva"), "too few cells"),
    ("too many cells", add("places.csv", "S9996,Nueva,,zone,S1600,16,,,,A,,,"), "too many cells"),
    ("a work of no programme", add("works.csv", "X-1,NONE,Obra,VIA,S1604,design,10,,"), "programme NONE is not in programmes.csv"),
    ("a work in no place", add("works.csv", "X-1,PBCV,Obra,VIA,S9900,design,10,,"), "place_code S9900 is not in places.csv"),
    ("a phase that is none", add("works.csv", "X-1,PBCV,Obra,VIA,S1604,dreaming,10,,"), "phase dreaming is not one of"),
    ("a budget that is no number", add("works.csv", "X-1,PBCV,Obra,VIA,S1604,design,mucho,,"), "budget 'mucho' is not a whole number"),
    ("a file that is missing", lambda folder: (folder / "works.csv").unlink(), "works.csv: the file is missing"),
    ("columns that are missing", write("works.csv", b"code,name\n"), "columns missing: budget, component"),
    ("a file that is not UTF-8", write("programmes.csv", "code,name,sponsor,currency,kind\nP,Añ,s,c,k\n".encode("latin-1")), "utf-8"),
    ("a head that is no TOML", write("pack.toml", b"label = "), "pack.toml"),
    ("a head that lacks keys", write("pack.toml", b'label = "x"\n'), "pack.toml: numbers is missing"),
])
def test_a_bad_row_is_named(pack: Path, label: str, change: Callable[[Path], None], words: str) -> None:
    change(pack)
    with pytest.raises(Problem) as fault:
        cities.load("la-paz", pack)
    assert words in str(fault.value)


def test_all_bad_rows_are_named_at_once(pack: Path) -> None:
    add("places.csv", "S9999,Nueva,,zone,S9900,16,,x,y,A,")(pack)
    add("works.csv", "X-1,NONE,Obra,VIA,S9900,design,10,,")(pack)
    lines = (pack / "places.csv").read_text("utf-8").count("\n")
    with pytest.raises(Problem) as fault:
        cities.load("la-paz", pack)
    assert "5 bad row(s)" in str(fault.value)
    assert f"places.csv line {lines}: parent S9900 is not a place" in str(fault.value)


def test_an_unknown_city_names_those_there_are() -> None:
    with pytest.raises(Problem) as fault:
        cities.load("atlantis")
    assert "casablanca, la-paz, nairobi" in str(fault.value)

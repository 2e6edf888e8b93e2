"""The command: its options and its mapping file, what it prints, how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.node import Node
from tests.importing.drawing import area, feature, save, square, units

TWO = units(feature(area(square(-68.09, -16.52)), nom_otb="KUPINI", distrito="17"),
            feature(area(square(-68.07, -16.52)), nom_otb="LOS MOLINOS", distrito="17"))
Call = Callable[..., tuple[int, str, str]]  # words of the command -> exit code, what it printed, what it complained
OPTIONS = ["--name-field", "nom_otb", "--parent-field", "Distrito {distrito}", "--level", "otb"]


@pytest.fixture
def barrio(node: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    monkeypatch.setenv("BARRIO_CONFIG", str(node.config.directory / "config.toml"))

    def call(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_an_import_says_its_counts_and_ends_well(barrio: Call, tmp_path: Path) -> None:
    path = str(save(tmp_path, "u.geojson", TWO))
    assert barrio("import", "boundaries", path, *OPTIONS, "--dry-run") == (
        0, "1 new, 1 changed, 0 same, 0 refused (nothing was written)\n", "")
    assert barrio("import", "boundaries", path, *OPTIONS) == (0, "1 new, 1 changed, 0 same, 0 refused\n", "")
    assert barrio("import", "boundaries", path, *OPTIONS) == (0, "0 new, 0 changed, 2 same, 0 refused\n", "")


def test_a_refused_row_ends_badly_and_writes_nothing(barrio: Call, tmp_path: Path) -> None:
    bad = units(feature(area(square(-68.09, -16.52)), nom_otb="KUPINI", distrito="17"), feature(None, nom_otb="LA LOMA", distrito="17"))
    path = str(save(tmp_path, "u.geojson", bad))
    code, out, err = barrio("import", "boundaries", path, *OPTIONS)
    assert (code, err) == (1, "barrio: 1 of 2 rows are refused (see above), so nothing was imported. "
                              "Mend them, or import the others with --skip-refused.\n")
    assert out == ("u.geojson feature 2: LA LOMA: it has no geometry. Draw it, or take it out.\n"
                   "0 new, 1 changed, 0 same, 1 refused (nothing was written)\n")
    code, out, err = barrio("import", "boundaries", path, *OPTIONS, "--skip-refused")
    assert (code, err, out.splitlines()[-1]) == (0, "", "0 new, 1 changed, 0 same, 1 refused")


def test_a_file_nobody_can_read_ends_with_two(barrio: Call, tmp_path: Path) -> None:
    assert barrio("import", "places", str(tmp_path / "none.csv"))[0] == 2
    assert barrio("import", "places", str(save(tmp_path, "e.csv", b"")))[0] == 2
    assert barrio("import", "places", str(save(tmp_path, "n.csv", "nombre\nLa Loma\n")))[0] == 1


def test_a_mapping_file_says_it_once_for_all(barrio: Call, tmp_path: Path) -> None:
    path = str(save(tmp_path, "u.geojson", TWO))
    mapping = str(save(tmp_path, "m.toml", """
name = "nom_otb"
parent = "Distrito {distrito}"
level = "zone"
where = ["nom_otb=LOS MOLINOS"]
"""))
    assert barrio("import", "boundaries", path, "--mapping", mapping, "--level", "otb") == (0, "1 new, 0 changed, 0 same, 0 refused\n", "")
    works = str(save(tmp_path, "w.toml", '[columns]\ncode = "id"\n'))
    table = str(save(tmp_path, "w.csv", "id,name,sponsor,currency,kind\nAGUA,Agua,EPSAS,BOB,sector\n"))
    assert barrio("import", "programmes", table, "--mapping", works)[0] == 0
    assert barrio("import", "programmes", table, "--column", "code=id")[1] == "0 new, 0 changed, 1 same, 0 refused\n"


@pytest.mark.parametrize(("label", "text", "said"), [
    ("an unknown key", 'nmae = "x"\n', "m.toml: unknown key nmae (did you mean name?)"),
    ("a key of the wrong shape", "name = 3\n", "m.toml: name is not a text"),
    ("a list of the wrong shape", "where = [1]\n", "m.toml: where is not a list of texts"),
    ("a flag of the wrong shape", 'exact = "yes"\n', "m.toml: exact is not true or false"),
    ("no TOML", "name\n", "m.toml is not valid TOML")])
def test_a_mapping_file_with_a_slip_is_told(barrio: Call, tmp_path: Path, label: str, text: str, said: str) -> None:
    path, mapping = str(save(tmp_path, "u.geojson", TWO)), str(save(tmp_path, "m.toml", text))
    code, _, err = barrio("import", "boundaries", path, "--mapping", mapping)
    assert code == 2
    assert said in err


@pytest.mark.parametrize(("label", "words"), [
    ("a level of two words", ["--level", "otb zone"]), ("letters that are none", ["--prefix", "S17"]),
    ("a condition without a sign", ["--where", "nom_otb"]), ("a column without a sign", ["--column", "code"])])
def test_an_option_with_a_slip_is_told(barrio: Call, tmp_path: Path, label: str, words: list[str]) -> None:
    code, _, err = barrio("import", "boundaries", str(save(tmp_path, "u.geojson", TWO)), "--name-field", "nom_otb", *words)
    assert (code, err.startswith("barrio: ")) == (2, True)


def test_more_lines_than_anybody_reads_are_counted(barrio: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.importing import command
    monkeypatch.setattr(command, "MOST_LINES", 3)
    path = str(save(tmp_path, "p.csv", "name,lat,lon\n" + "La Loma,0,0\n" * 5))
    code, out, _ = barrio("import", "places", path)
    assert code == 1
    assert out.splitlines()[3] == "... and 2 more lines like these"
    assert len(out.splitlines()) == 5

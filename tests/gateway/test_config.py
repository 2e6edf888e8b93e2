"""Configuration: every key documented, every fault in one message, with the key that was probably meant."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gateway import config
from gateway.errors import CATALOGUE, Problem

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def test_the_example_documents_every_key_with_its_default() -> None:
    written = tomllib.loads(EXAMPLE.read_text("utf-8"))
    assert {(section, key) for section, keys in written.items() for key in keys} == set(config.keys())
    assert config.Config.model_validate(written).model_dump(exclude={"directory"}) == config.Config().model_dump(exclude={"directory"})


def test_every_key_of_the_example_has_a_comment() -> None:
    bare = [line for line in EXAMPLE.read_text("utf-8").splitlines() if re.match(r"\w+ = ", line) and "#" not in line.partition("=")[2]]
    assert not bare


@pytest.mark.parametrize(("label", "text", "expected"), [
    ("an unknown key is named with its neighbour", '[web]\nbnd = "x:1"', ["web.bnd: unknown key; did you mean bind?"]),
    ("an unknown section is named", "[wbe]\n", ["wbe: unknown key; did you mean web?"]),
    ("faults come all together", '[web]\nbind = "8000"\npublic_url = "ftp://x"\n[queue]\nurl = "rabbit://"\n[node]\nrole = "chief"',
     ["web.bind: write it as HOST:PORT", "web.public_url: write the address", "queue.url: use embedded", "node.role:"]),
    ("a number out of range", "[outbox]\nautomatic_per_day = 0", ["outbox.automatic_per_day: Input should be greater than or equal to 1"]),
    ("our own field is no key", 'directory = "/x"', ["directory: unknown key"]),
])
def test_faults_are_said_together_and_clearly(tmp_path: Path, label: str, text: str, expected: list[str]) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(Problem) as fault:
        config.load(str(path))
    assert fault.value.exit_code == 2
    for words in expected:
        assert words in str(fault.value)
    assert len(fault.value.what.splitlines()) == len(expected) + 1


@pytest.mark.parametrize(("label", "content", "code"), [
    ("no file", None, "config.missing"), ("no TOML", b"[web\n", "config.unreadable"),
    ("no UTF-8", b'[web]\nbind = "\xff"', "config.unreadable")])
def test_a_file_that_cannot_be_read(tmp_path: Path, label: str, content: bytes | None, code: str) -> None:
    path = tmp_path / "config.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Problem) as fault:
        config.load(str(path))
    assert fault.value.code == code


def test_a_relative_database_lies_in_the_data_directory(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[node]\ndata = "store"\n')
    loaded = config.load(str(tmp_path / "config.toml"))
    assert loaded.database_url == f"sqlite:///{tmp_path / 'store' / 'barrio.db'}"


def test_every_problem_that_is_raised_is_in_the_catalogue_and_every_entry_is_raised() -> None:
    here = Path(__file__).parents[2]
    code = "\n".join(p.read_text("utf-8") for room in ("gateway", "dashboards", "offline_sync") for p in (here / room).rglob("*.py"))
    raised = set(re.findall(r'Problem\(\s*"([a-z_.]+)"', code))
    assert raised == set(CATALOGUE)

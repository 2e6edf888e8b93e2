"""Configuration: every key documented, every fault in one message, with the key that was probably meant."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gateway import config
from gateway.channels import CHANNELS
from gateway.errors import CATALOGUE, Problem
from gateway.machine import doctor

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
    ("a channel that does not exist is named with its neighbour", '[outbox]\nchannel = "kanel"',
     ["outbox.channel: no channel is called kanel; did you mean kannel?"]),
    ("a number that nobody can text", '[twilio]\nnumber = "22000000"', ["twilio.number: write the whole number"]),
    ("each address is explained as what it is", '[kannel]\nsendsms_url = "127.0.0.1:13013"\ncallback_url = "here"\n'
     '[android]\nurls = ["box"]\n[sync]\nhub_url = "hub"',
     ["kannel.sendsms_url: write where its smsbox takes SMS", "kannel.callback_url: write where Kannel reaches",
      "android.urls: write this machine as the phones write it", "sync.hub_url: write where this node reaches its hub"]),
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


def test_the_configuration_knows_every_channel() -> None:
    assert tuple(CHANNELS) == config.CHANNELS


KANNEL, SECRETS = "[kannel]\nenabled = true\n", {
    "BARRIO_KANNEL_SECRET": "s" * 20, "BARRIO_KANNEL_USERNAME": "barrio", "BARRIO_KANNEL_PASSWORD": "p"}


@pytest.mark.parametrize(("label", "text", "environment", "faults"), [
    ("nothing is set up yet", "", {}, []),
    ("a channel that is switched on and lacks its secret", KANNEL, {}, ["Channel kannel has no credentials. Set BARRIO_KANNEL_SECRET"]),
    ("a secret that is too short", '[http]\nsend_url = "https://sms.example.org/send"\n', {"BARRIO_HTTP_SECRET": "short"},
     ["BARRIO_HTTP_SECRET has only"]),
    ("half of the provider's credentials", "", {"BARRIO_TWILIO_ACCOUNT_SID": "AC1"}, ["Channel twilio has no credentials"]),
    ("alerts that could leave by no channel", KANNEL, SECRETS, ["outbox.channel is twilio, by which nothing can leave"]),
    ("all is set up", KANNEL + '[outbox]\nchannel = "kannel"\n', SECRETS, []),
])
def test_the_doctor_calls_a_road_that_is_half_set_up_a_fault(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, label: str, text: str, environment: dict[str, str], faults: list[str]) -> None:
    for name in ("KANNEL_SECRET", "KANNEL_USERNAME", "KANNEL_PASSWORD", "HTTP_SECRET", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.delenv(f"BARRIO_{name}", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "config.toml").write_text(text)
    found = [str(finding) for finding in doctor.roads(config.load(str(tmp_path / "config.toml"))) if finding.is_fault]
    assert len(found) == len(faults)
    assert all(words in said for words, said in zip(faults, found, strict=True)), found

"""The console script from outside: one clear line for every fault, and the exit code that says whose it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli import main


def barrio(*arguments: str, text: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "gateway", *arguments], input=text, capture_output=True, text=True, timeout=180,
                          env=os.environ | environment, check=False)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("cli") / "node"
    assert main(["init", str(folder)]) == 0
    return str(folder / "config.toml")


@pytest.mark.parametrize(("label", "arguments", "code", "words"), [
    ("no configuration", ["--config", "/nowhere.toml", "check"], 2, "There is no configuration at /nowhere.toml."),
    ("the option stands behind the command too", ["check", "--config", "/nowhere.toml"], 2, "There is no configuration"),
    ("an unknown command", ["fly"], 2, "invalid choice: 'fly'"),
    ("no command", [], 2, "required: COMMAND"),
    ("a span that is none", ["reconcile", "--since", "yesterday"], 2, "write it as 48h, 7d or 30m"),
    ("an unknown city", ["parse", "--city", "atlantis"], 2, "There is no city pack named atlantis"),
    ("a file that is not there", ["parse", "/nowhere.txt"], 1, "No such file or directory: /nowhere.txt"),
    ("a database nobody made", ["--config", "CONFIG", "state-hash"], 2, "Run `barrio init DIR` first"),
])
def test_faults_are_one_line(tmp_path: Path, label: str, arguments: list[str], code: int, words: str) -> None:
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "secret.key").write_text("secret")
    ran = barrio(*(str(tmp_path / "config.toml") if a == "CONFIG" else a for a in arguments), text="")
    assert ran.returncode == code
    assert words in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_text_from_the_keyboard_is_answered_and_exported(instance: str) -> None:
    said = barrio("--config", instance, "text", "--from", "+59170000001", "AGUA S1604 sin agua 3 dias 20 familias")
    assert said.stdout.startswith("Recibido: Sin agua, Pampahasi. Su numero es 10005."), said.stderr
    rows = [json.loads(line) for line in barrio("--config", instance, "export", "messages").stdout.splitlines()]
    assert [(r["text"], r["outcome"], r["channel"]) for r in rows] == [("AGUA S1604 sin agua 3 dias 20 familias", "report", "console")]
    assert "7000" not in rows[0]["sender"]
    verified = barrio("--config", instance, "rebuild", "--verify")
    assert verified.stdout.split("state ")[1].split(",")[0] == barrio("--config", instance, "state-hash").stdout.strip()


def test_nobody_is_erased_by_a_slip(instance: str) -> None:
    barrio("--config", instance, "text", "--from", "+59170000009", "LUZ S1701 sin luz")
    for answer in ("", "yes\n", "erase\n"):
        ran = barrio("--config", instance, "erase", "+59170000009", text=answer)
        assert (ran.returncode, "1 text(s) and 1 report(s)" in ran.stdout, "Nothing was erased" in ran.stderr) == (2, True, True)
    assert "LUZ S1701" in barrio("--config", instance, "export", "messages").stdout
    assert barrio("--config", instance, "erase", "+59170000009", text="ERASE\n").returncode == 0
    assert "LUZ S1701" not in barrio("--config", instance, "export", "messages").stdout
    assert "There is no sender" in barrio("--config", instance, "erase", "+59170000008", "--yes").stderr


def test_a_colleague_is_enrolled_once_and_with_a_long_password(instance: str) -> None:
    assert barrio("--config", instance, "user", "add", "ana", "--role", "planner", BARRIO_PASSWORD="short").returncode == 2
    assert barrio("--config", instance, "user", "add", "ana", "--role", "queen", BARRIO_PASSWORD="long enough password").returncode == 2
    assert barrio("--config", instance, "user", "add", "ana", "--role", "planner", BARRIO_PASSWORD="long enough password").returncode == 0
    again = barrio("--config", instance, "user", "add", "ana", "--role", "planner", BARRIO_PASSWORD="long enough password")
    assert (again.returncode, again.stderr.strip()) == (2, "barrio: There is already an account named ana. Choose another name.")


def test_a_colleague_who_leaves_is_shut_out(instance: str) -> None:
    def user(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return barrio("--config", instance, "user", *words, **environment)
    user("add", "luz", "--role", "officer", "--areas", "S1604", BARRIO_PASSWORD="long enough password")
    assert user("close", "luz").returncode == 0
    assert "luz  officer  S1604  closed" in user("list").stdout
    assert user("password", "luz", BARRIO_PASSWORD="short").returncode == 2
    assert user("password", "luz", BARRIO_PASSWORD="another long password").returncode == 0
    assert "closed" in user("list").stdout, "a new password lets nobody in again"
    assert user("open", "luz").returncode == 0
    assert "luz  officer  S1604\n" in user("list").stdout
    unknown = user("close", "nobody")
    assert (unknown.returncode, "barrio user list" in unknown.stderr) == (2, True)


def test_the_doctor_finds_an_instance_well(instance: str) -> None:
    ran = barrio("--config", instance, "check")
    assert ran.returncode == 0, ran.stdout
    assert "chain intact" in ran.stdout
    assert "Everything is well." in ran.stdout


def test_the_doctor_names_what_is_wrong(instance: str, tmp_path: Path) -> None:
    ran = barrio("--config", instance, "check", BARRIO_SECRET_KEY="not the one it was made with")
    assert ran.returncode == 1
    assert "FAULT database  The secret key is not the one this database was made with." in ran.stdout


def test_parse_reads_plain_and_json_lines_and_keeps_ids() -> None:
    choice = {"id": "x1", "text": "2", "context": {"pending": "choice", "slot": "place", "options": {"2": "Z2104"}}}
    lines = f"AGUA S1604 sin agua\n{json.dumps(choice)}\n{{not json\n\n"
    ran = barrio("parse", "-", text=lines)
    read = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(r.get("id"), r["intent"], r["place_code"]) for r in read] == [
        (None, "report", "S1604"), ("x1", "dialogue", "Z2104"), (None, "unknown", None), (None, "empty", None)]
    assert read[0]["why"]


def test_every_command_of_the_procfile_is_a_command() -> None:
    lines = (Path(__file__).parents[2] / "Procfile").read_text().splitlines()
    assert [line.split(":")[0] for line in lines] == ["broker", "web", "worker"]
    for line in lines:
        with pytest.raises(SystemExit) as ended:
            main([line.split()[-1], "--help"])
        assert ended.value.code == 0


@pytest.mark.parametrize(("label", "role", "next_one"), [
    ("a hub asks for its first planner", "hub", "user add NAME --role planner"),
    ("a field node has its people from the hub that invites it", "field", "node join FILE")])
def test_a_new_instance_says_what_comes_next(tmp_path: Path, capsys: pytest.CaptureFixture[str], label: str, role: str,
                                             next_one: str) -> None:
    assert main(["init", str(tmp_path / role), "--role", role]) == 0
    assert f"Next: barrio --config {tmp_path / role / 'config.toml'} {next_one}" in capsys.readouterr().out, label

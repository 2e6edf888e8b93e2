"""A second process, a taken port, a newer schema, no right to write, a wrong clock: one clear line, and nothing harmed."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from gateway.errors import CATALOGUE
from gateway.journal import ledger
from gateway.journal.entries import all_facts
from tests.durability.box import NO_BROKER
from tests.durability.conftest import MakeBox
from tests.durability.load import exchange, report_needs, request
from tests.patience import LONG, free_port, until


def says_one_line(done: subprocess.CompletedProcess[str], code: str) -> None:
    """The Problem of that code, on one line of stderr, with its exit code; no traceback and nothing on stdout."""
    entry = CATALOGUE[code]
    assert done.returncode == entry.exit_code, (done.returncode, done.stderr)
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith(f"barrio: {entry.what.partition('{')[0]}"), lines[0]
    assert lines[0].endswith(entry.do.rpartition("}")[2]), lines[0]


def test_a_second_process_on_one_data_directory(boxes: MakeBox) -> None:
    """The first ones are not harmed; and another port does not make a second web process welcome."""
    box = boxes()
    processes = [box.start("broker"), box.start("worker"), box.start("web")]
    elsewhere = box.directory / "elsewhere.toml"
    elsewhere.write_text(box.settings.read_text().replace(f'bind = "127.0.0.1:{box.port}"', f'bind = "127.0.0.1:{free_port()}"'))
    with ThreadPoolExecutor() as pool:  # each waits a while for a predecessor that may be dying
        tries = [pool.submit(box.cli, *command) for command in (
            ("web",), ("worker",), ("broker",), ("web", "--config", str(elsewhere)), ("up",))]
    for tried, command in zip(tries, ("web", "worker", "broker", "web", "web"), strict=True):
        says_one_line(tried.result(), "data.in_use")
        assert f"`barrio {command}`" in tried.result().stderr
    assert [p.poll() for p in processes] == [None, None, None], "the first process was harmed"
    assert exchange(box.port, request(box.port, "SM" + "a" * 32, "+59170000001", "AGUA S1604"), LONG) == 200


def test_a_second_box_on_one_data_directory(boxes: MakeBox) -> None:
    """`up` beside an `up`: the reason is the data directory, though the port is taken too."""
    box = boxes()
    first = box.start("up", ready=False)
    until(box.answers, lambda: box.said("up"))
    second = box.cli("up")
    says_one_line(second, "data.in_use")
    assert "`barrio up`" in second.stderr
    assert first.poll() is None, "the first one was harmed"
    assert exchange(box.port, request(box.port, "SM" + "a" * 32, "+59170000001", "AGUA S1604"), LONG) == 200


def test_a_taken_port(boxes: MakeBox) -> None:
    box = boxes()
    with socket.create_server(("127.0.0.1", box.port)):
        for command in ("web", "up"):
            says_one_line(box.cli(command), "port.in_use")
    box.start("web")


def test_a_newer_schema(boxes: MakeBox) -> None:
    box = boxes()
    with box.node() as node, node.database.writing() as c:
        c.execute(update(ledger.LOCAL).where(ledger.LOCAL.c.key == "schema").values(value="99"))
    for command in (("web",), ("worker",), ("up",), ("rebuild", "--verify"), ("export", "messages")):
        says_one_line(box.cli(*command), "database.newer")


@pytest.mark.parametrize(("label", "file", "mode"), [("the database file", "barrio.db", 0o444), ("the data directory", ".", 0o555)])
def test_no_right_to_write(boxes: MakeBox, label: str, file: str, mode: int) -> None:
    """It is said at the start, not discovered text by text."""
    box = boxes()
    path = box.directory / file
    path.chmod(mode)
    done = {command: box.cli(command, ordinary=True) for command in ("web", "worker", "up")}
    path.chmod(0o755)
    for tried in done.values():
        says_one_line(tried, "data.not_writable")
        assert str(path.resolve()) in tried.stderr, label


def test_the_doctor_names_what_cannot_be_written(boxes: MakeBox) -> None:
    box = boxes()
    (box.directory / "barrio.db").chmod(0o444)
    done = box.cli("check", ordinary=True)
    assert done.returncode == 1
    assert any(line.startswith("FAULT database") and "cannot be written" in line for line in done.stdout.splitlines()), done.stdout
    assert "Traceback" not in done.stdout + done.stderr


# the machine's clock is not ours to set: the process is told another time before it reads any
CLOCK = """
import sys
from datetime import datetime, timedelta, UTC
from gateway import clock
apart = datetime.fromisoformat(sys.argv.pop(1)) - datetime.now(UTC)
clock.now = lambda: datetime.now(UTC) + apart
from gateway.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize(("label", "now"), [("a box without a battery wakes up in 1970", "1970-01-01T00:00:07+00:00"),
                                            ("somebody set it to the next century", "2107-03-01T12:00:00+00:00")])
def test_a_wrong_clock(boxes: MakeBox, label: str, now: str) -> None:
    """The doctor names it, texts are taken and marked, and once it is set right everything gets done."""
    box = boxes(extra=NO_BROKER)
    wrong = (sys.executable, "-c", CLOCK, now)
    checked = subprocess.run([*wrong, "check"], env=box.environment, capture_output=True, text=True, timeout=LONG, cwd=box.directory)
    assert checked.returncode == 1
    found = [line for line in checked.stdout.splitlines() if line.startswith("FAULT clock")]
    assert len(found) == 1, checked.stdout + checked.stderr
    assert now[:10] in found[0]
    web = subprocess.Popen([*wrong, "web"], env=box.environment, cwd=box.directory, start_new_session=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    box.running.append(web)
    until(box.answers, "no web process")
    assert "clock: this machine's time cannot be right" in json.loads(box.health())["reasons"]
    sid = "SM" + "b" * 32
    assert exchange(box.port, request(box.port, sid, "+59170000001", "AGUA S1604"), LONG) == 200
    box.kill(web)
    with box.node() as node, node.database.reading() as c:
        assert [f["provider_id"] for f in all_facts(c, ["message_received"])] == [sid]
        bodies = c.exec_driver_sql("SELECT body FROM entry WHERE kind = 'message_received'").scalars().all()
        assert [json.loads(body)["clock"] for body in bodies] == [False]
    assert box.cli("worker", "--burst").returncode == 0
    with box.node() as node, node.database.reading() as c:
        assert len(list(all_facts(c, ["report_classified"]))) == 1, label
    assert box.cli("rebuild", "--verify").returncode == 0


def test_a_clock_that_is_set_back_leaves_no_work_behind(boxes: MakeBox) -> None:
    """A worker with a clock some years ahead died with a task in its hands: its lease must not last those years."""
    box = boxes(extra=NO_BROKER)
    with box.node() as node:
        report_needs(node, 1)
        with node.database.writing() as c:
            c.exec_driver_sql("UPDATE task SET attempts = 1, leased_until = '2091-01-01T00:00:00.000000Z' WHERE kind = 'classify'")
    assert box.cli("worker", "--burst").returncode == 0
    with box.node() as node, node.database.reading() as c:
        assert len(list(all_facts(c, ["report_classified"]))) == 1

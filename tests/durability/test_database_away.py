"""The database locked, full, read-only, stopped, crashed, hung: a text is kept or refused, never lost behind a 200."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.doors import desk
from tests.durability.box import NO_BROKER, Box
from tests.durability.conftest import MakeBox
from tests.durability.load import Load, exchange, request
from tests.durability.postgres import Restartable
from tests.durability.tally import classified, tally
from tests.patience import LONG, until

PROVIDER_WAITS = 15.0  # seconds; the desk's own limits are below it, and what it does within them is seen here


def test_a_door_gives_up_before_the_provider_does() -> None:
    assert desk.HUNG_AFTER < desk.PATIENCE < PROVIDER_WAITS


def is_sound(box: Box, load: Load) -> None:
    """Nothing waits, nothing acknowledged is lost, nothing is doubled, and the journal folds to the tables that stand."""
    until(lambda: not spooled(box), lambda: f"still in the spool: {spooled(box)}")
    with box.node() as node:
        found = tally(node, load.sent, load.acked)
    print(found, dict(load.codes), f"slowest {max(load.seconds, default=0):.1f} s")
    assert found.is_clean, found
    verified = box.cli("rebuild", "--verify")
    assert verified.returncode == 0, verified.stderr


def spooled(box: Box) -> list[str]:
    return sorted(p.name for p in box.directory.glob("spool/*"))


def acknowledges_more(load: Load, than: int) -> float:
    return until(lambda: len(load.acked) > than, lambda: f"nobody is acknowledged: {load.codes}")


@contextmanager
def texting(box: Box, rng: random.Random, clients: int = 6) -> Iterator[Load]:
    """Residents text all the while, and are acknowledged again once the trouble is over."""
    with Load(box.port, rng, clients=clients, pace=0.05) as load:
        acknowledges_more(load, 10)
        yield load
        acknowledges_more(load, len(load.acked) + 10)


def test_locked_by_another_process_until_texts_are_kept_elsewhere(boxes: MakeBox, rng: random.Random) -> None:
    box = boxes(extra=NO_BROKER)
    box.start("web")
    other = sqlite3.connect(box.directory / "barrio.db", timeout=LONG, isolation_level=None)
    with texting(box, rng) as load:
        other.execute("BEGIN EXCLUSIVE")
        before = len(load.acked)
        acknowledges_more(load, before + 20)
        meanwhile, waiting, said = len(load.acked) - before, spooled(box), box.health()
        journalled = {sid for (sid,) in other.execute("SELECT provider_id FROM message")}
        aside = set(load.acked) - journalled
        other.execute("ROLLBACK")
    other.close()
    print(f"{meanwhile} acknowledged while it was locked, {len(waiting)} file(s) in the spool; health said {said.strip()}")
    assert waiting
    assert aside, "negative control: with the database locked, the journal lacks what the spool has"
    assert "database is locked" in said
    assert set(load.codes) == {200}
    assert load.cut == 0
    for sid in list(aside)[:5]:  # the provider is not sure either, and brings them again
        assert exchange(box.port, request(box.port, sid, "+59170000001", load.sent[sid]), LONG) == 200
    is_sound(box, load)
    until(lambda: '"ok":true' in box.health(), box.health)


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[None]:
    """A disk of that size at `path`; only where we may mount one, which under CI we must."""
    path.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "barrio-test", str(path)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"a small disk is needed, and under CI it must be there: {mounted.stderr.decode().strip()}")
        pytest.skip("only root may mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


@contextmanager
def full(disk: Path, left: int) -> Iterator[None]:
    """Fill the disk but for `left` bytes; free it again at the end."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65536, 4096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
        file.truncate(max(0, file.tell() - left))
    yield
    filler.unlink()


def test_disk_full(boxes: MakeBox, rng: random.Random, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Full to the last byte, and again with just a little room: 503 or really kept; once there is room it goes on by itself."""
    disk = tmp_path_factory.mktemp("disk") / "small"
    with small_disk(disk, 8):
        box = boxes(extra=NO_BROKER, directory=str(disk / "hub"))
        web = box.start("web")
        with texting(box, rng) as load:
            for left in (0, 20_000, 70_000):
                refused, settled = load.codes[503], len(load.acked) + load.codes[503]
                with full(disk, left):
                    until(lambda: load.codes[503] > refused or left and len(load.acked) + load.codes[503] > settled + 60,  # noqa: B023
                          lambda: f"neither kept nor refused: {load.codes}")
                kept = len(load.acked)
                seconds = acknowledges_more(load, kept + 5)
                print(f"{left} bytes left: {load.codes[503]} refused so far, {kept} kept; well again after {seconds:.1f} s")
        assert load.codes[503] > 0, "negative control: on a disk that was really full, something had to be refused"
        assert set(load.codes) <= {200, 503}
        assert load.cut == 0
        is_sound(box, load)
        box.kill(web)


def test_read_only(boxes: MakeBox, rng: random.Random) -> None:
    """Somebody takes the right to write away from a running node: the spool, a folder of its own, takes what comes."""
    box = boxes(extra=NO_BROKER)
    (box.directory / "spool").mkdir(mode=0o700)
    box.start("web", ordinary=True)
    with texting(box, rng) as load:
        box.directory.chmod(0o555)
        (box.directory / "barrio.db").chmod(0o444)
        until(lambda: bool(spooled(box)), "nothing goes to the spool")
        box.directory.chmod(0o755)
        (box.directory / "barrio.db").chmod(0o644)
    assert set(load.codes) == {200}
    is_sound(box, load)


def page(box: Box) -> tuple[int, str]:
    """The status and the words of the public board."""
    try:
        with urllib.request.urlopen(f"{box.url}/?lang=en", timeout=LONG) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read().decode()


def test_postgresql_is_not_there_yet_when_the_box_starts(boxes: MakeBox, rng: random.Random) -> None:
    """A box that boots before its database: it comes up, keeps what comes, and goes on by itself once the database is there."""
    with Restartable() as pg:
        box = boxes(database_url=pg.address)
        pg.stop()
        up = box.start("up", ready=False)
        until(box.answers, lambda: box.said("up"))
        with Load(box.port, rng, clients=3, pace=0.05) as load:
            acknowledges_more(load, 10)
            assert spooled(box), "negative control: without a database there is no other place"
            assert '"ok":false' in box.health()
            status, words = page(box)
            assert (status, "The database does not answer" in words) == (503, True)
            pg.start_again()
            seconds = until(lambda: not spooled(box), lambda: f"still in the spool: {spooled(box)} {box.said('up')}")
            print(f"drained {seconds:.1f} s after the database came")
            acknowledges_more(load, len(load.acked) + 10)
        with box.node() as node:
            until(lambda: classified(node).is_clean, lambda: f"nobody works: {classified(node)} {box.said('up')}")
        assert page(box)[0] == 200
        until(lambda: '"ok":true' in box.health(), box.health)
        assert up.poll() is None
        is_sound(box, load)
        box.kill(up, signal.SIGTERM)


def test_postgresql_goes_and_comes_back(boxes: MakeBox, rng: random.Random) -> None:
    with Restartable() as pg:
        troubles: list[tuple[str, Callable[[], None], Callable[[], None]]] = [
            ("stopped in order", lambda: pg.stop(), pg.start_again), ("crashed", lambda: pg.stop(signal.SIGQUIT), pg.start_again),
            ("read-only, as after a failover", lambda: pg.be_read_only("on"), lambda: pg.be_read_only("off")),
            ("hung", pg.hang, pg.go_on)]
        box = boxes(extra=NO_BROKER, database_url=pg.address)
        web = box.start("web")
        with texting(box, rng, clients=12) as load:
            for label, trouble, way_back in troubles:
                trouble()
                before = len(load.acked)
                acknowledges_more(load, before + 8)
                until(lambda: bool(spooled(box)), f"{label}: nothing goes to the spool")
                time.sleep(1.5)  # the drain has tried meanwhile, and must have kept everything
                waiting, kept = spooled(box), len(load.acked) - before
                way_back()
                seconds = until(lambda: not spooled(box), lambda: f"still in the spool: {spooled(box)}")
                print(f"{label}: {kept} acknowledged, {len(waiting)} file(s) in the spool, drained {seconds:.1f} s after its return")
                assert waiting, label
                assert set(load.codes) == {200}, label
        is_sound(box, load)
        box.kill(web)

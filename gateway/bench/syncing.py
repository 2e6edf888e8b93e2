"""How fast a history becomes a bundle and a bundle a history, how small it is, and what it costs to find that nothing is new."""

from __future__ import annotations

import gzip
import json
import lzma
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gateway import config
from gateway.bench import machine, table
from gateway.journal.entries import ENTRY
from gateway.machine.instance import create
from gateway.node import Node, open_node

AT_ONCE = 250


def run(texts: int) -> None:
    """Print a table: a hub with so many texts, and a field node that never heard of any."""
    from offline_sync import joining
    from offline_sync.identity import open_identity
    with tempfile.TemporaryDirectory(prefix="barrio-bench-") as folder:
        hub, north = (open_node(config.load(str(create(Path(folder) / name, name=name, role=role).directory / "config.toml")))
                      for name, role in (("hub", "hub"), ("north", "field")))
        joining.join(north, open_identity(north.config.data), joining.invite(hub, open_identity(hub.config.data), "north", ["*"], None))
        _fill(hub, texts)
        path = Path(folder) / "b.barrio"
        _measured(north.config, "export", "hub", path)
        _measured(hub.config, "import", "", path)
        export, took = _measured(hub.config, "export", "north", path), path.stat().st_size
        came = _measured(north.config, "import", "", path)
        again = _measured(north.config, "import", "", path)
        with hub.database.reading() as c:
            bodies = "\n".join(body for body in c.execute(select(ENTRY.c.body)).scalars() if body).encode()
        count = export["entries"]
        print(machine(), f"; {texts} texts, {count} entries")
        rows: list[list[Any]] = [
            ["bundle: made, sealed, written", f"{count / export['seconds']:.0f}", f"{took / count:.0f}", f"{export['memory']}"],
            ["bundle: verified and folded", f"{count / came['seconds']:.0f}", f"{took / count:.0f}", f"{came['memory']}"],
            ["the same again: nothing new in it", f"{count / again['seconds']:.0f}", "", f"{again['memory']}"]]
        squeezers: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "xz": lzma.compress}
        squeezers |= {"zstd": _zstd} if shutil.which("zstd") else {}
        for name, squeeze in squeezers.items():
            begun = time.perf_counter()
            size = len(squeeze(bodies))
            rows.append([f"{name} of the bodies alone", f"{count / (time.perf_counter() - begun):.0f}", f"{size / count:.0f}", ""])
        print(table(["what", "entries/s", "bytes an entry", "peak MB"], rows))
        print(_nothing_new(hub, north))


def _zstd(content: bytes) -> bytes:
    """By its command, where that is installed: no library of ours has it."""
    return subprocess.run(["zstd", "-q", "-c"], input=content, capture_output=True, check=True).stdout


def _fill(hub: Node, texts: int) -> None:
    from gateway.channels.values import Inbound
    from gateway.doors import intake
    from gateway.machine import jobs  # here, so that the processes whose memory is told do not carry what sync does not use
    lines = [json.loads(line)["text"] for line in (files("gateway.demo") / "texts" / "la-paz.jsonl").read_text("utf-8").splitlines()]
    rng = random.Random(0)
    for first in range(0, texts, AT_ONCE):
        now = hub.now()
        came = [Inbound("console", "local", f"{rng.getrandbits(128):032x}", f"+5917{rng.randrange(10**7):07d}", rng.choice(lines), now, b"")
                for _ in range(min(AT_ONCE, texts - first))]
        with hub.database.writing() as c:
            intake.receive(c, hub, came)
    while jobs.classify_due(hub):
        pass


def _measured(of: config.Config, what: str, to: str, path: Path) -> dict[str, Any]:
    """In a process of its own, whose peak of memory is then the work's."""
    done = subprocess.run([sys.executable, "-m", "gateway.bench.syncing", str(of.directory / "config.toml"), what, to, str(path)],
                          capture_output=True, text=True, check=True)
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def _one(path: str, what: str, to: str, file: str) -> dict[str, Any]:
    from offline_sync import command
    from offline_sync.bundle import read
    from offline_sync.identity import open_identity
    node = open_node(config.load(path))
    identity, begun, entries = open_identity(node.config.data), time.perf_counter(), 0
    if what == "export":
        entries = int(command.export(node, identity, to, Path(file)).split(": ")[1].split(" ")[0].replace(",", ""))
    else:
        command.bring_in(node, identity, read(Path(file)), "bench")
    return {"seconds": time.perf_counter() - begun, "entries": entries, "memory": _peak()}


def _peak() -> int:
    """MB; of this process alone, where what getrusage says begins with its parent's."""
    told = [line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith("VmHWM")]
    return int(told[0].split()[1]) // 1024 if told else 0


def _nothing_new(hub: Node, north: Node) -> str:
    from offline_sync import exchange
    from offline_sync.identity import open_identity
    here, there = open_identity(north.config.data), open_identity(hub.config.data)

    def meet() -> exchange.Met:
        return exchange.meet(north, here, lambda content: exchange.answer(hub, there, content))

    meet()
    begun = time.perf_counter()
    met = meet()
    spent = (time.perf_counter() - begun) * 1000
    return f"nothing new: {met.requests} request, {met.bytes} bytes both ways, {spent:.0f} ms, in step {met.in_step}"


if __name__ == "__main__":
    print(json.dumps(_one(*sys.argv[1:])))

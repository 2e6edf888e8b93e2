"""The power-cut laboratory: record a life, draw disk images out of it, judge each.

    python -m tests.durability.powercut.power_cut run --seed 7 --out DIR shipped-rollback=200 synchronous-off=20
    python -m tests.durability.powercut.power_cut replay DIR/shipped-rollback-7-0.recording 7-0-31 [--keep DIR]

`run` prints one JSON line per setting, named with how many images it gets. A recording is never the same twice (threads,
salts), an image of it always is; so the recording of a fault is kept.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.durability.powercut.power_cut_disk import draw, untouched
from tests.durability.powercut.power_cut_log import Recording
from tests.durability.powercut.power_cut_traffic import Setting, record, use_wal
from tests.durability.powercut.power_cut_verdict import judge, put_down
from tests.durability.powercut.power_cut_vfs import Impossible

SHIPPED = {
    "shipped-rollback": Setting(),
    "shipped-wal": Setting(wal=True),
}
WEAK = {
    "synchronous-off": Setting(pragmas=("synchronous=OFF",)),
    "journal-in-memory": Setting(pragmas=("journal_mode=MEMORY",)),
    "rollback-normal": Setting(pragmas=("synchronous=NORMAL",)),
    "rollback-full": Setting(pragmas=("synchronous=FULL",)),
    "wal-normal": Setting(wal=True, pragmas=("synchronous=NORMAL",)),
    "yes-before-commit": Setting(hasty=True),
    "spool-unsynced": Setting(spool_synced=False),
}
SETTINGS = SHIPPED | WEAK
IMAGES_A_RECORDING = 80
ENOUGH = (12, 3)  # images and lost texts after which a weaker way is known to be one
FAULTS_SHOWN = 5


@dataclass
class Tally:
    """What the images of one setting showed."""

    setting: str
    recordings: int = 0
    steps: int = 0
    images: int = 0
    acknowledged: int = 0
    lost: int = 0
    bad_images: int = 0
    unlike_the_disk: int = 0  # recordings whose steps, all done, do not give the files that really lay there
    faults: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        for name in ("recordings", "steps", "images", "acknowledged", "lost", "bad_images", "unlike_the_disk"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.faults = (self.faults + other.faults)[:FAULTS_SHOWN]


def examine(name: str, seed: str, images: int, out: Path) -> Tally:
    """Two lives, the second out of an image of the first, and images of both: one that recovers may be cut again.

    A weaker way gets one life, and no more images than it takes to see it lose.
    """
    again = images // 3 if name in SHIPPED else 0
    tally, setting, chance = Tally(name), SETTINGS[name], random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="power-cut-", dir=_fast_folder()) as folder:
        (Path(folder) / "first").mkdir()
        first = record(name, setting, Path(folder) / "first", chance)
        _judge_all(first, seed, images - again, out, tally)
        if again and not tally.bad_images:
            (Path(folder) / "second").mkdir()
            second = record(name, setting, Path(folder) / "second", chance, (first, draw(first, f"{seed}-again")))
            _judge_all(second, f"{seed}-again", again, out, tally)
    return tally


def _judge_all(recording: Recording, seed: str, images: int, out: Path, tally: Tally) -> None:
    tally.recordings, tally.steps = tally.recordings + 1, tally.steps + len(recording.steps)
    tally.unlike_the_disk += untouched(recording.steps) != recording.final
    kept = out / f"{recording.setting}-{seed}.recording"
    for number in range(images):
        if recording.setting in WEAK and number >= ENOUGH[0] and tally.lost >= ENOUGH[1]:
            break
        image = draw(recording, f"{seed}-{number}")
        with tempfile.TemporaryDirectory(prefix="power-cut-", dir=_fast_folder()) as folder, _opened_as(recording):
            verdict = judge(recording, image, Path(folder))
        tally.add(Tally(recording.setting, images=1, acknowledged=verdict.acknowledged, lost=verdict.lost))
        if verdict.faults:
            tally.bad_images += 1
            if len(tally.faults) < FAULTS_SHOWN and recording.setting in SHIPPED:
                recording.save(kept)
                tally.faults.append(f"{len(verdict.faults)} fault(s), the first: {verdict.faults[0]}\n"
                                    f"  python -m tests.durability.powercut.power_cut replay {kept} {seed}-{number}")


class _opened_as:
    """Images are opened as the recorded process opened them: with WAL or without."""

    def __init__(self, recording: Recording) -> None:
        self._wal = SETTINGS[recording.setting].wal

    def __enter__(self) -> None:
        self._module, self._name, self._theirs = use_wal(self._wal)

    def __exit__(self, *_: object) -> None:
        setattr(self._module, self._name, self._theirs)


def _fast_folder() -> str | None:
    """Memory where there is any: what must reach a platter is decided by the recording, not by this machine's disk."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def run(wanted: dict[str, int], seed: int, out: Path) -> int:
    """Print the tally of each setting; exit code 3 says that nothing can be recorded here."""
    tasks = []
    for name, images in wanted.items():
        parts = max(1, round(images / IMAGES_A_RECORDING)) if name in SHIPPED else 1
        tasks += [(name, f"{seed}-{n}", images // parts + (n < images % parts), out) for n in range(parts)]
    tallies = {name: Tally(name) for name in wanted}
    try:
        with ProcessPoolExecutor(min(os.cpu_count() or 1, 8), multiprocessing.get_context("fork")) as pool:
            for tally in pool.map(examine, *zip(*tasks, strict=True)):
                tallies[tally.setting].add(tally)
    except Impossible as fault:
        print(json.dumps({"impossible": str(fault)}))
        return 3
    for tally in tallies.values():
        print(json.dumps(asdict(tally)))
    return 0


def replay(path: Path, seed: str, keep: Path | None) -> int:
    """Judge one image of a recording again and say what is wrong with it; `keep` leaves the disk there to look at."""
    recording = Recording.load(path)
    image = draw(recording, seed)
    print(f"cut before step {image.cut} of {len(recording.steps)}, {image.mood}")
    for step in recording.steps[max(0, image.cut - 8):image.cut]:
        print(f"  {str(step)[:140]}")
    if keep is not None:
        put_down(image, keep)
    with tempfile.TemporaryDirectory(prefix="power-cut-") as folder, _opened_as(recording):
        verdict = judge(recording, image, Path(folder))
    print(f"{verdict.acknowledged} acknowledged, {verdict.lost} lost", *verdict.faults, sep="\n  ")
    return 1 if verdict.faults else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Power cuts, thought up and judged.")
    commands = parser.add_subparsers(required=True, dest="command")
    running = commands.add_parser("run")
    running.add_argument("settings", nargs="+", type=_setting, metavar="SETTING=IMAGES", help=", ".join(SETTINGS))
    running.add_argument("--seed", type=int, default=1)
    running.add_argument("--out", type=Path, required=True)
    again = commands.add_parser("replay")
    again.add_argument("recording", type=Path)
    again.add_argument("seed")
    again.add_argument("--keep", type=Path)
    args = parser.parse_args()
    if args.command == "replay":
        return replay(args.recording, args.seed, args.keep)
    return run(dict(args.settings), args.seed, args.out)


def _setting(text: str) -> tuple[str, int]:
    name, _, images = text.partition("=")
    if name not in SETTINGS or not images.isdecimal():
        raise argparse.ArgumentTypeError(f"write SETTING=IMAGES with one of {', '.join(SETTINGS)}")
    return name, int(images)


if __name__ == "__main__":
    sys.exit(main())

"""Histories of a hub and its nodes, made from a seed: real code, real databases; clock, road and death of a process are played.

    .venv/bin/python -m tests.offline_sync.simulation 17        # the history of seed 17 again, step by step
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from gateway import config
from gateway.decisions import erasing, photos, planning, triaging, visiting
from gateway.decisions.photos import cleaned
from gateway.decisions.triaging import Chosen, Who
from gateway.decisions.visiting import Told
from gateway.errors import Problem
from gateway.journal import rebuilding
from gateway.journal.entries import ENTRY, WRITER, Fact
from gateway.journal.facts import erasure
from gateway.journal.tables import Message, Need, Note, Work, table
from gateway.machine import jobs
from gateway.node import Node, open_node
from offline_sync import backup as backups
from offline_sync import bundle, exchange, heads, joining, offering, peers
from offline_sync.scope import scope_of
from tests.conftest import START, Clock
from tests.gateway.pictures import jpeg
from tests.offline_sync.fleet import Box
from tests.offline_sync.stage import BEHIND, FULL, LIMITED, MEMORY, Crash, Template, an_older_barrio_at, dying, told, waiting

TEXTS = ["AGUA S1604 sin agua 3 dias 20 familias", "LUZ S1701 sin luz", "se cae el muro", "Kupini", "mi marido me pega", "APOYO", "estado",
         "basura en Munaypata, urgente", "BAJA", "INICIO", "asdf qwer", "no es agua es luz", "era S1701", "REGISTRO kupini mujer 35"]
STEPS = 50


class History:
    """One seed played out."""

    def __init__(self, template: Template, seed: int, *, say: Callable[[str], None] = lambda _: None) -> None:
        self.rng, self.seed, self.say, self._template = random.Random(seed), seed, say, template
        self.folder = Path(tempfile.mkdtemp(prefix=f"barrio-history-{seed}-", dir=MEMORY))
        shutil.copytree(template.folder, self.folder, dirs_exist_ok=True)
        fields = self.rng.sample((*FULL, *LIMITED), self.rng.randrange(3, 7))
        self.clocks = {name: Clock() for name in ("hub", *fields)}
        self.behind = seed % 3 == 0 and BEHIND in fields
        self.boxes = {name: Box(self._open(name)) for name in self.clocks}
        self.mail: list[tuple[str, bytes]] = []
        self.texts = 0
        self.revoked: set[str] = set()
        self.dead: set[bytes] = set()  # bodies that only a disk which was wiped has held

    def _open(self, name: str) -> Node:
        node = open_node(config.load(str(self.folder / name / "config.toml")), now=self.clocks[name])
        node.__dict__.update(self._template.lasting)
        return node

    def play(self, steps: int = STEPS) -> None:
        deeds = [(self.text, 14), (self.work, 6), (self.decide, 4), (self.visit, 5), (self.meet, 10), (self.post, 8), (self.deliver, 14),
                 (self.damaged, 2), (self.erase, 1), (self.clone, 0.7), (self.tick, 4), (self.leap, 1), (self.crash, 3), (self.keep, 2),
                 (self.put_back, 1), (self.restore, 1), (self.revoke, 0.3)]
        with an_older_barrio_at(BEHIND if self.behind else None):
            for step in range(steps):
                deed = self.rng.choices([d for d, _ in deeds], [w for _, w in deeds])[0]
                self.say(f"{step:3} {deed.__name__} {deed() or ''}")
        if self.behind:
            self.say(f"    {BEHIND} is updated")
            with self.boxes[BEHIND].node.database.writing() as c:
                peers.say(c, reads="an older catalogue")
            rebuilding.catch_up(self.boxes[BEHIND].node.database)
        self.heal()

    @property
    def hub(self) -> Box:
        return self.boxes["hub"]

    def any(self, *, hub: bool = True) -> Box:
        return self.boxes[self.rng.choice([name for name in self.boxes if (hub or name != "hub") and name not in self.revoked])]

    # ------------------------------------------------------------------------------------------------------------- deeds

    def text(self) -> str:
        box, self.texts = self.any(), self.texts + 1
        box.texts = self.texts
        box.hear(self.rng.choice(TEXTS), f"+591700000{self.rng.randrange(6):02d}", work=False)
        return box.name

    def work(self) -> str:
        box = self.any()
        jobs.work(box.node)
        return box.name

    def decide(self) -> str:
        box = self.any()
        with box.node.database.reading() as c:
            needs = c.execute(select(table(Need).c.id, table(Need).c.status_entry)).all()
        if needs:
            need = self.rng.choice(needs)
            planning.change_status(box.node, need.id, self.rng.choice(["verified", "planned", "done", "rejected"]), note="", by="ana",
                                   after=need.status_entry)
        return box.name

    def visit(self) -> str:
        """An officer decides on the spot, writes down, says how far a work is, or takes the last of it back."""
        box, who = self.any(), Who(*[self.rng.choice(("luz", "tito"))] * 2, lambda place: True)
        with box.node.database.reading() as c:
            needs = [Chosen("need", row.id, row.status_entry or "") for row in c.execute(
                select(table(Need).c.id, table(Need).c.status_entry))]
            works = list(c.execute(select(table(Work).c.id).order_by(table(Work).c.id).limit(2)).scalars())
        deed = self.rng.choice(("verify", "not_found", "note", "settle", "undo", "progress", "bring"))
        if deed == "undo":
            triaging.undo(box.node, who)
        elif deed == "progress":
            visiting.progress(box.node, who, self.rng.choice(works), self.rng.choice(("tender", "execution", "handover")), note="seen")
        elif deed == "bring":
            self.texts += 1
            visiting.bring(box.node, who, Told(f"form{self.texts}", self.rng.choice(TEXTS), self.rng.choice(("", "WAT01")), "S1604"))
        elif needs:
            self.texts += 1
            photo = cleaned(jpeg(scan=b"\x12" + str(self.texts).encode())) if deed in ("verify", "note") else None
            if photo is not None:
                photos.keep(box.node.config.data, photo)
            triaging.decide(box.node, who, deed, [self.rng.choice(needs)], note="seen", photo=photo, status="verified")
        return f"{box.name} {deed}"

    def meet(self) -> str:
        box = self.any(hub=False)
        try:
            exchange.meet(box.node, box.identity, self._road, most=self.rng.choice((5, 40, 4000)))
        except Problem as fault:
            return f"{box.name}: {fault.code}"
        return box.name

    def _road(self, content: bytes) -> bytes:
        """A line that swallows a tenth of what is said, on the way there or on the way back."""
        if self.rng.random() < 0.1:
            raise Problem("sync.away", permanent=False, peer="hub", reason="lost on the way there")
        came = exchange.answer(self.hub.node, self.hub.identity, content)
        if self.rng.random() < 0.1:
            raise Problem("sync.away", permanent=False, peer="hub", reason="lost on the way back")
        return came

    def post(self) -> str:
        """A bundle is written to a stick: for the hub, from it, or past it."""
        source = self.any()
        target = self.rng.choice([name for name in self.boxes if name != source.name])
        try:
            sticks = self._pieces(source, target) if self.rng.random() < 0.5 else [source.export(target)]
            self.mail += [(target, content) for content in sticks]
        except Problem as fault:
            return fault.code
        return f"{source.name} -> {target}"

    def _pieces(self, source: Box, target: str) -> list[bytes]:
        """One history on several sticks, each beginning where the one before it ends."""
        found = []
        with source.node.database.writing() as c:
            book = peers.book(c, source.node, source.identity)
            to, before = book.by_name(target), peers.peer(c, target)
            for _ in range(3):
                made = offering.offer(c, source.node, source.identity, book, to, most=6)
                found.append(made.content)
                row = peers.peer(c, target)
                said = json.loads(row["heads"])
                batch = bundle.unseal(self.boxes[target].identity, made.content, "b")
                for writer, epoch, first, count, _, _, end in batch.manifest["runs"]:
                    said[f"{writer}/{epoch}"] = [first + count - 1, end[:heads.SHORT]]
                peers.remember(c, row, heads=json.dumps(said))
            peers.remember(c, before)
        return found

    def deliver(self) -> str:
        """Any stick arrives, late, twice, in any order; half of them stay in the drawer to arrive again."""
        if not self.mail:
            return "nothing"
        at = self.rng.randrange(len(self.mail))
        target, content = self.mail[at] if self.rng.random() < 0.5 else self.mail.pop(at)
        try:
            self.boxes[target].bring(content)
        except Problem as fault:
            return f"{target}: {fault.code}"
        return target

    def damaged(self) -> str:
        if not self.mail:
            return "nothing"
        target, content = self.rng.choice(self.mail)
        at = self.rng.randrange(len(content))
        before = self.boxes[target].state()
        for bad in (content[:at], content[:at] + bytes([content[at] ^ 1]) + content[at + 1:]):
            try:
                self.boxes[target].bring(bad)
            except Problem:
                continue
            raise AssertionError("a damaged bundle was taken")
        assert self.boxes[target].state() == before
        return target

    def tick(self) -> str:
        for clock in self.clocks.values():
            clock.on(minutes=self.rng.randrange(1, 90))
        return ""

    def leap(self) -> str:
        """A clock without battery: 1970, or eighty years on."""
        name = self.rng.choice(list(self.clocks))
        self.clocks[name].moment = START + timedelta(days=self.rng.choice((-20_000, -400, 3, 29_000)))
        return f"{name} {self.clocks[name].moment:%Y}"

    def crash(self) -> str:
        """A process dies in the middle of taking something in."""
        box = self.any(hub=False)
        left = self.rng.randrange(4)
        with dying(left):
            try:
                exchange.meet(box.node, box.identity, self._road, most=20)
            except (Crash, Problem) as fault:
                return f"{box.name}: {type(fault).__name__}"
        return box.name

    def keep(self) -> str:
        """Somebody copies a data directory, or makes a backup."""
        box = self.any()
        box.node.database.engine.dispose()
        backups.backup(box.node, self.folder / f"{box.name}.backup")
        shutil.rmtree(self.folder / f"{box.name}.copy", ignore_errors=True)
        shutil.copytree(box.node.config.directory, self.folder / f"{box.name}.copy")
        return box.name

    def put_back(self) -> str:
        """An old copy takes the place of the directory, by hand."""
        box = self.any()
        copy = self.folder / f"{box.name}.copy"
        if not copy.exists():
            return "nothing"
        self._lose(box)
        box.node.database.engine.dispose()
        shutil.rmtree(box.node.config.directory)
        shutil.copytree(copy, box.node.config.directory)
        box.node = self._open(box.name)
        return box.name

    def restore(self) -> str:
        box = self.any()
        path = self.folder / f"{box.name}.backup"
        if not path.exists():
            return "nothing"
        self._lose(box)
        box.node.database.engine.dispose()
        backups.restore(box.node.config, path, box.node.now())
        box.node = self._open(box.name)
        return box.name

    def revoke(self) -> str:
        if self.revoked:
            return "nothing"
        name = self.rng.choice([n for n in self.boxes if n != "hub"])
        try:
            joining.revoke(self.hub.node, name)
        except Problem as fault:  # the hub is an old copy that does not know it yet
            return fault.code
        self.revoked.add(name)
        return name

    def erase(self) -> str:
        """Somebody asks to be forgotten, at the hub or at a node that knows of them."""
        box = self.any()
        with box.node.database.writing() as c:
            senders = sorted(set(c.execute(select(table(Message).c.sender)).scalars()))
            if senders:
                erasing.erase(c, box.node, self.rng.choice(senders), why="", by="operator")
        return box.name

    def clone(self) -> str:
        """A copy of a directory is started somewhere else, takes a text in, meets the hub, and is thrown away."""
        box = self.any(hub=False)
        copy = self.folder / f"{box.name}.copy"
        if not copy.exists():
            return "nothing"
        elsewhere = self.folder / f"{box.name}.clone"
        shutil.copytree(copy, elsewhere)
        node = open_node(config.load(str(elsewhere / "config.toml")), now=self.clocks[box.name])
        node.__dict__.update(self._template.lasting)
        twin = Box(node, self.texts + 1)
        self.texts += 2
        twin.hear(self.rng.choice(TEXTS), f"+591700000{self.rng.randrange(6):02d}", work=False)
        said = ""
        try:
            exchange.meet(twin.node, twin.identity, self._road, most=40)
        except Problem as fault:
            said = fault.code
        self._lose(twin)
        twin.node.database.engine.dispose()
        shutil.rmtree(elsewhere)
        return f"{box.name} {said}"

    # ----------------------------------------------------------------------------------------------------------- the end

    def _lose(self, box: Box) -> None:
        self.dead |= told(box).keys()

    def heal(self) -> None:
        """Roads are good again: what is a copy says so and is healed; then two meetings each must be enough."""
        live: dict[bytes, Fact | None] = {}
        trusted = [box for name, box in self.boxes.items() if name not in self.revoked]
        for box in trusted:
            live |= told(box)
        fields = [box for box in trusted if box.name != "hub"]
        for _ in range(4):
            for box in fields:
                exchange.meet(box.node, box.identity, lambda content: exchange.answer(self.hub.node, self.hub.identity, content))
            for box in trusted:
                with box.node.database.reading() as c:
                    trouble = peers.said(c).get("trouble")
                if trouble:
                    self.say(f"    {box.name} heals: {trouble}")
                    joining.heal(box.node, box.identity)
                    box.node.database.engine.dispose()
                    box.node = self._open(box.name)
        met = []
        for _ in range(2):
            met = [exchange.meet(box.node, box.identity, lambda content: exchange.answer(self.hub.node, self.hub.identity, content))
                   for box in fields]
        assert all(m.in_step for m in met), f"not in step: {[m.why for m in met if not m.in_step]}"
        states = {box.name: box.state() for box in trusted if box.name not in LIMITED}
        assert len(set(states.values())) == 1, f"states differ: {states}"
        with self.hub.node.database.reading() as c:
            gone = erasure.gone(c)
        lost = {digest for digest in live.keys() - told(self.hub).keys() if not self._is_aside(digest)
                and not (gone is not None and (fact := live[digest]) is not None and gone.holds(fact))}
        assert not lost, f"{len(lost)} entries were lost that a live disk held"
        self._photos_are_at_the_hub()
        for box in trusted:
            rebuilding.rebuild(box.node.database, verify=True)
            came_back = [fact for fact in told(box).values() if fact is not None and gone is not None and gone.holds(fact)]
            assert not came_back, f"{box.name} holds {len(came_back)} bodies that were erased"
            if box.name in LIMITED:
                assert not self._out_of_scope(box), f"{box.name} holds bodies that it may not hold"
        self.close()

    def _photos_are_at_the_hub(self) -> None:
        with self.hub.node.database.reading() as c:
            shown = c.execute(select(table(Note).c.photo, table(Note).c.media, table(Note).c.kept).where(
                table(Note).c.photo != "", table(Note).c.withdrawn.is_(False))).all()
        missing = [digest for digest, media, kept in shown if kept not in self.revoked
                   and photos.is_here(self.boxes[kept].node.config.data, digest, media)
                   and not photos.is_here(self.hub.node.config.data, digest, media)]
        assert not missing, f"{len(missing)} of {len(shown)} photos did not come to the hub"

    def _out_of_scope(self, box: Box) -> list[object]:
        with self.hub.node.database.reading() as c:
            known = peers.book(c, self.hub.node, self.hub.identity).by_name(box.name)
            scope = scope_of(c, self.hub.node, known)
        with box.node.database.reading() as c:
            held = c.execute(select(WRITER.c.writer, ENTRY.c.kind, ENTRY.c.subject, ENTRY.c.other).join(
                WRITER, WRITER.c.id == ENTRY.c.source).where(ENTRY.c.body.is_not(None))).all()
        return [row for row in held if not scope.holds(*row)]

    def _is_aside(self, digest: bytes) -> bool:
        return any(digest in waiting(box) for box in self.boxes.values())

    def close(self) -> None:
        for box in self.boxes.values():
            box.node.database.engine.dispose()
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    template = Template()
    for number in map(int, sys.argv[1:]):
        history = History(template, number, say=print)
        try:
            history.play()
        finally:
            history.close()
    template.remove()

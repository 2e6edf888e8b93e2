"""`barrio node ...`, `barrio sync ...`, `barrio backup` and `restore`, as the operator reads them."""

from __future__ import annotations

import sys
import threading
from argparse import Namespace
from pathlib import Path

from sqlalchemy import insert

from gateway import config, locks
from gateway.errors import Problem
from gateway.journal.canonical import iso
from gateway.machine import speaking
from gateway.node import Node, open_node
from offline_sync import backup as backups
from offline_sync import bundle, joining, meeting, offering, peers, pictures, quarantine, refusals, status
from offline_sync.checking import check
from offline_sync.identity import Identity, create_identity
from offline_sync.taking import PARCEL, Result, take

LONGEST_INVITATION = 20_000


def _opened() -> tuple[Node, Identity]:
    node = open_node(config.load())
    return node, create_identity(node.config.data)


def node_invite(args: Namespace) -> int:
    node, identity = _opened()
    print(joining.invite(node, identity, args.name, args.areas.split(","), args.clearance), end="")
    with node.database.reading() as c:
        made = [known for known in peers.book(c, node, identity).members if known.name == args.name][-1]
    what = "everything, restricted reports and numberless senders included" if made.is_full else \
        f"what lies in {', '.join(made.areas)}" + (", restricted reports included" if made.clearance == "restricted" else
                                                   "; nothing restricted, nothing unclassified")
    print(f"{args.name} will get {what}. Whoever holds this invitation can join once: carry it like a key.\n"
          f"Next, on the node: barrio node join FILE", file=sys.stderr)
    return 0


def node_join(args: Namespace) -> int:
    node, identity = _opened()
    try:
        with Path(args.file).open("rb") as file:
            text = file.read(LONGEST_INVITATION).decode()
    except (OSError, UnicodeDecodeError) as fault:
        raise Problem("node.refused", reason=f"{args.file} cannot be read ({type(fault).__name__})",
                      hint="Name the file of the invitation.") from None
    said = joining.join(node, identity, text)
    print(f"{said['name']} joins {said['hub']['name']} with {', '.join(said['areas'])}.\n"
          f"Next: barrio sync run --once          (over the network, {node.config.sync.hub_url or said['hub']['url']})\n"
          f"  or: barrio sync export --to {said['hub']['name']} FILE   (on a stick; the hub knows this node once it imported that)")
    return 0


def node_revoke(args: Namespace) -> int:
    node, _ = _opened()
    known = joining.revoke(node, args.name, args.why)
    print(f"{args.name} is revoked. Its {known:,} entries that are known here stand; later ones will be kept apart for a person.")
    return 0


def node_heal(args: Namespace) -> int:
    node, identity = _opened()
    print(joining.heal(node, identity))
    return 0


def sync_export(args: Namespace) -> int:
    node, identity = _opened()
    print(export(node, identity, args.to, Path(args.file)))
    return 0


def export(node: Node, identity: Identity, name: str, path: Path) -> str:
    """Write a bundle for that node, and note that it left; what became of it, in words."""
    with node.database.writing() as c:
        book = peers.book(c, node, identity)
        if book.hub is None:
            raise Problem("sync.not_joined")
        to = book.by_name(name)
        made = offering.offer(c, node, identity, book, to, room=pictures.ROOM_ON_A_STICK)
        bundle.write(path, made.content)  # before it is noted: what could not be written was not made
        c.execute(insert(PARCEL).values(id=made.id, peer=to.name, made_at=iso(node.now()), entries=made.entries))
        peers.remember(c, peers.peer(c, to.name), told_at=iso(node.now()))
    said = [f"{path}: {made.entries:,} entries for {to.name}", f"{len(made.content):,} bytes"]
    said += [f"{made.late:,} bodies of entries it knows"] if made.late else []
    said += [f"{made.withheld:,} bodies withheld"] if made.withheld else []
    said += [f"{made.recalled:,} bodies called back"] if made.recalled else []
    said += [f"{made.photos:,} photos"] if made.photos else []
    return ", ".join([*said, "read again and whole."]) + (" There is more: export again when its receipt came." if made.more else "")


def sync_import(args: Namespace) -> int:
    node, identity = _opened()
    path = Path(args.file)
    try:
        result = bring_in(node, identity, bundle.read(path), path.name)
    except Problem as fault:
        refusals.note(node, fault)
        raise
    print(in_words(result))
    return 0


def bring_in(node: Node, identity: Identity, content: bytes, source: str) -> Result:
    """Check the whole of a bundle, then take it in one transaction."""
    batch = bundle.unseal(identity, content, source)
    del content  # a large one is not to lie here twice
    with node.database.reading() as c:
        checked = check(batch, peers.book(c, node, identity), source)
    with node.database.writing() as c:
        return take(c, node, identity, checked, source)


def in_words(result: Result) -> str:
    taken = result.taken
    said = [f"From {result.sender.name}: {taken.appended:,} applied, {taken.known:,} already known, {taken.filled:,} bodies filled in, "
            f"{len(result.waiting)} waiting."]
    said += [f"{result.recalled:,} bodies that may not be here any more were taken out."] if result.recalled else []
    said += [f"{result.photos:,} photos kept."] if result.photos else []
    said += [f"{result.sender.name} is a node of ours now."] if result.enrolled else []
    said += [f"{result.sender.name} was REVOKED {result.sender.revoked_at[:16]}."] if result.sender.revoked_at else []
    return "\n".join([*said, *(f"waiting: {words}" for words in result.waiting)])


def sync_status(args: Namespace) -> int:
    node, identity = _opened()
    print(standing_in_words(node, identity))
    return 0


def standing_in_words(node: Node, identity: Identity) -> str:
    """The status, a line for each node and for whatever waits."""
    return "\n".join(status.report(node, identity))


def sync_run(args: Namespace) -> int:
    """Meet the hub, again and again; with --once until in step or not, and the exit code says which."""
    speaking.start()
    if not args.once:
        locks.hold(config.load().data, "sync")  # before the database is opened: a restore takes it away
    node, identity = _opened()
    if node.config.node.role == "hub":
        print("Field nodes call the hub (POST /sync/exchange of barrio web); there is nothing to run here. See: barrio sync status")
        return 0
    if not args.once:
        meeting.keep_meeting(node, identity, threading.Event(), lambda words: print(words, flush=True))
        return 0
    met = meeting.once(node, identity)
    print(meeting.in_words(met))
    return 0 if met.in_step else 1


def sync_waiting(args: Namespace) -> int:
    node, identity = _opened()
    with node.database.reading() as c:
        kept = quarantine.kept(c, node, identity)
    for each in kept:
        print(each)
    print("Take it as fact: barrio sync accept ID (at the hub). Or never: barrio sync refuse ID" if kept else "Nothing waits for a person.")
    return 0


def sync_accept(args: Namespace) -> int:
    node, identity = _opened()
    print(f"{quarantine.accept(node, identity, args.id, why=args.why):,} entries are facts now; other nodes hear of it when they sync.")
    return 0


def sync_refuse(args: Namespace) -> int:
    node, _ = _opened()
    print(f"{quarantine.refuse(node, args.id):,} entries are refused, and stay so when they come again.")
    return 0


def backup(args: Namespace) -> int:
    node, _ = _opened()
    count = backups.backup(node, Path(args.file))
    print(f"{args.file}: {count:,} entries, numbers and keys included.\n"
          "Whoever holds it can read everything: lock it away, off this machine.")
    return 0


def restore(args: Namespace) -> int:
    loaded = config.load()
    from gateway import clock
    done = backups.restore(loaded, Path(args.file), clock.now())
    print(f"{done.entries:,} entries of {done.made_at[:16].replace('T', ' ')} stand again, under epoch {done.epoch}."
          + (f" The database that was here lies in {done.aside.name}." if done.aside else "")
          + "\nNext: let every node sync before texts are taken in; what was lost here since comes back from them.\n"
          "See: barrio sync status")
    return 0

"""What each command of the operator does; it returns the exit code. The commands themselves and their options are in `cli`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from gateway import config
from gateway.errors import Problem
from gateway.rules import OFFICER

Run = Callable[[argparse.Namespace], int]

# Each command imports what it needs when it runs: `barrio parse` must not wait for a web framework.

def demo(args: argparse.Namespace) -> int:
    from gateway.demo.run import demo
    return demo(args.port, Path(args.data) if args.data else None, city=args.city, quiet=args.quiet_phones)


def init(args: argparse.Namespace) -> int:
    from gateway.machine.instance import create
    made = create(Path(args.directory), city=args.city, role=args.role, name=args.name, bind=args.bind,
                  public_url=args.public_url, database_url=args.database_url)
    first = "node join FILE   (the invitation that the hub made for it: node invite)" if made.node.role == "field" else (
        "user add NAME --role planner")
    print(f"Made {made.node.role} node {made.node.name} for {made.node.city} in {args.directory}.\n"
          f"Next: barrio --config {made.directory / 'config.toml'} {first}\n"
          f"      barrio --config {made.directory / 'config.toml'} check\n"
          f"      barrio --config {made.directory / 'config.toml'} up")
    return 0


def check(args: argparse.Namespace) -> int:
    from gateway.machine.doctor import examine
    faults = doubts = 0
    for finding in examine(config.load()):
        print(finding)
        faults += finding.is_fault
        doubts += finding.is_doubt
    print(f"{faults} fault(s)." if faults else f"No fault, but {doubts} note(s) to look at." if doubts else "Everything is well.")
    return 1 if faults else 0


def web(args: argparse.Namespace) -> int:
    from gateway.machine.serve import serve
    serve(config.load())
    return 0


def worker(args: argparse.Namespace) -> int:
    from gateway import locks
    from gateway.machine import jobs, speaking
    from gateway.machine.worker import run
    from gateway.node import approach, check_writable, open_node
    speaking.start()
    node = (open_node if args.burst else approach)(config.load())
    if node.config.is_sqlite:
        check_writable(node)
    if args.burst:
        jobs.work(node)
        return 0
    if node.config.is_sqlite:
        locks.hold(node.config.data, "worker")
    run(node)
    return 0


def broker(args: argparse.Namespace) -> int:
    from gateway import locks
    from gateway.machine import broker
    loaded = config.load()
    if loaded.queue.url != "embedded":
        raise Problem("usage", reason=f"queue.url is {loaded.queue.url}, so no broker of ours is needed")
    locks.hold(loaded.data, "broker")
    broker.become(loaded)


def say(args: argparse.Namespace) -> int:
    from gateway.operator.console import converse
    for answer in converse(config.load(), args.number, args.text):
        print(answer)
    return 0


def parse(args: argparse.Namespace) -> int:
    from gateway.operator.reading import read_lines
    read_lines(args.file, args.city, keywords_alone=args.keywords)
    return 0


def classify(args: argparse.Namespace) -> int:
    action, *rest = args.words or ["-"]
    if action == "again" and not rest:
        from gateway.needs import judging
        from gateway.node import open_node
        node = open_node(config.load())
        count = judging.ask_again(node, node.now() - args.since if args.since else None)
        print(f"{count} report(s) will be classified again by the worker. What people and residents said stays.")
        return 0
    from gateway.operator import classifying
    if len(args.words) > (2 if action in ("train", "evaluate") else 1) or (action in ("train", "evaluate") and not rest):
        raise Problem("usage", reason=f"`barrio classify {' '.join(args.words)[:60]}` names no one file")
    if action == "train":
        from gateway.operator.training import train
        train(rest[0], Path(args.out) if args.out else None, alone=args.alone)
    elif action == "evaluate":
        classifying.evaluate(rest[0], args.city)
    else:
        classifying.classify_lines(action, args.city)
    return 0


def export(args: argparse.Namespace) -> int:
    from dashboards import exports
    from gateway.node import open_node
    if not all("=" in said for said in args.ask):
        raise Problem("usage", reason="--ask is NAME=VALUE, for example --ask budget=60000")
    asked = dict(said.split("=", 1) for said in args.ask)
    node = open_node(config.load())
    if not args.out:
        exports.write(node, args.what, args.format, sys.stdout.buffer, asked)
        sys.stdout.flush()
        return 0
    # beside the file and then in its place: an export that fails leaves the old file as it was
    out = Path(args.out)
    new = out.with_name(f".{out.name}.new")
    try:
        with new.open("wb") as file:
            exports.write(node, args.what, args.format, file, asked)
        new.replace(out)
    finally:
        new.unlink(missing_ok=True)
    return 0


def bring_in(args: argparse.Namespace) -> int:
    from gateway.importing.command import import_file
    from gateway.node import open_node
    return import_file(open_node(config.load()), args)


def rank(args: argparse.Namespace) -> int:
    from gateway.node import open_node
    from gateway.ranking.command import rank_needs
    rank_needs(open_node(config.load()), args.made, args.as_of, max(1, args.most))
    return 0


def rebuild(args: argparse.Namespace) -> int:
    from gateway.journal.rebuilding import rebuild
    from gateway.node import open_node
    done = rebuild(open_node(config.load()).database, verify=args.verify)
    print(f"{done.entries} entries folded, state {done.state_hash}" + (", chain and tables as they were" if args.verify else ""))
    return 0


def state_hash(args: argparse.Namespace) -> int:
    from gateway.journal.projections import state_hash
    from gateway.node import open_node
    with open_node(config.load()).database.reading() as c:
        print(state_hash(c))
    return 0


def reconcile(args: argparse.Namespace) -> int:
    from gateway.doors.reconcile import reconcile
    from gateway.node import open_node
    results = reconcile(open_node(config.load()), args.since)
    for result in results:
        print(f"{result.channel}: {result.listed} listed, {result.recovered} recovered")
    if not results:
        print("No channel that keeps a list is configured; nothing to compare.")
    return 0


def erase(args: argparse.Namespace) -> int:
    from gateway.decisions import erasing
    from gateway.node import open_node
    node = open_node(config.load())
    there = erasing.held(node, args.who)
    print(f"{there['texts']} text(s) and {there['reports']} report(s) of one phone, and its number: here and on every node, for good.")
    if not args.yes and _answered("Type ERASE to go on: ") != "ERASE":
        print("Nothing was erased. Type ERASE when asked, or say --yes.", file=sys.stderr)
        return 2
    count = erasing.erase_sender(node, args.who, why=args.why, by="operator")
    print(f"{count} entries lost their words; their number is gone. Other nodes follow at their next sync.\n"
          "Backups made before still hold them: make a new one and destroy the old.")
    return 0


def _answered(question: str) -> str:
    """What the person at the keyboard answers; nothing, when there is none."""
    try:
        return input(question).strip()
    except EOFError:
        return ""


def spool(args: argparse.Namespace) -> int:
    from gateway.doors.spool import Spool
    from gateway.node import approach, open_node
    if args.what == "retry":
        spool = Spool(open_node(config.load()))
        print(f"{spool.retry()} text(s) came in.")
    else:
        spool = Spool(approach(config.load()))  # that the database is away is when somebody asks
    held = spool.held()
    for file in held:
        print(f"{'refused' if file.refused else 'waits  '}  {file.texts} text(s), the first of {file.since}  {file.name}")
    if not held:
        print("Nothing waits and nothing is refused.")
    return 1 if any(file.refused for file in held) else 0


def node(args: argparse.Namespace) -> int:
    from offline_sync import command
    run: Run = getattr(command, f"node_{args.what}")
    return run(args)


def sync(args: argparse.Namespace) -> int:
    from offline_sync import command
    run: Run = getattr(command, f"sync_{args.what}")
    return run(args)


def backup(args: argparse.Namespace) -> int:
    from offline_sync import command
    return command.backup(args)


def restore(args: argparse.Namespace) -> int:
    from offline_sync import command
    return command.restore(args)


def user(args: argparse.Namespace) -> int:
    from gateway.decisions import colleagues, planning
    from gateway.node import open_node
    node = open_node(config.load())
    if args.what == "list":
        for one in planning.accounts(node):
            marks = [mark for mark, true in (("closed", not one["enabled"]), ("of the hub", not one["here"])) if true]
            print("  ".join([one["name"], one["role"], ",".join(one["areas"]), *marks]))
        return 0
    if args.what == "areas":
        codes = colleagues.areas(node, args.name, OFFICER, args.areas)
        role = planning.change_account(node, args.name, areas=codes)
        print(colleagues.may_see(node, args.name, role, codes))
        return 0
    if args.what == "add":
        codes = colleagues.areas(node, args.name, args.role, args.areas, input if sys.stdin.isatty() else None)
        planning.enrol(node, args.name, args.role, codes, _new_password(args.name))
        print(colleagues.may_see(node, args.name, args.role, codes, chosen=args.areas is not None))
    else:
        password = _new_password(args.name) if args.what == "password" else None
        planning.change_account(node, args.name, password=password, enabled={"close": False, "open": True}.get(args.what))
        print({"close": f"{args.name} is shut out, here at once and on other nodes at their next sync.",
               "open": f"{args.name} may sign in again.",
               "password": f"{args.name} has a new password; the old one opens nothing."}[args.what])
    return 0


def _new_password(name: str) -> str:
    return os.environ.get("BARRIO_PASSWORD") or _asked(f"Password for {name} (at least 12 characters): ")


def duty(args: argparse.Namespace) -> int:
    from gateway.governing import duty
    from gateway.node import open_node
    if args.what != "list" and not args.name:
        raise Problem("usage", reason=f"say whose phone to {args.what}")
    node = open_node(config.load())
    if args.what == "add":
        duty.add(node, args.name, args.number or os.environ.get("BARRIO_NUMBER") or _asked("Number, with the country's prefix: "),
                 args.language)
        print(f"{args.name} is told of emergencies from now on.")
    elif args.what == "remove":
        gone = duty.remove(node, args.name)
        print(f"{gone} phone(s) of {args.name} are told no more.")
        return 0 if gone else 1
    else:
        with node.database.reading() as c:
            phones = duty.listed(c)
        for phone in phones:
            print(f"{phone.name}  {phone.language}  since {phone.since[:10]}")
        if not phones:
            print("Nobody is told of emergencies: barrio duty add NAME")
    return 0


def sending(args: argparse.Namespace) -> int:
    import getpass

    from gateway.governing import governor
    from gateway.node import open_node
    node = open_node(config.load())
    if args.what == "stop":
        governor.stop(node, by=getpass.getuser(), why=args.why)
    elif args.what == "start" and not governor.start(node):
        print("Nothing was stopped.")
        return 1
    with node.database.reading() as c:
        spent, stopped = governor.spent(c, node, node.now()), governor.stopped(c)
    if stopped is not None:
        print(f"Nothing leaves since {stopped.at[:16]} ({stopped.by}{': ' if stopped.why else ''}{stopped.why}): barrio sending start")
    for name, segments, cap in (("today", spent.day, spent.day_cap), ("this month", spent.month, spent.month_cap)):
        print(f"{name}: {segments} segments{f' of {cap}' if cap else ''}")
    if spent.price:
        print(f"this month so far: {spent.cost:.2f}")
    else:
        print("what it costs is not known: write governor.price_per_segment into config.toml")
    return 0


def _asked(question: str) -> str:
    import getpass
    try:
        return getpass.getpass(question)
    except EOFError:
        raise Problem("usage", reason="there is no keyboard to ask; set BARRIO_PASSWORD, or BARRIO_NUMBER for a phone") from None


def bench(args: argparse.Namespace) -> int:
    from gateway.bench import classify, intake, month, pages, parsing, syncing
    if args.what == "parse":
        parsing.run(args.texts)
    elif args.what == "classify":
        classify.run(args.texts, args.curve)
    elif args.what == "sync":
        syncing.run(args.texts)
    elif args.what == "pages":
        from gateway.bench.planting import Town
        pages.run(Town(args.reports, args.needs, args.places), args.postgres)
    elif args.what == "month":
        month.run(args.reporters, args.price)
    else:
        intake.run(args.texts, [int(n) for n in args.clients.split(",")], args.postgres)
    return 0

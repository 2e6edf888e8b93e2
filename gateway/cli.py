"""`barrio`: every command of the operator. Errors are one clear line; exit code 2 for usage and configuration, 1 otherwise."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import timedelta

from gateway import cities, config
from gateway.errors import Problem
from gateway.operator import operating
from gateway.rules import ROLES


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of the console script; returns the exit code."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.config:
        os.environ["BARRIO_CONFIG"] = args.config
    try:
        run: operating.Run = args.run
        return run(args)
    except Problem as fault:
        print(f"barrio: {fault}", file=sys.stderr)
        return fault.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `barrio export ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as fault:
        return _unforeseen(fault)


def _unforeseen(fault: Exception) -> int:
    from gateway.journal.database import fault_in_words, is_away
    if is_away(fault):
        print(f"barrio: {Problem('database.away', reason=fault_in_words(fault))}", file=sys.stderr)
        return 1
    if isinstance(fault, OSError):
        print(f"barrio: {fault.strerror}: {fault.filename}", file=sys.stderr)
        return 1
    raise fault


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="barrio", description="From residents' SMS to a neighbourhood's upgrade programme.")
    parser.add_argument("--config", metavar="FILE", help="configuration (default ./config.toml, or $BARRIO_CONFIG)")
    every = argparse.ArgumentParser(add_help=False)
    every.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name: str, run: operating.Run, help: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=help, description=help, parents=[every])
        added.set_defaults(run=run)
        return added

    demo = command("demo", operating.demo, "a fresh city with a phone simulator in the browser; Ctrl-C stops all")
    demo.add_argument("--port", type=int, default=8000)
    demo.add_argument("--data", metavar="DIR", help="where to keep it (default: a temporary directory, removed at the end)")
    demo.add_argument("--city", default="la-paz", choices=cities.known())
    demo.add_argument("--quiet-phones", action="store_true", help="no sample residents: only the phones you use yourself")

    init = command("init", operating.init, "make an instance: config.toml, keys, database, city pack")
    init.add_argument("directory", metavar="DIR")
    init.add_argument("--city", default="la-paz")
    init.add_argument("--role", default="hub", choices=("hub", "field"))
    init.add_argument("--name")
    init.add_argument("--bind", default="127.0.0.1:8000")
    init.add_argument("--public-url")
    init.add_argument("--database-url", default="sqlite:///barrio.db")

    command("check", operating.check, "the doctor: every fault of this instance, with a hint each")
    command("up", _up, "all processes of this box under one supervisor")
    command("web", operating.web, "the web process: webhooks and pages")
    worker = command("worker", operating.worker, "the worker process: classification, outbox, reconcile")
    worker.add_argument("--burst", action="store_true", help="do what is due and end")
    command("broker", operating.broker, "the embedded broker alone (part of `barrio up`)")

    text = command("text", operating.say, "send a text as a resident at this keyboard and print the answer")
    text.add_argument("text")
    text.add_argument("--from", dest="number", required=True, type=_number, metavar="+59170000001")

    parse = command("parse", operating.parse, "understand texts: lines or JSON lines in, JSON lines out")
    parse.add_argument("file", nargs="?", default="-")
    parse.add_argument("--city")
    parse.add_argument("--keywords", action="store_true", help="ask the keywords alone, without the trained model")

    sort = command("classify", operating.classify,
                   "what texts are about: lines or JSON lines in, JSON lines out; or train, evaluate, again")
    sort.add_argument("words", nargs="*", metavar="[train|evaluate|again] FILE", help="a file or `-` of texts; `train` and "
                      "`evaluate` take a CSV text,label[,lang,sex]; `again` has the reports of this instance classified once more")
    sort.add_argument("--city")
    sort.add_argument("--out", metavar="FILE", help="train: where to write the model (default: meaning.npz in the data directory)")
    sort.add_argument("--alone", action="store_true", help="train: learn from the file alone, without the shipped corpus")
    sort.add_argument("--since", type=_hours, metavar="7d", help="again: only reports filed since")

    export = command("export", operating.export, "write what the pages show to a file")
    export.add_argument("what", choices=("messages", "reports", "needs", "links", "outbox", "ranking", "ranking-figures", "watch",
                                         "proposals", "budget", "budget-figures", "indicators", "indicator-counts", "areas", "flows",
                                         "indicator-hours", "clusters", "trips", "trip-minutes", "trip-figures",
                                         "ages", "trends", "months", "compare", "place", "agenda", "minutes", "weights"))
    export.add_argument("--format", default="jsonl", choices=("jsonl", "csv", "xlsx", "geojson", "hxl"))
    export.add_argument("--ask", metavar="NAME=VALUE", action="append", default=[],
                        help="what the page is asked: run, place, covered, budget, floor, period ...")
    export.add_argument("--out", metavar="FILE")

    bring = command("import", operating.bring_in, "take a city's own places, boundaries, programmes or works from a CSV or GeoJSON file")
    bring.add_argument("what", choices=("places", "boundaries", "programmes", "works", "components",
                                                 "catchments", "budgets", "milestones", "facts"))
    bring.add_argument("file", metavar="FILE")
    bring.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
    bring.add_argument("--skip-refused", action="store_true", help="take the good rows though others are refused")
    for name, help in (("name", "the name"), ("code", "Barrio's code (S1701)"), ("key", "the file's own identity of a place"),
                       ("parent", "the place it lies in"), ("lat", "the latitude"), ("lon", "the longitude")):
        bring.add_argument(f"--{name}-field", metavar="COLUMN", help=f"column of {help}; or a text with {{columns}}, or =VALUE")
    bring.add_argument("--alt-field", metavar="COLUMN", action="append", default=[], help="a column with other names (repeatable)")
    bring.add_argument("--column", metavar="OURS=THEIRS", action="append", default=[], help="all but places: how a column is called")
    bring.add_argument("--where", metavar="COLUMN=VALUE", action="append", default=[], help="only rows that say so (repeatable)")
    bring.add_argument("--mapping", metavar="FILE", help="a TOML file with the same options")
    bring.add_argument("--level", metavar="WORD", help="what the places are: otb, district, ...")
    bring.add_argument("--prefix", metavar="LETTERS", help="how the codes of new districts begin")
    bring.add_argument("--keep-case", action="store_true", help="leave names in capitals as they are")
    bring.add_argument("--exact", action="store_true", help="do not take a name for one that sounds the same")
    bring.add_argument("--rename", action="store_true", help="a code with another name is a place that was renamed")

    order = command("rank", operating.rank, "rank all needs by the council's weights and keep the run, or show an old run again")
    order.add_argument("--run", dest="made", metavar="ID", default="", help="show this run again, from what it kept")
    order.add_argument("--as-of", metavar="DAY", default="", help="the day of a new run (default: today)")
    order.add_argument("--most", type=int, default=20, metavar="N", help="lines of each list")

    rebuild = command("rebuild", operating.rebuild, "fold the journal again into the tables")
    rebuild.add_argument("--verify", action="store_true", help="check the chain and that the fold reproduces the tables exactly")
    command("state-hash", operating.state_hash, "a hash of the folded state")

    again = command("reconcile", operating.reconcile, "fetch what the provider delivered and we never got")
    again.add_argument("--since", default="48h", type=_hours, metavar="48h")

    erasing = command("erase", operating.erase,
                      "a person asks to be forgotten: all they wrote goes, here and on every node at its next sync")
    erasing.add_argument("who", help="the number with its prefix, or the reference of one of their reports")
    erasing.add_argument("--why", default="", help="a word for the journal, no names")
    erasing.add_argument("--yes", action="store_true", help="do not ask first")

    spool = command("spool", operating.spool, "texts that wait for the database, or that it refused")
    spool.add_argument("what", choices=("list", "retry"), help="list: what is there; retry: bring in what was refused")

    nodes = command("node", operating.node, "other machines that share this journal").add_subparsers(metavar="WHAT", required=True)
    inviting = nodes.add_parser("invite", parents=[every], help="at the hub: an invitation for a field node, to stdout")
    inviting.add_argument("name")
    inviting.add_argument("--areas", required=True, metavar="A,B", help="place codes; '*' is everywhere")
    inviting.add_argument("--clearance", choices=("open", "restricted"),
                          help="whether it gets restricted and unclassified reports too (default: only with --areas '*')")
    joining = nodes.add_parser("join", parents=[every], help="on a field node: take an invitation up")
    joining.add_argument("file", metavar="FILE")
    revoking = nodes.add_parser("revoke", parents=[every], help="at the hub: trust a node no more (stolen, sold, gone wrong)")
    revoking.add_argument("name")
    revoking.add_argument("--why", default="", help="a word for the journal")
    healing = nodes.add_parser("heal", parents=[every], help="this data directory was copied or put back by hand: become one node again")
    for added, what in ((inviting, "invite"), (joining, "join"), (revoking, "revoke"), (healing, "heal")):
        added.set_defaults(run=operating.node, what=what)

    syncs = command("sync", operating.sync, "exchange entries with other nodes").add_subparsers(metavar="WHAT", required=True)
    running = syncs.add_parser("run", parents=[every], help="on a field node: meet the hub, again and again")
    running.add_argument("--once", action="store_true", help="meet it now and end; exit code 1 when not in step")
    exporting = syncs.add_parser("export", parents=[every], help="write a bundle for a node, to carry on a stick")
    exporting.add_argument("--to", required=True, metavar="NAME")
    exporting.add_argument("file", metavar="FILE")
    importing = syncs.add_parser("import", parents=[every], help="take a bundle in")
    importing.add_argument("file", metavar="FILE")
    standing = syncs.add_parser("status", parents=[every], help="what each node has, since when, what waits and why")
    apart = syncs.add_parser("waiting", parents=[every], help="what was kept apart for a person: entries of revoked or copied nodes")
    accepting = syncs.add_parser("accept", parents=[every], help="at the hub: what a revoked node wrote later is fact after all")
    refusing = syncs.add_parser("refuse", parents=[every], help="it is no fact, whoever brings it again")
    for deciding in (accepting, refusing):
        deciding.add_argument("id", metavar="ID", help="the first characters of a line of `barrio sync waiting`")
    accepting.add_argument("--why", default="", help="a word for the journal")
    for added, what in ((running, "run"), (exporting, "export"), (importing, "import"), (standing, "status"), (apart, "waiting"),
                        (accepting, "accept"), (refusing, "refuse")):
        added.set_defaults(run=operating.sync, what=what)

    command("backup", operating.backup, "write the journal, the numbers and the keys to one file").add_argument("file", metavar="FILE")
    restoring = command("restore", operating.restore, "put a backup in the place of this instance, under a new epoch")
    restoring.add_argument("file", metavar="FILE")

    user = command("user", operating.user, "people who may sign in").add_subparsers(metavar="WHAT", dest="what", required=True)
    adding = user.add_parser("add", parents=[every], help="enrol a colleague")
    adding.add_argument("name")
    adding.add_argument("--role", required=True, choices=ROLES)
    adding.add_argument("--areas", metavar="A,B", help="places of an officer, with all that lies in them; '*' is everywhere (asked for)")
    adding.set_defaults(run=operating.user)
    user.add_parser("list", parents=[every], help="who may sign in here").set_defaults(run=operating.user)
    for what, said in (("password", "give a colleague another password"), ("close", "shut a colleague out"), ("open", "let them in again")):
        changing = user.add_parser(what, parents=[every], help=f"{said}; what they are signed in to ends at once")
        changing.add_argument("name")
        changing.set_defaults(run=operating.user)
    moving = user.add_parser("areas", parents=[every], help="give an officer other areas, from their next page on")
    moving.add_argument("name")
    moving.add_argument("areas", metavar="A,B", help="place codes, comma-separated; '*' is everywhere")
    moving.set_defaults(run=operating.user)

    on_duty = command("duty", operating.duty, "phones that are told of emergencies by SMS")
    on_duty.add_argument("what", choices=("add", "list", "remove"))
    on_duty.add_argument("name", nargs="?", help="whose phone it is; the pages never show the number")
    on_duty.add_argument("--number", metavar="+59170000001", help="asked for when it is left out, so that no shell keeps it")
    on_duty.add_argument("--language", default="", help="es, fr, en, ar or ary; else the city's")

    sending = command("sending", operating.sending, "what leaves this machine and what it costs; the switch that stops it")
    sending.add_argument("what", choices=("show", "stop", "start"))
    sending.add_argument("--why", default="", help="stop: a word for colleagues")

    bench = command("bench", operating.bench, "measure this machine, or what a month of SMS costs; prints a table")
    bench.add_argument("what", choices=("intake", "parse", "classify", "sync", "pages", "month"))
    bench.add_argument("--texts", type=int, default=6000)
    bench.add_argument("--curve", action="store_true", help="classify: also how much 0, 50, 200 and 1,000 corrections teach (minutes)")
    bench.add_argument("--clients", default="16,64")
    bench.add_argument("--reports", type=int, default=48_000, help="pages: how many reports the city has")
    bench.add_argument("--needs", type=int, default=6_000, help="pages: and how many needs")
    bench.add_argument("--places", type=int, default=0, help="pages: and how many places, where they are more than the city pack has")
    bench.add_argument("--reporters", type=int, default=50_000, help="month: how many people text the city")
    bench.add_argument("--price", type=float, default=0.10, help="month: what a segment costs")
    bench.add_argument("--postgres", metavar="URL", help="also measure on this PostgreSQL database (it is emptied); pages: on it alone")
    return parser


def _up(args: argparse.Namespace) -> int:
    from gateway.machine.supervisor import up
    return up(config.load(), main)


def _number(text: str) -> str:
    """A phone number with its country's prefix."""
    from gateway.phone import is_phone
    if not is_phone(text):
        raise argparse.ArgumentTypeError("write it with the country's prefix, for example +59170000001")
    return text


def _hours(text: str) -> timedelta:
    """48h, 7d or 30m as a span."""
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if len(text) < 2 or text[-1] not in units or not text[:-1].isdigit():
        raise argparse.ArgumentTypeError("write it as 48h, 7d or 30m")
    return timedelta(**{units[text[-1]]: int(text[:-1])})

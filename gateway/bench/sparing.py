"""What a month's texts cost as they are wished for, and what leaves of them by the rules of the outbox and its governor.

The rules are the real ones wherever they can be asked without a row for each text: classes, shares and caps (`governor.Purse`), numbers,
quiet hours. Digest, loop guard and "said already" are counted here as `telling` and `outbox` count them; a test holds the two together.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from gateway.bench.traffic import NEWS, Wish
from gateway.feedback import telling
from gateway.governing import governor, quiet
from gateway.needs import news
from gateway.node import Node
from gateway.sending import outbox
from gateway.words.fills import Value
from gateway.words.replies import ANSWERED_IN, LANGUAGES
from gateway.words.segments import measure

DAY: Final = timedelta(hours=24)
WHY: Final[Mapping[str, str]] = {
    "folded": "the same SMS, shorter: letters that cost less, names cut at a word",
    "digest": "news together, once a phone and day, and none of what is taken back within half an hour",
    "not_served": "premium and foreign numbers get nothing",
    "loop_guard": "a machine is answered five times and falls silent",
    "said_already": "the same words, that nobody asked for, once a day",
    "spam": "known spam is not answered",
    "expired": "found no room under the caps for a day: nothing spared, somebody was not told",
}


@dataclass(slots=True)
class Bill:
    """SMS and segments, by the row of the table."""

    texts: Counter[str] = field(default_factory=Counter)
    segments: Counter[str] = field(default_factory=Counter)

    def add(self, source: str, segments: int) -> None:
        self.texts[source] += 1
        self.segments[source] += segments


@dataclass(slots=True)
class Spared:
    """The bill without and with the rules, what each rule kept back, and the dearest day."""

    without: Bill = field(default_factory=Bill)
    governed: Bill = field(default_factory=Bill)
    kept: Bill = field(default_factory=Bill)
    days: Counter[str] = field(default_factory=Counter)
    left: list[Wish] = field(default_factory=list)


class Words:
    """What a wish costs, as its words stand (`plain`) and as `replies` makes them (`made`); each is measured once."""

    def __init__(self, node: Node) -> None:
        self._replies = node.replies
        self._known: dict[tuple[object, ...], int] = {}

    def made(self, wish: Wish) -> int:
        return self._measured(True, wish)

    def plain(self, wish: Wish) -> int:
        return self._measured(False, wish)

    def text(self, wish: Wish) -> str:
        return self._replies.text_for(wish.kind, wish.language, **dict(wish.fills)) or ""

    def _measured(self, made: bool, wish: Wish) -> int:
        key = made, wish.kind, wish.language, wish.fills
        if key not in self._known:
            self._known[key] = measure(self.text(wish) if made else self._as_written(wish)).segments
        return self._known[key]

    def _as_written(self, wish: Wish) -> str:
        spoken = ANSWERED_IN.get(wish.language, wish.language)
        text = self._replies.texts[wish.kind][spoken if spoken in LANGUAGES else LANGUAGES[0]]
        return text.format_map({name: _listed(value) for name, value in {**self._replies.city, **dict(wish.fills)}.items()})


def _listed(value: Value) -> str:
    return str(value) if isinstance(value, str | int) else " ".join(f"{n} {each}" for n, each in enumerate(value, 1))


def spare(node: Node, wishes: Sequence[Wish]) -> Spared:
    """Everything that is wished for, and what of it leaves."""
    found, words, plain = Spared(), Words(node), Counter[bool]()
    for wish in wishes:
        found.without.add(wish.source, words.plain(wish))
        plain[_is_news(wish)] += words.plain(wish)
    told = list(digested(node, [wish for wish in wishes if _is_news(wish)]))
    found.kept.texts["digest"] = sum(map(_is_news, wishes)) - len(told)
    found.kept.segments["digest"] = plain[True] - sum(map(words.made, told))
    _let_through(node, words, sorted([*(w for w in wishes if not _is_news(w)), *told], key=lambda w: w.at), found)
    return found


def _is_news(wish: Wish) -> bool:
    return wish.kind in news.KINDS


def digested(node: Node, wishes: Sequence[Wish]) -> Iterator[Wish]:
    """News as `telling` puts them together: each stage of a need once a phone, one text a day, what settled by then in one."""
    delay, by_phone = timedelta(minutes=node.config.news.delay_minutes), dict[str, dict[tuple[str, str], Wish]]()
    for wish in wishes:
        if not wish.taken_back:
            by_phone.setdefault(wish.phone, {}).setdefault((wish.need, wish.stage), wish)
    for phone in by_phone.values():
        pending, free = sorted(phone.values(), key=lambda w: w.at), None
        while pending:
            when = quiet.opening(max(pending[0].at + delay, free or pending[0].at), node.city.timezone, node.config.news.hours)
            known = [wish for wish in pending if wish.at <= when]
            settled = min(known[-1].at + delay, known[0].at + delay + telling.PATIENCE)
            when = quiet.opening(max(when, settled), node.city.timezone, node.config.news.hours)
            if pending[0].kind == news.ASK:
                known = pending[:1]
            known = [wish for wish in known if wish.kind != news.ASK or wish is pending[0]]
            now_stands = {wish.need: wish for wish in known}  # of two steps of one need the last is told
            told = list(now_stands.values())[:telling.MOST_IN_A_DIGEST]
            yield replace(told[0], at=when) if len(told) == 1 else replace(told[0], at=when, source=NEWS, kind=news.SEVERAL, fills=(
                ("needs", tuple(f"48215 {node.replies.stage(wish.stage, wish.language)}" for wish in told)),))
            needs, free = {wish.need for wish in told}, when + DAY
            pending = [wish for wish in pending if not (wish in known and wish.need in needs)]


def _let_through(node: Node, words: Words, wishes: Sequence[Wish], found: Spared) -> None:
    """In the order of time, what waits among them."""
    waiting = [(wish.at, n, wish) for n, wish in enumerate(wishes)]
    recent, said, silent = defaultdict[tuple[str, str], list[datetime]](list), dict[tuple[str, ...], datetime](), set[int]()
    rules, hours, timezone = node.config, node.config.news.hours, node.city.timezone
    purse: governor.Purse | None = None
    with ExitStack() as day:
        while waiting:
            now, n, wish = heapq.heappop(waiting)
            if purse is None or purse.keys != governor.keys(node, now):
                if purse is not None:
                    purse.close()
                    day.close()
                purse = governor.Purse(day.enter_context(node.database.writing()), node, now)
            lane, kind = outbox.lane_of(wish.kind), governor.class_of(wish.kind)
            words_said = (wish.phone, wish.kind, wish.language, str(wish.fills), wish.need)
            gone = {which: [at for at in recent[wish.phone, which] if at > now - DAY] for which in {lane, "answers", "urgent"}}
            most = rules.triage.alerts_per_day if lane == "duty" else rules.outbox.automatic_per_day + len(
                outbox.ALWAYS_ALLOWED) * (wish.kind in outbox.ALWAYS_ALLOWED)
            again = words_said in said and said[words_said] > now - DAY
            full = len(gone["answers"]) + len(gone["urgent"]) >= rules.outbox.automatic_per_day
            why = None
            if wish.known_spam:
                why = "spam"
            elif not governor.is_served(node, wish.phone):
                why = "not_served"
            elif wish.at < now - timedelta(hours=rules.outbox.expire_hours):
                why = "expired"
            elif wish.chain in silent or len(gone[lane]) >= most or (lane == "urgent" and again and full):
                why = "loop_guard"
            elif again and kind in governor.UNASKED:
                why = "said_already"
            segments = words.made(wish)
            if why is not None:
                silent |= {wish.chain} - {0}  # what was not answered writes no more
                found.kept.add(why, segments if _is_news(wish) else words.plain(wish))
                continue
            opening = quiet.opening(now, timezone, hours)
            if opening > now and kind != governor.EMERGENCY and (kind != governor.ACKNOWLEDGEMENT or wish.at < now - governor.FRESH):
                heapq.heappush(waiting, (opening, n, wish))
                continue
            if not purse.takes({"kind": wish.kind, "segments": segments}):
                heapq.heappush(waiting, (governor.tomorrow(node, now), n, wish))
                continue
            recent[wish.phone, lane] = [*gone[lane], wish.at]
            said[words_said] = wish.at
            found.left.append(wish)
            found.governed.add(wish.source, segments)
            found.days[purse.keys[0]] += segments
            if not _is_news(wish) and (shorter := words.plain(wish) - segments):
                found.kept.add("folded", shorter)
        if purse is not None:
            purse.close()

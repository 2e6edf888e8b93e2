"""Phones in the hand of a test: what each was sent, what it texts, and a channel that does as it is told."""

from __future__ import annotations

from collections.abc import Callable

from gateway.channels.values import Outcome, Sent
from gateway.doors import intake
from gateway.machine import jobs
from gateway.node import Node
from tests.conftest import Clock, sms

ANA, EVA = "+59170000001", "+59170000002"


class Phones:
    """What each phone was sent, and what the channel does with the next texts: `will` is asked before it."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        self.will: Callable[[], Outcome | None] = lambda: None

    def send(self, _: object, number: str, text: str, reply: str = "") -> Outcome:
        outcome = self.will() or Sent("console", "delivered")
        if isinstance(outcome, Sent):
            self.got.append((number, text))
        return outcome

    def last(self, number: str) -> str:
        return [text for to, text in self.got if to == number][-1]


def say(node: Node, clock: Clock, words: str, number: str = ANA) -> None:
    clock.on(seconds=20)
    with node.database.writing() as c:
        assert intake.receive(c, node, [sms(f"{clock()}{number}", words, number, clock())]) == 1
    jobs.work(node)

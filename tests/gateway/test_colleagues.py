"""Whoever enrols a colleague reads what they may see; an officer's areas are asked for, and a script goes on as before."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from gateway.cli import main
from gateway.decisions import colleagues, planning
from gateway.errors import Problem
from gateway.node import Node
from tests.conftest import MakeNode

Call = Callable[..., tuple[int, str, str]]
PASSWORD = "a long enough password"


@pytest.fixture
def barrio(node: Node, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    monkeypatch.setenv("BARRIO_CONFIG", str(node.config.directory / "config.toml"))
    monkeypatch.setenv("BARRIO_PASSWORD", PASSWORD)

    def call(*words: str, typed: str | None = None) -> tuple[int, str, str]:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: typed is not None)
        monkeypatch.setattr("builtins.input", lambda question: typed)
        return main(list(words)), *capsys.readouterr()
    return call


def areas_of(node: Node, name: str) -> list[str]:
    return next(one["areas"] for one in planning.accounts(node) if one["name"] == name)


@pytest.mark.parametrize(("label", "words", "typed", "areas", "said"), [
    ("an officer of two places", ["--role", "officer", "--areas", "S1600, C0500"], None, ["S1600", "C0500"],
     "luz may sign in as officer, and sees {S1600} (S1600), {C0500} (C0500), and nothing else."),
    ("asked at the keyboard", ["--role", "officer"], "S1600", ["S1600"], "as officer, and sees {S1600} (S1600), and nothing else."),
    ("the whole city on purpose", ["--role", "officer", "--areas", "*"], None, ["*"], "as officer, and sees the WHOLE city.\n"),
    ("a script that says none", ["--role", "officer"], None, ["*"], "the WHOLE city. To keep them to their areas: barrio user areas luz"),
    ("a planner is not asked", ["--role", "planner"], "S1600", ["*"], "luz may sign in as planner, and sees the whole city."),
])
def test_what_is_said_is_what_they_may_see(label: str, words: list[str], typed: str | None, areas: list[str], said: str, node: Node,
                                           barrio: Call) -> None:
    code, out, _ = barrio("user", "add", "luz", *words, typed=typed)
    assert code == 0, label
    names = {place: node.city.place_name(place) for place in ("S1600", "C0500")}
    assert said.format(**names) in out, label
    assert areas_of(node, "luz") == areas


@pytest.mark.parametrize(("label", "words", "typed", "said"), [
    ("nothing was typed", ["--role", "officer"], "", "say which areas they have: --areas A,B, or --areas '*'"),
    ("a code that is no place", ["--role", "officer", "--areas", "S1600,ZZZ9"], None, "ZZZ9: no place of this city has this code (one is"),
])
def test_nobody_is_enrolled_by_a_slip(label: str, words: list[str], typed: str | None, said: str, node: Node, barrio: Call) -> None:
    code, _, err = barrio("user", "add", "luz", *words, typed=typed)
    assert (code, said in err) == (2, True), label
    assert [one["name"] for one in planning.accounts(node)] == []


def test_areas_are_changed_later(node: Node, barrio: Call) -> None:
    barrio("user", "add", "luz", "--role", "officer")
    code, out, _ = barrio("user", "areas", "luz", "C0500")
    assert (code, "and nothing else." in out, areas_of(node, "luz")) == (0, True, ["C0500"])
    assert barrio("user", "areas", "luz", "nowhere")[0] == 2
    assert barrio("user", "areas", "nobody", "C0500")[0] != 0
    assert areas_of(node, "luz") == ["C0500"]


def test_a_place_is_named_as_the_city_calls_it(make_node: MakeNode) -> None:
    node = make_node("casa", city="casablanca")
    code = next(row["code"] for row in node.city.places)
    assert node.city.place_name(code) in colleagues.may_see(node, "luz", "officer", [code])
    with pytest.raises(Problem):
        colleagues.areas(node, "luz", "officer", "S1600")


@pytest.mark.parametrize(("role", "missed"), [("hub", True), ("field", False)])
def test_the_doctor_misses_a_planner_at_the_hub_alone(role: str, missed: bool, make_node: MakeNode, monkeypatch: pytest.MonkeyPatch,
                                                      capsys: pytest.CaptureFixture[str]) -> None:
    node = make_node(role, role=role)
    monkeypatch.setenv("BARRIO_CONFIG", str(node.config.directory / "config.toml"))
    main(["check"])
    assert ("no planner can sign in" in capsys.readouterr().out) == missed

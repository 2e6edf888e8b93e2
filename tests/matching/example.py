"""The worked example as values: seven needs of five places, five works, the weights; every derived number is in the file too."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from gateway.matching import Component, Decision, Inputs, Need, Place, Work

SAID: dict[str, Any] = json.loads((Path(__file__).with_name("samples") / "worked_example.json").read_text("utf-8"))
USUAL = {match["need"]: match["component"] for match in SAID["matches"] if match["reason"] == "no_component"} | {"N1": "MUR", "N2": "ALU",
                                                                                                                "N4": "VIA"}
FIGURES = {"pop": "population", "phone": "phone_access", "dep": "deprivation", "inv": "invested"}
LETTERS = {"S": "severity", "D": "demand", "V": "deprivation", "H": "people", "Q": "neglect", "T": "waiting"}


def decision() -> Decision:
    said = SAID["params"]
    return Decision(weights={LETTERS[letter]: weight for letter, weight in said["w"].items()}, kappa=said["kappa"],
                    city_rate=said["rbar"], city_invested=said["inv_city"])


def facts_of(code: str) -> dict[str, bool | float]:
    found: dict[str, bool | float] = {ours: SAID["places"][code][theirs] for theirs, ours in FIGURES.items()}
    for work in SAID["interventions"]:
        found |= work["facts"].get(code, {})
    return found


def inputs() -> Inputs:
    return Inputs(
        as_of=date.fromisoformat(SAID["asof"]), decision=decision(),
        needs=tuple(Need(id=n["id"], place=n["place"], category=n["sub"], kind=n["kind"], component=USUAL[n["id"]], severity=n["sev"],
                         reporters=n["R"], supporters=n["S"], people=n["people"], age=n["age"], target=n["target"], cost=n["cost"])
                    for n in SAID["needs"]),
        places={code: Place(code=code, facts=facts_of(code)) for code in SAID["places"]},
        works=tuple(Work(id=w["id"], name=w["name"], programme=w["id"], phase=w["phase"], starts_on=date.fromisoformat(w["start"]),
                         ends_on=date.fromisoformat(w["end"]), catchment=w["catchment"] | {code: 0.5 for code in w["adjacent"]},
                         components=tuple(Component(code=code, remaining=budget, rules=tuple(w["rules"][code]))
                                          for code, budget in w["components"].items())) for w in SAID["interventions"]))

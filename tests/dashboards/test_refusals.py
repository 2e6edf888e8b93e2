"""What a person reads when something they did is refused: why, in their language."""

from __future__ import annotations

import pytest
from flask import Flask

from gateway.matching.values import FACTORS
from tests.dashboards.planting import Seed, as_role, need_id, token

WATER = need_id("S1604", "WAT01")
WEIGHTS = {"name": "council-7", "decided_on": "2026-01-02", "source": "Minutes 7", "floor": "40", "deprived_from": "0.5",
           **dict.fromkeys(FACTORS, "25")}
PHONE = {"status": "rejected", "note": "see the file", "reason": "call 71234567"}


@pytest.mark.parametrize(("label", "path", "form", "language", "said"), [
    ("a sum, as Spanish writes it", "/planner/weights", WEIGHTS, "es", "Los pesos suman 1,5 y no 1. No se cambió nada."),
    ("a sum, as English writes it", "/planner/weights", WEIGHTS, "en", "The weights make 1.5 and not 1. Nothing was changed."),
    ("a day, as French writes it", "/planner/weights", WEIGHTS | {"decided_on": "2099-03-01"}, "fr", "Le 1 mars 2099 n’est pas encore arrivé."),
    ("a phone number for residents, in Arabic", f"/planner/needs/{WATER}/status", PHONE, "ar",
     "الرسالة إلى السكان لا تحمل رقم هاتف ولا رابطا"),
    ("what was typed stands apart from Arabic", "/planner/weights", WEIGHTS | {"decided_on": "soon"}, "ar", "«\u2068soon\u2069» ليس تاريخا."),
    ("nothing there, in French", "/planner/needs/nothing/status", PHONE, "fr", "Il n’y a pas de besoin nothing. Revenez à la liste"),
    ("what was typed is no markup", "/planner/weights", WEIGHTS | {"floor": "<b>all</b>"}, "es", "«&lt;b&gt;all&lt;/b&gt;» no es un número."),
])
def test_why_is_said_in_the_language_of_the_page(label: str, path: str, form: dict[str, str], language: str, said: str, app: Flask,
                                                 seed: Seed) -> None:
    seed.accounts()
    seed.report()
    planner = as_role(app, "planner")
    answer = planner.post(f"{path}?lang={language}", data=form | {"csrf_token": token(planner)})
    assert answer.status_code == (404 if "nothing" in path else 409)
    assert said in answer.text

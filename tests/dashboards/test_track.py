"""What a reference tells its owner, and whoever guesses it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.decisions import planning, ruling
from gateway.decisions.ruling import Said
from gateway.feedback import holding
from gateway.journal.facts.residents import CommandGiven
from gateway.node import Node
from tests.dashboards.planting import Seed, need_id

WATER = need_id("S1604", "WAT01")


def words(client: FlaskClient, reference: str, language: str = "en") -> str:
    """The page of a reference, without its markup."""
    page = client.get(f"/track/{reference}?lang={language}").text
    return " ".join(re.sub(r"<[^>]+>", " ", page.split("<main")[1].split("</main>")[0]).split())


@pytest.mark.parametrize(("label", "reference", "status", "says"), [
    ("a slip of the thumb", "48251", 404, "has a slip in it"),
    ("letters", "abcde", 404, "has a slip in it"),
    ("nothing like a reference", "1", 404, "has a slip in it"),
    ("digits of another script", "٤٨٢١٥", 404, "has a slip in it"),
    ("markup", "<script>alert(1)</script>", 404, "There is nothing here"),
    ("right, but never given out", "48215", 404, "We never gave out that number"),
])
def test_a_reference_that_is_none(label: str, reference: str, status: int, says: str, client: FlaskClient) -> None:
    answer = client.get(f"/track/{reference}?lang=en")
    assert answer.status_code == status
    assert says in answer.text
    assert "<script>" not in answer.text


def test_the_form_leads_to_the_page_of_the_number(client: FlaskClient) -> None:
    assert client.get("/track?reference=%20482-15%20").location == "/track/48215"
    assert client.get("/track?reference=../sign-in").location == "/track/signin"
    assert client.get("/track?reference=").status_code == 200


def test_a_report_on_its_way(client: FlaskClient, seed: Seed, node: Node) -> None:
    seed.works()
    reference = seed.report("mi casa se queda sin agua", sender="a")
    assert "reported the same" not in words(client, reference)
    second = seed.report("yo tambien sin agua", sender="b")
    seed.report("me pega", sender="c", restricted=True)
    seed.support(reference, "d")
    for number in (reference, second):
        said = words(client, number)
        assert "No water · Pampahasi" in said
        assert "Nov 25, 2026" in said
        assert "reported the same" not in said, "fewer than k neighbours: a guessed number would tell who they are"
        assert "waits for a visit" in said
    planning.change_status(node, WATER, "verified", note="a private note", by="ana", after=None)
    planning.link_need(node, WATER, "W-1", why="a private reason", by="ana")
    said = words(client, reference)
    assert "Somebody from the city has checked it." in said
    assert "Red de agua Pampahasi · design · Feb 1, 2026 – Jun 30, 2027" in said
    for private in ("mi casa", "private", "sender", "+591", "ana"):
        assert private not in said.replace("Pampahasi", ""), private
    seed.write(CommandGiven(message="m", sender="a", intent="cancel", language="es", report=seed.ids[reference], reference=reference))
    said = words(client, reference)
    assert "You took it back." in said
    for i in range(10):
        seed.support(second, f"n{i}")
    assert "other phones reported the same." in words(client, second)


@pytest.mark.parametrize("language", ["es", "en", "fr", "ar"])
def test_restricted_and_not_yet_classified_look_the_same_to_the_byte(language: str, app: Flask, seed: Seed, node: Node) -> None:
    pages = []
    for restricted, category, intent in ((True, "SAF03", "protection"), (None, "WAT01", "report"), (True, None, "report")):
        reference = seed.report("texto secreto", restricted=restricted, category=category, intent=intent)
        page = app.test_client().get(f"/track/{reference}?lang={language}")
        assert page.status_code == 200
        assert "Pampahasi" not in page.text
        pages.append(page.text.replace(reference, "N"))
    assert pages[0] == pages[1] == pages[2]
    open_one = seed.report("sin agua")
    assert app.test_client().get(f"/track/{open_one}?lang={language}").text.replace(open_one, "N") != pages[0]


@pytest.mark.parametrize(("said", "says"), [
    (Said(decision="postponed", met_on="2026-11-25", until="2027-05-15"), "put it off. It will be decided again from May 15, 2027 on."),
    (Said(decision="verify", met_on="2026-11-25"), "asked that somebody goes to see it"),
    (Said(decision="refused", met_on="2026-11-25", reason="a private reason"), "The city cannot take it up."),
], ids=lambda value: value.decision if isinstance(value, Said) else "")
def test_what_a_commission_decided(client: FlaskClient, seed: Seed, node: Node, said: Said, says: str) -> None:
    reference = seed.report("mi casa se queda sin agua", sender="a")
    ruling.decide(node, WATER, said, by="ana")
    assert says in words(client, reference)
    assert "private" not in words(client, reference)
    planning.change_status(node, WATER, "done", note="", by="ana", after=None)
    assert says not in words(client, reference), "something was decided since"


@pytest.mark.parametrize(("language", "said", "by_text"), [
    ("es", "Motivo no hay presupuesto hasta 2027", "lee el motivo por mensaje: envíe ESTADO"),
    ("fr", "Motif no hay presupuesto hasta 2027", "lit le motif par SMS : envoyez STATUT"),
    ("en", "Reason no hay presupuesto hasta 2027", "reads the reason by text: send STATUS"),
    ("ar", "السبب no hay presupuesto hasta 2027", "يقرأ السبب في رسالة"),
])
def test_why_it_was_refused_is_told_to_anybody_where_many_speak_for_it(client: FlaskClient, seed: Seed, node: Node, language: str,
                                                                       said: str, by_text: str) -> None:
    need, k = need_id("S1701", "WAT01"), node.config.access.k_anonymity
    few = seed.report("mi casa se queda sin agua", sender="a")
    many = [seed.report("sin agua en el barrio", place="S1701", sender=f"p{n}") for n in range(k)][0]
    for one in (WATER, need):
        planning.change_status(node, one, "rejected", note="", by="ana", after=None, reason="no hay presupuesto hasta 2027")
    assert by_text in words(client, few, language)
    assert "presupuesto" not in words(client, few, language), "what was written to one person may be about that person"
    assert said in words(client, many, language)
    assert by_text not in words(client, many, language)


def test_neighbours_who_come_later_publish_no_reason_that_one_person_was_given(client: FlaskClient, seed: Seed, node: Node) -> None:
    few = seed.report("mi casa se queda sin agua", sender="a")
    planning.change_status(node, WATER, "rejected", note="", by="ana", after=None, reason="Juana no tiene papeles de su casa")
    for n in range(node.config.access.k_anonymity):
        seed.report("sin agua en el barrio", sender=f"p{n}", at=node.now() + timedelta(hours=1))
    assert "Juana" not in words(client, few)


def test_a_reason_that_a_planner_holds_back_is_read_by_nobody_who_guesses(client: FlaskClient, seed: Seed, node: Node) -> None:
    for n in range(node.config.access.k_anonymity):
        reference = seed.report("sin agua en el barrio", sender=f"p{n}")
    planning.change_status(node, WATER, "rejected", note="", by="ana", after=None, reason="la casa de Juana no tiene permiso")
    assert "Juana" in words(client, reference)
    holding.hold(node, WATER, why="a name in it", by="ana")
    assert "Juana" not in words(client, reference)
    assert "by text" not in words(client, reference), "nor is it promised to who reported it"
    holding.release(node, WATER, why="", by="ana")
    assert "Juana" in words(client, reference)


def test_a_refusal_without_a_reason_promises_none(client: FlaskClient, seed: Seed, node: Node) -> None:
    one = seed.report("mi casa se queda sin agua", sender="a")
    planning.change_status(node, WATER, "rejected", note="for colleagues", by="ana", after=None)
    assert "eason" not in words(client, one)
    assert "colleagues" not in words(client, one)


def again(seed: Seed, text: str, *, category: str, sender: str, restricted: bool = False) -> str:
    """A report with the number that the one before it has, as a copied box gave it out."""
    references, seed.references = seed.references, iter([next(reversed(seed.ids))])
    try:
        return seed.report(text, category=category, place="S1701", sender=sender, restricted=restricted, need=not restricted)
    finally:
        seed.references = references


def test_a_number_that_was_given_to_two_shows_both_without_their_words(client: FlaskClient, seed: Seed) -> None:
    reference = seed.report("mi casa se queda sin agua", sender="a")
    assert again(seed, "el foco de mi puerta", category="LIT01", sender="b") == reference
    said = words(client, reference)
    assert "given to more than one person" in said
    assert "No water · Pampahasi" in said
    assert "Street light out · Kupini" in said
    for private in ("mi casa", "foco", "sender"):
        assert private not in said, private


def test_of_a_restricted_twin_the_page_says_no_more_than_of_one_that_is_not_read_yet(client: FlaskClient, seed: Seed) -> None:
    reference = seed.report("sin agua", sender="a")
    again(seed, "me pega", category="SAF03", sender="b", restricted=True)
    said = words(client, reference)
    assert "We received it." in said
    assert "Kupini" not in said

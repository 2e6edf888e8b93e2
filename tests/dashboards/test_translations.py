"""Every sentence of the pages in every language, and the direction it is read in."""

from __future__ import annotations

from functools import cache

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient

from dashboards import labels, languages, phrases
from gateway.cities import PHASES
from gateway.decisions import planning
from gateway.journal.folds import STAGES
from tests import reasons
from tests.dashboards.planting import Seed

LANGUAGES = list(languages.LANGUAGES)
FILLS = reasons.FILLS


@cache
def spoken() -> set[str | tuple[str, ...]]:
    """Every message that a template or a module asks for, and every reason that a person may be refused for."""
    asked = {message for _, _, message, _, _ in extract_from_dir(
        languages.FOLDER.parent, method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        keywords={"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None})}
    return asked | {message for one in reasons.raised() for message in one.messages} | reasons.steps()


@cache
def catalog(language: str) -> Catalog:
    with (languages.FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_its_words(language: str) -> None:
    entries = {message.id: message for message in catalog(language) if message.id}
    assert set(entries) == spoken(), "nothing missing, nothing left over"
    for message in entries.values():
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(form.strip() for form in forms), message.id
        assert not message.fuzzy, message.id
        if isinstance(message.id, tuple):
            assert len(forms) == catalog(language).num_plurals, message.id
        asked = set(FILLS.findall(message.id[-1] if isinstance(message.id, tuple) else message.id))
        for form in forms:
            assert set(FILLS.findall(form)) <= asked, message.id
        assert set(FILLS.findall(forms[-1])) == asked, message.id


def test_every_reason_is_filled_with_what_it_leaves_open() -> None:
    found = reasons.raised()
    assert len(found) > 60, "the collector sees who refuses"
    for one in found:
        asked = [set(FILLS.findall(message)) for message in one.messages]
        assert all(fills <= one.facts for fills in asked), one
        assert set().union(*asked) == one.facts, one


@pytest.mark.parametrize(("label", "source", "said"), [
    ("a sentence as it stands", 'raise Problem("planning.refused", reason="No.")', ["No."]),
    ("a table of the module", 'WHY = {"a": "No.", "b": "Never."}\nraise Problem("planning.refused", reason=WHY[x])', ["No.", "Never."]),
    ("what the callers hand over", 'def f(c, what):\n  raise Problem("planning.unknown", thing=what, id=c)\nf(1, "need")\nf(2, "place")',
     ["There is no need %(id)s.", "There is no place %(id)s."]),
    ("a sentence put together while it runs", 'raise Problem("planning.refused", reason=f"{x} is bad")', None),
    ("facts that nobody can read", 'raise Problem("planning.refused", **facts)', None),
])
def test_what_the_collector_finds(label: str, source: str, said: list[str] | None) -> None:
    if said is None:
        with pytest.raises(AssertionError, match=r"a\.py:"):
            list(reasons.within(source, "a.py"))
    else:
        assert [text for one in reasons.within(source, "a.py") for text in one.messages] == said


def test_the_languages_differ() -> None:
    for language in ("es", "fr", "ar"):
        same = [m.id for m in catalog(language) if m.id and m.string == m.id]
        assert len(same) < 12, same


def test_every_code_has_its_words() -> None:
    assert set(phrases.STATUSES) == set(planning.STATUSES) == set(phrases.STATUSES_FOR_RESIDENTS)
    assert set(phrases.PHASES) == set(PHASES)
    assert set(phrases.STATES) == set(STAGES)
    assert set(phrases.DECISIONS) == set(planning.DECISIONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_category_has_a_label(language: str) -> None:
    named = {labels.category(code, language) for code in labels.taxonomy()}
    assert not named & set(labels.taxonomy())
    assert labels.component_of("WAT01") == "AYA"


@pytest.mark.parametrize(("label", "address", "header", "language"), [
    ("the browser says it", "/", "fr-CH,fr;q=0.9", "fr"),
    ("the address says it", "/?lang=ar", "fr", "ar"),
    ("a language we do not have", "/?lang=de", "", "es"),
    ("nothing says it: the city", "/", "", "es"),
    ("nonsense", "/", ";;q=x,", "es"),
])
def test_the_language_of_a_page(label: str, address: str, header: str, language: str, client: FlaskClient) -> None:
    page = client.get(address, headers={"Accept-Language": header}).text
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in page
    assert str(catalog(language).get("By kind of need").string) in page  # type: ignore[union-attr]


def test_a_chosen_language_stays(client: FlaskClient) -> None:
    client.get("/?lang=fr")
    assert '<html lang="fr"' in client.get("/track").text
    cookie = client.get_cookie("language")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"


def test_dates_are_of_the_city_and_the_language(client: FlaskClient, seed: Seed) -> None:
    from datetime import UTC, datetime
    reference = seed.report(at=datetime(2026, 11, 25, 2, 30, tzinfo=UTC))  # still the 24th in La Paz
    said = {language: client.get(f"/track/{reference}?lang={language}").text for language in LANGUAGES}
    for language, day in (("es", "24 nov 2026"), ("en", "Nov 24, 2026"), ("fr", "24 nov. 2026"), ("ar", "24\u200f/11\u200f/2026")):
        assert day in said[language], language


@pytest.mark.parametrize(("label", "end", "said"), [
    ("midnight of La Paz is the end of the day before", "2026-11-28T04:00:00.000Z", "27 nov 2026"),
    ("a promise of hours ends at an hour", "2026-11-28T15:30:00.000Z", "28 nov 2026, 11:30"),
])
def test_a_promise_ends_on_a_day_that_people_would_name(app: Flask, label: str, end: str, said: str) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "es"}):
        assert languages.until(end).replace(" ", " ") == said

"""Pages in four languages, read from the .po files at start: what translators edit is what runs, nothing compiled between."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, Response, has_request_context, request
from flask_babel import Babel, Domain, format_date, format_time, get_locale, get_timezone

from gateway.journal.canonical import moment
from gateway.node import Node

FOLDER = Path(__file__).with_name("translations")
LANGUAGES = {"es": "Español", "en": "English", "fr": "Français", "ar": "العربية"}
COOKIE = "language"


@cache
def translations(language: str) -> Translations:
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


class _FromPo(Domain):  # type: ignore[misc]
    def get_translations(self) -> NullTranslations:
        return translations(language()) if has_request_context() else NullTranslations()


class _Babel(Babel):  # type: ignore[misc]
    domain_instance = _FromPo()


def install(app: Flask, node: Node) -> None:
    """Choose a language for every request: the address says it, else the cookie, the browser, the city."""
    fallback = node.city.language if node.city.language in LANGUAGES else "en"

    def chosen() -> str:
        for asked in (request.args.get("lang"), request.cookies.get(COOKIE)):
            if asked in LANGUAGES:
                return asked
        return request.accept_languages.best_match(list(LANGUAGES)) or fallback

    def remember(response: Response) -> Response:
        if (asked := request.args.get("lang")) in LANGUAGES and asked != request.cookies.get(COOKIE):
            response.set_cookie(COOKIE, str(asked), max_age=31_536_000, httponly=True, samesite="Lax",
                                secure=node.config.web.secure_cookies)
        return response

    _Babel(app, default_locale=fallback, default_timezone=node.city.timezone, locale_selector=chosen)
    app.after_request(remember)
    app.jinja_env.filters.update(day=day, moment=minute, until=until, amount=amount, decimal=decimal)
    app.jinja_env.globals.update(language=language, direction=direction, LANGUAGES=LANGUAGES)
    for code in LANGUAGES:  # a broken translation is a fault at start, not on some page later
        translations(code)


def language() -> str:
    locale = get_locale()
    return str(locale.language) if locale else "en"


def direction() -> str:
    locale = get_locale()
    return str(locale.text_direction) if locale else "ltr"


def day(text: str | None) -> str:
    """`2026-11-25T18:00:00.000Z` or `2026-11-25` as a date of the reader's language, in the city's time."""
    if not text:
        return ""
    return str(format_date(date.fromisoformat(text) if len(text) == 10 else _local(text), "medium", rebase=False))


def until(text: str | None) -> str:
    """When a time ends: `minute`, but midnight is the end of the day before, which is what people say."""
    if not text:
        return ""
    local = _local(text)
    return str(format_date(local.date() - timedelta(days=1), "medium")) if local.time() == time() else minute(text)


def amount(value: float) -> str:
    """A sum of money or a count as the reader's language writes it."""
    return _amount(value, language())


@lru_cache(maxsize=8192)
def _amount(value: float, code: str) -> str:
    # a page of charts asks a thousand times, and reading a locale's pattern anew costs as much as the rest of the cell
    return str(format_decimal(value, locale=code))


def decimal(value: float, digits: int = 2) -> str:
    """A number with so many digits behind the comma or point of the reader's language: `60,40` where sixty thousand is 60.400."""
    return _decimal(value, digits, language())


@lru_cache(maxsize=8192)
def _decimal(value: float, digits: int, code: str) -> str:
    # rounded as files are, then written: Babel alone would round the shortest spelling of the number instead of the number
    return str(format_decimal(Decimal(f"{value:.{digits}f}"), format="#,##0." + "0" * digits if digits else "#,##0", locale=code))


def minute(text: str | None) -> str:
    """The same with the time of day, to the minute."""
    if not text:
        return ""
    found = _local(text)
    return f"{format_date(found, 'medium', rebase=False)}, {format_time(found, 'short', rebase=False)}"


def _local(text: str) -> datetime:
    """In the city's time, by the same rules as promises and texts: pytz, which Flask-Babel asks, has a list of its own."""
    return moment(text).astimezone(ZoneInfo(str(get_timezone())))

"""The only words residents ever read: one text per kind and language, measured in segments before it is used.

>>> Replies.load().text_for("ack", "es", ref="48215", cat="Fuga de agua", place="Villa Fátima")[:39]
'Recibido: Fuga de agua, Villa Fatima. S'

Restricted reports. A text that tells of violence, or may, is answered with `protection`, which names no subject. What is
said later of a report that turned out restricted is answered with `ack_neutral`, the very words that an unsure report
gets. Neither has fills of its own report, so no two of them differ by a byte, and whoever holds the phone learns nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any, Final

from gateway.words.fills import FILLS, Value
from gateway.words.segments import BASIC, Measure, measure

Texts = Mapping[str, Mapping[str, str]]

SHIPPED: Final = Path(__file__).parents[1] / "cities" / "replies.toml"
LANGUAGES: Final = ("es", "fr", "en", "ar", "ary")
# Understood, but without texts of their own until native speakers write them.
ANSWERED_IN: Final = {"ay": "es", "qu": "es", "sw": "en"}
# Spam and machines get no answer: answering tells the spammer that somebody reads, and feeds loops.
SILENT: Final = frozenset({"spam"})
# What a city says once for all its replies: an example area, the emergency number, the help line for `protection`.
CITY_FILLS: Final = frozenset({"zone", "num", "line"})
# To the duty officer, not to a resident.
ROAD_ALERTS: Final = {"silent": "alert_silent", "failing": "alert_failing", "undelivered": "alert_failing", "aged": "alert_aged",
                      "phone": "alert_phone", "round_trip": "alert_round"}  # by the kind of trouble (`gateway.governing.roads`)
ALERTS: Final = ("alert_emergency", "alert_cluster", *dict.fromkeys(ROAD_ALERTS.values()), "alert_elder")
# The human circle: to elders who asked to be greeted, and to who looks in on them.
GREETINGS: Final = ("checkin", "checkin_again", "checkin_consent", "checkin_neighbour")
TO_VOLUNTEERS: Final = ("circle_hello", "circle_talk", "circle_knock", "circle_help")
OF_THE_CIRCLE: Final = (*GREETINGS, *TO_VOLUNTEERS, "checkin_yes", "checkin_no", "checkin_fine", "checkin_talk", "checkin_help",
                        "circle_thanks", "circle_handed_on")  # no page of texts shows them: who is greeted is nobody's business
# What a person wrote, after these words.
ANSWER: Final = "answer"
# What a person wrote to many: these words stand after it. The last two tell who took part in a poll how it ended.
BROADCAST: Final = "broadcast"
POLL: Final = "poll"
POLL_RESULTS: Final = "poll_results"
POLL_FEW: Final = "poll_few"
TO_MANY: Final = (BROADCAST, POLL, POLL_RESULTS, POLL_FEW)
TRIAL: Final = "trial"  # the same words to a phone on duty, before they go out
# What somebody is told who asks what is kept of them, or to be erased; after the last of them nothing is left to write to.
LAST: Final = "erased"
RIGHTS: Final = ("my_data", "my_data_also", "my_data_none", "erase_ask", "erase_kept", LAST)
# The numbers of `ask_category`, 1 to 7; 8 is "other".
CATEGORY_CHOICES: Final = ("WAT", "SAN", "LIT", "ACC", "WST", "RSK", "SAF")


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing we may say: its fills, the segments it may cost, and whether a greeting may stand before it."""

    name: str
    fills: tuple[str, ...]
    segments: int
    greets: bool


def _kinds(fills: str, *names: str, segments: int = 2, greets: bool = True) -> Iterator[Kind]:
    return (Kind(name, tuple(fills.split()), segments, greets) for name in names)


# `n` counts everyone who reported, the reader too, and is at least 2 in ack_dup, support_ok and status_gathered.
KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kinds in (
        _kinds("ref cat place", "ack", "corrected", segments=1),
        _kinds("ref cat place n", "ack_dup", "support_ok", segments=1),
        _kinds("ref cat", "ack_no_place", segments=1),
        _kinds("ref place", "ack_no_category", segments=1),
        _kinds("", "ack_neutral", segments=1),
        _kinds("ref", "added", "cancelled", segments=1),
        _kinds("n place needs", "multi_ack"),
        _kinds("n needs", "multi_ack_places", "status_several"),
        _kinds("cat zone", "ask_place"),
        _kinds("place", "ask_category", "registered", "work_none"),
        _kinds("options", "category_options", "place_options"),
        _kinds("ref cat place other spot", "ask_same"),
        _kinds("said", "ask_landmark", "status_unknown", "reference_twice"),
        _kinds("code place", "place_code_bad"),
        _kinds("code zone", "place_code_unknown"),
        _kinds("ref", "ask_correction", "ask_addition", "fixed_thanks", "reopened"),
        _kinds("zone", "unknown", "empty", "greeting", "ask_report", "ask_home", "ask_info_place"),
        _kinds("zone num", "help"),
        _kinds("", "who", "price", "wrong_number"),
        _kinds("zone", "when"),
        _kinds("", "number_only", "thanks", "abuse", "rate_bad", "poll_none", "gender_q", "age_q", "profile_ok"),
        _kinds("", "start_ok", "stop_ok", "lang_ok", "lang_partly", "lang_bad"),
        _kinds("n count date list told", "my_data"),
        _kinds("n count trips votes greets date told", "my_data_also"),
        _kinds("", "my_data_none", "erase_ask", "erase_kept", LAST),
        _kinds("num", "emergency", "emergency_over", greets=False),
        _kinds("line", "protection", greets=False),
        _kinds("ref cat place date", "status_received"),
        _kinds("ref cat place n", "status_gathered"),
        _kinds("ref cat place", "status_verified", "status_done", "status_rejected", "status_not_found"),
        _kinds("ref cat place svc date", "status_open"),
        _kinds("ref cat place work date", "status_work"),
        _kinds("ref cat place work", "status_begun"),
        _kinds("ref work place phase date", "status_programme"),
        _kinds("ref cat place n year", "status_unfunded"),
        _kinds("said list", "reference_bad", "not_yours"),
        _kinds("list", "reference_missing"),
        _kinds("ref cat place", "status_other"),
        _kinds("ref cat reason", "status_refused"),
        _kinds("ref cat place date", "status_postponed"),
        _kinds("ref cat place", "status_checking"),
        # what is told without a text of theirs before it: one segment, always
        _kinds("ref cat place", "news_verified", "news_planned", "news_done", "news_rejected", "news_not_found",
               "news_back", "news_checking", "ask_fixed", segments=1),
        _kinds("ref cat place date", "news_postponed", segments=1),
        _kinds("ref cat work date", "news_work", segments=1),
        _kinds("ref cat work", "news_begun", segments=1),
        _kinds("ref cat reason", "news_refused", segments=1),
        _kinds("needs", "news_several", segments=1),
        _kinds("ref", ANSWER, greets=False),
        _kinds("", "thread_ok", segments=1, greets=False),
        _kinds("n ref", "rate_thanks"),
        _kinds("date", POLL, POLL_FEW, "poll_closed", segments=1, greets=False),
        _kinds("opt date", "vote_ok", "vote_changed", segments=1),
        _kinds("opt", "vote_apart", segments=1),
        _kinds("letters", "vote_unknown", segments=1),
        _kinds("date results n", POLL_RESULTS, segments=1, greets=False),
        _kinds("", BROADCAST, segments=1, greets=False),
        _kinds("work place phase date", "work_info"),
        _kinds("n topic", "trip_ok", segments=1),
        _kinds("n topic said", "trip_partly"),
        _kinds("", "trip_undone", segments=1),
        _kinds("zone", "trip_ask", greets=False),
        _kinds("who place date time venue topic", "announce", greets=False),
        _kinds("name vol", "checkin", "checkin_again", greets=False),
        _kinds("name vol time", "checkin_consent", greets=False),
        _kinds("time", "checkin_yes", greets=False),
        _kinds("", "checkin_no", "circle_handed_on", greets=False),
        _kinds("vol", "checkin_fine", "checkin_talk", "checkin_neighbour", greets=False),
        _kinds("vol num", "checkin_help", greets=False),
        _kinds("name", *TO_VOLUNTEERS, "circle_thanks", greets=False),
        _kinds("place", "alert_elder", greets=False),
        _kinds("ref opt n", "officer_ok", greets=False),
        _kinds("", "not_auth", greets=False),
        _kinds("cat place ref", "alert_emergency", greets=False),
        _kinds("n cat place ref", "alert_cluster", greets=False),
        _kinds("svc date time", *dict.fromkeys(ROAD_ALERTS.values()), greets=False),
    )
    for kind in kinds
}


@dataclass(frozen=True, slots=True)
class Replies:
    """The texts of one city: the shipped ones with its own in their place, and what it says in all of them."""

    texts: Texts
    blanks: Texts
    greetings: Mapping[str, str]
    city: Mapping[str, Value]
    phases: Texts = field(default_factory=dict)
    stages: Texts = field(default_factory=dict)
    declared: Texts = field(default_factory=dict)
    purposes: Texts = field(default_factory=dict)

    @classmethod
    def load(cls, overrides: Texts | None = None, city: Mapping[str, Value] | None = None) -> Replies:
        """Read the shipped texts; `overrides` is {kind: {language: text}}, `city` any of zone, num and line.

        Raises ValueError with every fault, one a line: a bad text must stop the box at start, not a resident's answer.
        """
        shipped = _shipped()
        texts = {kind: {**languages, **(overrides or {}).get(kind, {})} for kind, languages in shipped["reply"].items()}
        replies = cls(texts, shipped["blank"], shipped["greeting"], city or {}, shipped["phase"], shipped["stage"],
                      shipped["declared"], shipped["purpose"])
        faults = [f"{kind}: no such kind of reply" for kind in sorted((overrides or {}).keys() - KINDS.keys())]
        faults += [f"{name}: not a fill a city sets; it may set {', '.join(sorted(CITY_FILLS))}"
                   for name in sorted(replies.city.keys() - CITY_FILLS)]
        faults += replies.faults()
        if faults:
            raise ValueError("\n".join(faults))
        return replies

    def text_for(self, kind: str, language: str, **fills: Value) -> str | None:
        """The words to send; None where silence is the answer. It never costs more segments than its kind may."""
        if kind in SILENT:
            return None
        spec, spoken = KINDS[kind], _spoken(language)
        if wrong := (fills.keys() - set(spec.fills)) | (set(spec.fills) - fills.keys() - CITY_FILLS):
            raise ValueError(f"{kind} takes {', '.join(spec.fills) or 'no fills'}; wrong or missing: {sorted(wrong)}")
        given = {name: value for name, value in {**self.city, **fills}.items() if name in spec.fills}
        cleaned = {name: FILLS[name].clean(given.get(name, ""), latin=spoken != "ar") for name in spec.fills}
        longer: list[str] = []
        for text in self._drafts(self._greeted(kind, language), cleaned, spoken):
            if (cost := measure(text).segments) == 1:
                return text
            longer += [text] if cost <= spec.segments else []
        # Words are given up for one segment only if that buys it; otherwise the fullest text goes out.
        return longer[0]

    def phase(self, code: str, language: str) -> str:
        """How far a work is, in a resident's words: `execution` -> `en obra`."""
        return self.phases.get(code, {}).get(_spoken(language), "")

    def stage(self, code: str, language: str) -> str:
        """How a need stands, in a word or two beside its reference: `linked` -> `en proyecto`."""
        return self.stages.get(code, {}).get(_spoken(language), "")

    def purpose(self, code: str, language: str) -> str:
        """What a trip was for, in a word: `care` -> `cuidado`."""
        return self.purposes.get(code, {}).get(_spoken(language), "")

    def told(self, language: str, *, gender: bool, age: bool) -> str:
        """What somebody told of themselves, never what it was: `sexo y edad`."""
        what = "both" if gender and age else "gender" if gender else "age" if age else "nothing"
        return self.declared.get(what, {}).get(_spoken(language), "")

    def preview(self) -> dict[str, dict[str, Measure]]:
        """What each reply costs at worst: {kind: {language: Measure}}, every fill at its guaranteed length."""
        return {kind: {language: measure(self._worst(kind, language)) for language in LANGUAGES} for kind in KINDS}

    def preview_table(self) -> str:
        """The preview as a Markdown table of segments and units, for the documentation."""
        rows = [f"| reply | {' | '.join(LANGUAGES)} |", f"|---|{'---|' * len(LANGUAGES)}"]
        for kind, costs in self.preview().items():
            cells = (f"{cost.segments} ({cost.units})" for cost in costs.values())
            rows.append(f"| {kind} | {' | '.join(cells)} |")
        return "\n".join(rows) + "\n"

    def faults(self) -> list[str]:
        """Every text that names a wrong fill, is in the wrong letters, spans lines, or may cost too much."""
        found = [f"{kind}: not a kind the program says" for kind in sorted(self.texts.keys() - KINDS.keys())]
        for kind, spec in KINDS.items():
            texts = self.texts.get(kind, {})
            for language in sorted({*LANGUAGES, *texts}):
                fault = self._fault(spec, language, texts.get(language))
                found += [f"{kind}.{language}: {fault}"] if fault else []
        return found

    def _fault(self, spec: Kind, language: str, text: str | None) -> str | None:
        if language not in LANGUAGES:
            return f"no such language; there are {', '.join(LANGUAGES)}"
        if not text:
            return "the text is missing"
        try:
            parsed = list(Formatter().parse(text))
        except ValueError as reason:
            return f"the braces do not match ({reason})"
        if any(conversion or layout for _, _, layout, conversion in parsed):
            return "a fill stands in plain braces, like {ref}"
        named = {name for _, name, _, _ in parsed if name is not None}
        if named != set(spec.fills):
            return f"it must use {', '.join(spec.fills) or 'no fills'}; it uses {', '.join(sorted(named)) or 'none'}"
        words = "".join(literal for literal, _, _, _ in parsed)
        if not words.isprintable():
            return "a reply is one line without control characters"
        if language == "ar" and not any("\u0600" <= char <= "\u06ff" for char in words):
            return "the text is not in Arabic script"
        if language != "ar" and (costly := sorted(set(words) - BASIC)):
            return f"{' '.join(costly)} would make the SMS cost twice or more; write it without"
        cost = measure(self._worst(spec.name, language))
        if cost.segments > spec.segments:
            return f"it may cost {cost.segments} segments ({cost.units} units), {spec.segments} allowed"
        return None

    def _greeted(self, kind: str, language: str) -> str:
        text = self.texts[kind][_spoken(language)]
        greeting = self.greetings.get(_primary(language))
        return f"{greeting} {text}" if greeting and KINDS[kind].greets else text

    def _drafts(self, template: str, cleaned: Mapping[str, str], spoken: str) -> Iterator[str]:
        """The text with its fills whole, then shorter by a word at each step, from the fill with most to spare."""
        latin = spoken != "ar"
        shown = {name: FILLS[name].fit(text, FILLS[name].full) for name, text in cleaned.items() if text}
        while True:
            yield template.format_map({name: shown.get(name) or self._blank(name, spoken) for name in cleaned})
            spare = {name: len(text) - FILLS[name].room(latin=latin) for name, text in shown.items()}
            longest = max(spare, key=lambda name: spare[name], default=None)
            if longest is None or spare[longest] <= 0:
                return
            limit = len(shown[longest]) - 1
            shown[longest] = FILLS[longest].fit(cleaned[longest], limit)

    def _blank(self, name: str, spoken: str) -> str:
        return self.blanks.get(name, {}).get(spoken, "-")

    def _worst(self, kind: str, language: str) -> str:
        latin = language != "ar"
        fills = {
            name: ("M" if latin else "م") * max(FILLS[name].room(latin=latin), len(self._blank(name, language)))
            for name in KINDS[kind].fills
        }
        spoken_as = [language, *(other for other, answer in ANSWERED_IN.items() if answer == language)]
        return max((self._greeted(kind, other).format_map(fills) for other in spoken_as), key=len)


def language_for(text_language: str | None, channel_language: str | None, profile_language: str | None = None) -> str:
    """The language of the answer: the one chosen, else the one written in (script and all), else the channel's.

    >>> language_for("ary", "fr"), language_for("und", "fr"), language_for("en", "es", "ay")
    ('ary', 'fr', 'ay')
    """
    known = {*LANGUAGES, *ANSWERED_IN}
    wanted = (_primary(language or "") for language in (profile_language, text_language, channel_language))
    return next((language for language in wanted if language in known), LANGUAGES[0])


def _primary(language: str) -> str:
    """es-BO -> es"""
    return language.replace("_", "-").partition("-")[0].casefold()


def _spoken(language: str) -> str:
    code = _primary(language)
    answered = ANSWERED_IN.get(code, code)
    return answered if answered in LANGUAGES else LANGUAGES[0]


@cache
def _shipped() -> dict[str, Any]:
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))

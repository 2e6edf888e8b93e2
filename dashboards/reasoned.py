"""Why a text was understood so, and why reports stand together, in the reader's language.

Reasons are stored in English, with what they are about: `urgency 3: usual for RSK02`, `same street: calle 5`. Those that we know are
said anew from their parts, old ones too; what nobody knows, and what a person wrote, is shown as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache

from flask_babel import lazy_gettext as _

from dashboards import labels
from dashboards.languages import language

WHOLE = {
    "same place, same category": _("same place, same category"),
    "the resident says that it is the same": _("the resident says that it is the same"),
    "perhaps the same as another need": _("perhaps the same as another need"), "the first report of it": _("the first report of it"),
    "the same phone reported it": _("the same phone reported it"), "another need is as alike": _("another need is as alike"),
    "street names in two scripts": _("street names in two scripts"), "other street": _("other street"),
    "other landmark": _("other landmark"), "other number": _("other number"), "same number": _("same number"),
    "numbers close by": _("numbers close by"), "same corner": _("same corner"), "other corner": _("other corner"),
    "only at its corner": _("only at its corner"), "a street beside a landmark": _("a street beside a landmark"),
    "one of them names no spot": _("one of them names no spot"), "neither names a spot": _("neither names a spot"),
    "nearly the same words": _("nearly the same words"), "urgency 4: said to be happening now": _("urgency 4: said to be happening now"),
    "urgency 2: no category yet": _("urgency 2: no category yet"),
    "restricted: it may concern violence or a child": _("restricted: it may concern violence or a child"),
    "restricted until a person has looked: it may tell of harm to somebody":
        _("restricted until a person has looked: it may tell of harm to somebody"),
    "the model alone, and nothing else that asks for anything": _("the model alone, and nothing else that asks for anything"),
    "the model reads no need": _("the model reads no need"), "no word of any need": _("no word of any need"),
    "no word of a need, place or command": _("no word of a need, place or command"), "no place in the text": _("no place in the text"),
    "told to an officer": _("told to an officer"), "asks to be called": _("asks to be called"),
    "the same conversation": _("the same conversation"),
    "the correction says what stands already": _("the correction says what stands already"), "only a number": _("only a number"),
    "no words": _("no words"),
}

# what stands before the colon, and how the whole is said
BEFORE = {
    "danger": _("danger: %(words)s"),
    "one higher": _("one higher: %(words)s"), "people": _("people: %(words)s"), "since": _("since: %(words)s"),
    "severity": _("severity: %(words)s"), "alarm": _("alarm: %(words)s"), "same street": _("same street: %(words)s"),
    "same landmark": _("same landmark: %(words)s"), "only a hint": _("only a hint: %(words)s"),
    "a landmark only": _("a landmark only: %(words)s"), "two places": _("two places: %(words)s"),
    "may concern harm": _("may concern harm: %(words)s"), "protection": _("protection: %(words)s"), "command": _("command: %(words)s"),
    "answer": _("answer: %(words)s"), "reference": _("reference: %(words)s"), "place code": _("place code: %(words)s"),
    "place name": _("place name: %(words)s"), "landmark that an officer pinned": _("landmark that an officer pinned: %(words)s"),
    "name with an ending": _("name with an ending: %(words)s"), "name with a particle": _("name with a particle: %(words)s"),
    "name by its sound": _("name by its sound: %(words)s"), "part of a name": _("part of a name: %(words)s"),
    "the pin was taken back": _("the pin was taken back: %(words)s"),
}

# the longer ones first: `kind`, `other` and `kinds` are codes of the taxonomy
SHAPES = [(re.compile(shape), said) for shape, said in (
    (r"urgency (?P<n>\d): stated in the text", _("urgency %(n)s: stated in the text")),
    (r"urgency (?P<n>\d): usual for (?P<kind>\w+)", _("urgency %(n)s: usual for %(kind)s")),
    (r"one higher: about (?P<n>\d+) people", _("one higher: about %(n)s people")),
    (r"one higher: for (?P<n>\d+) days", _("one higher: for %(n)s days")),
    (r"words alike (?P<n>[\d.]+)", _("words alike %(n)s")),
    (r"(?P<n>\d+) days apart", _("%(n)s days apart")),
    (r"(?P<n>\d+) phones sent nearly these words within a day", _("%(n)s phones sent nearly these words within a day")),
    (r"unit: nobody is named for it", _("unit: nobody is named for it")),
    (r"unit: nobody is named for (?P<words>.+)", _("unit: nobody is named for %(words)s")),
    (r"unit: (?P<words>.+) in the whole city", _("unit: %(words)s in the whole city")),
    (r"unit: (?P<words>.+) in (?P<place>[\w-]+)", _("unit: %(words)s in %(place)s")),
    (r"(?P<kind>[A-Z]{3}\d{0,2}): learned from people's readings, such as that of (?P<who>.+)",
     _("%(kind)s: learned from people's readings, such as that of %(who)s")),
    (r"(?P<kind>[A-Z]{3}\d{0,2}): learned from people's readings", _("%(kind)s: learned from people's readings")),
    (r"(?P<kind>[A-Z]{3}\d{0,2}): words and model together (?P<n>[\d.]+)", _("%(kind)s: words and model together %(n)s")),
    (r"open between (?P<kinds>[A-Z0-9, ]+)", _("open between %(kinds)s")),
    (r"not sure enough of (?P<kind>\w+)", _("not sure enough of %(kind)s")),
    (r"unsure between (?P<kind>\w+) and nothing", _("unsure between %(kind)s and nothing")),
    (r"unsure between (?P<kind>\w+) and (?P<other>\w+)", _("unsure between %(kind)s and %(other)s")),
    (r"too little for (?P<kind>\w+): (?P<words>.+)", _("too little for %(kind)s: %(words)s")),
    (r"no place in the text: the sender's own, (?P<place>[\w-]+)", _("no place in the text: the sender's own, %(place)s")),
    (r"(?P<words>.+): looks like a place, none of ours has this name", _("%(words)s: looks like a place, none of ours has this name")),
    (r"(?P<words>.+): (?P<n>\d+) places have this name", _("%(words)s: %(n)s places have this name")),
    (r"from (?P<words>.+): the first place of a route", _("from %(words)s: the first place of a route")),
    (r"(?P<words>.+): its letter and district do not agree", _("%(words)s: its letter and district do not agree")),
    (r"(?P<words>.+): no place has this code", _("%(words)s: no place has this code")),
    (r"only the first (?P<n>\d+) characters were read", _("only the first %(n)s characters were read")),
    (r"only the first (?P<n>\d+) words were read", _("only the first %(n)s words were read")),
    (r"name with (?P<n>\d+) typo\(s\): (?P<words>.+)", _("name with typos (%(n)s): %(words)s")),
    (r"landmark that (?P<who>.+) pinned: (?P<words>.+)", _("landmark that %(who)s pinned: %(words)s")),
    (r"reference: the sender's last, (?P<words>.+)", _("reference: the sender's last, %(words)s")),
    (r"a reference and no need: (?P<words>.+)", _("a reference and no need: %(words)s")),
)]
ASIDES = {
    ", though said of a street": _("%(said)s, though said of a street"),
    ", though said of the sender's home": _("%(said)s, though said of the sender's home"),
}
_KIND = re.compile(r"(?P<kind>[A-Z]{3}(?:\d\d)?): (?P<words>.+)")


def because(reason: str) -> str:
    """`one higher: about 200 people` -> `uno más: unas 200 personas`; several that were joined with `; ` are said one by one."""
    tongue = language()
    return "; ".join(_said(part, tongue) for part in reason.split("; "))


@lru_cache(maxsize=4096)
def _said(reason: str, tongue: str) -> str:
    if (whole := WHOLE.get(reason)) is not None:
        return str(whole)
    for aside, words in ASIDES.items():
        if reason.endswith(aside):
            return str(words) % {"said": _said(reason.removesuffix(aside), tongue)}
    for shape, words in SHAPES:
        if found := shape.fullmatch(reason):
            return str(words) % {name: _named(name, value, tongue) for name, value in found.groupdict().items()}
    before, colon, after = reason.partition(": ")
    if colon and before in BEFORE:
        return str(BEFORE[before]) % {"words": after}
    if found := _KIND.fullmatch(reason):
        return f"{labels.category(found['kind'], tongue)}: {found['words']}"
    return reason


def _named(name: str, value: str, tongue: str) -> str:
    if name == "kinds":
        return ", ".join(labels.category(code, tongue) for code in value.split(", "))
    return labels.category(value, tongue) if name in ("kind", "other") else value

"""Our own words, said back: nothing but them is an echo, and one word more is somebody who speaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.words.echoes import Catalogue, is_echo, letters
from gateway.words.replies import ANSWERED_IN, CITY_FILLS, KINDS, LANGUAGES, Replies

REPLIES = Replies.load(city={"zone": "Pampahasi", "num": "110", "line": "156"})
WORDS = Catalogue(REPLIES)


def said(kind: str, language: str = "es", **fills: str) -> str:
    text = REPLIES.text_for(kind, language, **fills)
    assert text is not None
    return text


HELP = said("help")
ACK = said("ack", ref="10005", cat="Sin agua", place="Pampahasi")
ASKED = said("ask_fixed", ref="10005", cat="Sin agua", place="Pampahasi")

TEXTS: list[tuple[str, str, bool]] = [
    ("as it was sent",                              HELP,                                                   True),
    ("in capitals",                                 HELP.upper(),                                           True),
    ("without its marks",                           HELP.replace(",", "").replace(".", "").replace(":", ""), True),
    ("its accents lost on the way",                 said("greeting").replace("é", "?"),                     True),
    ("cut after a hundred letters",                 HELP[:100],                                             True),
    ("behind the mark of an answer",                f"RE: {HELP}",                                          True),
    ("behind the mark of a machine",                f"Respuesta automática: {HELP}",                        True),
    ("quoted",                                      f'> "{HELP}"',                                          True),
    ("the words of an emergency, in French",        said("emergency", "fr"),                                True),
    ("the words of the help line",                  said("protection"),                                     True),
    ("Arabic",                                      said("unknown", "ar"),                                  True),
    ("with the greeting of another language",       said("help", "ay"),                                     True),
    ("what this phone was sent",                    ACK,                                                    True),
    ("the same with a letter that came wrong",      ACK.replace("Gracias", "Grasias"),                      True),
    ("a question that it was sent",                 ASKED,                                                  True),
    ("and what they have to add",                   f"{ACK} ya son tres dias",                              False),
    ("and a yes",                                   f"{ASKED} si",                                          False),
    ("and a number",                                f"{ASKED} 3",                                           False),
    ("and a word before it",                        f"urgente {ACK}",                                       False),
    ("and a word for one of ours",                  ACK.replace("agua", "luz"),                             False),
    ("and another reference",                       ACK.replace("10005", "10017"),                          False),
    ("our example, followed",                       "no hay agua en Pampahasi",                             False),
    ("our example, followed elsewhere",             "Escriba el problema y la zona: no hay luz en Kupini",  False),
    ("our help, with a need of their own in it",    HELP.replace("agua en Pampahasi", "luz en Kupini"),     False),
    ("what another phone was sent",                 said("ack", ref="10029", cat="Sin luz", place="Kupini"), False),
    ("a part that anybody may say",                 "Recibido, gracias",                                    False),
    ("an emergency",                                "EMERGENCIA: se quema la casa de mi vecino en Pampahasi", False),
    ("nothing",                                     "",                                                     False),
    ("what no letter is",                           "\ud83d" * 40 + "-" * 40,                               False),
]


@pytest.mark.parametrize(("label", "text", "echo"), TEXTS)
def test_what_is_an_echo(label: str, text: str, echo: bool) -> None:
    assert is_echo(text, WORDS, {"ana": [letters(ACK), letters(ASKED)]}, "ana") is echo, label


def test_what_one_phone_was_sent_is_no_echo_from_another() -> None:
    assert not is_echo(ACK, WORDS, {"ana": [letters(ACK)]}, "eva")


@pytest.mark.parametrize("language", [*LANGUAGES, *ANSWERED_IN])
def test_all_that_is_said_to_everybody_is_known_in_every_language(language: str) -> None:
    same = [said(kind, language) for kind, spec in KINDS.items() if set(spec.fills) <= CITY_FILLS]
    assert len(same) > 20
    missed = [text for text in same if len(letters(text)) >= 24 and not is_echo(text, WORDS)]
    assert not missed


@pytest.mark.parametrize(("label", "change"), [
    ("a need at the end", lambda text: f"{text} no hay agua"), ("one word at the end", lambda text: f"{text} no"),
    ("one digit at the end", lambda text: f"{text} 1"), ("one word before it", lambda text: f"auxilio {text}"),
    ("one word within", lambda text: f"{text[:60]} ayuda {text[60:]}"),
])
def test_nobody_who_adds_a_word_is_taken_for_an_echo(label: str, change: Callable[[str], str]) -> None:
    for language in LANGUAGES:
        for kind, spec in KINDS.items():
            if set(spec.fills) <= CITY_FILLS:
                assert not is_echo(change(said(kind, language)), WORDS), (label, kind, language)

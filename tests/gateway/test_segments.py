"""Segments are counted as phones and providers count them, and a text is folded only where that helps."""

from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.words.segments import BASIC, ESCAPED, GSM7, Measure, cheapest, fold, measure, parts, to_gsm7

GSM = st.text(st.sampled_from(sorted(GSM7)) | st.sampled_from("€[]~|"), max_size=700)
ANY = st.text(max_size=300) | st.text(st.sampled_from("aé😀€ا水"), max_size=300) | GSM


@pytest.mark.parametrize(("label", "text", "encoding", "units", "segments"), [
    ("an empty text is nothing to send",            "",                            "GSM-7", 0, 0),
    ("160 letters are one SMS",                     "a" * 160,                     "GSM-7", 160, 1),
    ("161 letters are two",                         "a" * 161,                     "GSM-7", 161, 2),
    ("two parts hold 306 letters",                  "a" * 306,                     "GSM-7", 306, 2),
    ("307 letters are three",                       "a" * 307,                     "GSM-7", 307, 3),
    ("euro and brackets cost two septets each",     "€5 [x]",                      "GSM-7", 9, 1),
    ("every escaped sign costs two",                "\f^{}\\[~]|€",                "GSM-7", 20, 1),
    ("80 euros fill one SMS",                       "€" * 80,                      "GSM-7", 160, 1),
    ("159 letters and a euro are two SMS",          "a" * 159 + "€",               "GSM-7", 161, 2),
    ("an escape pair does not straddle the parts",  "a" * 152 + "€" + "a" * 152,   "GSM-7", 306, 3),
    ("one letter earlier it fits",                  "a" * 151 + "€" + "a" * 153,   "GSM-7", 306, 2),
    ("ñ, ¿ and a line break are GSM-7",             "Mañana\n¿donde?",             "GSM-7", 14, 1),
    ("one ó makes the whole text UCS-2",            "Mañana ¿dónde?",              "UCS-2", 14, 1),
    ("capital Ç is GSM-7",                          "Ç",                           "GSM-7", 1, 1),
    ("small ç is not",                              "ç",                           "UCS-2", 1, 1),
    ("the backtick is not GSM-7",                   "`",                           "UCS-2", 1, 1),
    ("a tab is not GSM-7",                          "\t",                          "UCS-2", 1, 1),
    ("a hard space doubles the price",              "a" * 100 + "\xa0",            "UCS-2", 101, 2),
    ("70 Arabic letters are one SMS",               "م" * 70,                      "UCS-2", 70, 1),
    ("71 are two",                                  "م" * 71,                      "UCS-2", 71, 2),
    ("135 Arabic letters are three",                "م" * 135,                     "UCS-2", 135, 3),
    ("an emoji is two units",                       "😀",                          "UCS-2", 2, 1),
    ("35 emoji are one SMS",                        "😀" * 35,                     "UCS-2", 70, 1),
    ("no emoji is split: 33 fit a part of 67",      "😀" * 67,                     "UCS-2", 134, 3),
    ("a lone surrogate is counted, not refused",    "\ud83d",                      "UCS-2", 1, 1),
])
def test_measure(label: str, text: str, encoding: str, units: int, segments: int) -> None:
    assert measure(text) == Measure(encoding, units, segments), label  # type: ignore[arg-type]


def test_the_alphabet_has_127_letters_and_ten_behind_the_escape() -> None:
    assert (len(BASIC), len(ESCAPED), len(GSM7)) == (127, 10, 137)


def test_dividing_by_153_is_not_enough() -> None:
    text = "a" * 152 + "€" + "a" * 152
    assert math.ceil(measure(text).units / 153) == 2 != measure(text).segments


def counted_on_the_wire(text: str) -> tuple[int, int]:
    """Encode first, then cut the codes: another way to the same count."""
    if set(text) <= GSM7:
        codes = [code for char in text for code in ((0x1B, 0) if char in ESCAPED else (1,))]
        single, part, lead = 160, 153, range(0x1B, 0x1C)
    else:
        encoded = text.encode("utf-16-be", "surrogatepass")
        codes = [int.from_bytes(encoded[at:at + 2], "big") for at in range(0, len(encoded), 2)]
        single, part, lead = 70, 67, range(0xD800, 0xDC00)
    if len(codes) <= single:
        return len(codes), 1 if codes else 0
    segments, at = 0, 0
    while at < len(codes):
        end = min(at + part, len(codes))
        at = end - 1 if end < len(codes) and codes[end - 1] in lead else end
        segments += 1
    return len(codes), segments


@given(ANY)
def test_the_count_agrees_with_the_codes_on_the_wire(text: str) -> None:
    counted = measure(text)
    assert (counted.units, counted.segments) == counted_on_the_wire(text)


@given(ANY)
def test_parts_are_the_text_and_each_fits_one_sms(text: str) -> None:
    cut = parts(text)
    room = (153, 67) if len(cut) > 1 else (160, 70)
    whole = measure(text)
    assert "".join(cut) == text
    for part in cut:
        units = measure(part).units if whole.encoding == "GSM-7" else len(part.encode("utf-16-be")) // 2
        assert 0 < units <= room[whole.encoding == "UCS-2"]


@pytest.mark.parametrize(("label", "text", "folded"), [
    ("accents that cost go, those that are free stay",   "Mañana ¿dónde está el café?",  "Mañana ¿donde esta el café?"),
    ("French loses only ç and the circumflex",           "Ça, reçu: forêt à côté, où?",  "Ça, recu: foret à coté, où?"),
    ("quotes, dashes and dots become plain",             "“No” – ‘sí’… N° 5",            "\"No\" - 'si'... No 5"),
    ("hard spaces and zero-width signs go",              "5\xa0m\u200b²",                "5 m2"),
    ("loose accents are joined first",                   "man\u0303ana e\u0301l",        "mañana él"),
    ("ligatures and strokes",                            "œuf, Łódź, ﬁn",                "oeuf, Lodz, fin"),
    ("what is GSM-7 is left alone, euro and all",        "€5 [x] ñ Ç É",                 "€5 [x] ñ Ç É"),
    ("Arabic has no plain look-alike",                   "ماء",                          "ماء"),
    ("one emoji makes folding useless",                  "está 😀",                      "está 😀"),
])
def test_to_gsm7(label: str, text: str, folded: str) -> None:
    assert to_gsm7(text) == folded, label


@pytest.mark.parametrize(("label", "text", "sent"), [
    ("a short text keeps its accents: they cost nothing",  "¿Dónde está?",         "¿Dónde está?"),
    ("a long one loses them: one SMS instead of two",      "está " * 20,           "esta " * 20),
    ("beside Arabic too, where that saves an SMS",         "o\u0302" * 40 + "م",    "o" * 40 + "م"),
])
def test_cheapest(label: str, text: str, sent: str) -> None:
    assert cheapest(text) == sent, label
    assert (measure(sent).segments < measure(text).segments) == (sent != text)


@given(ANY)
def test_folding_never_costs_more_and_is_done_once(text: str) -> None:
    folded = to_gsm7(text)
    assert measure(folded).segments <= measure(text).segments or measure(folded).encoding == "GSM-7"
    assert to_gsm7(folded) == folded
    assert fold(fold(text)) == fold(text)


@given(GSM)
def test_what_is_gsm7_already_is_sent_as_written(text: str) -> None:
    assert to_gsm7(text) == text == cheapest(text)


@given(st.text(st.characters(categories=["Lo"]), max_size=120))
def test_letters_of_other_scripts_are_never_dropped(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    kept = [char for char in composed if not GSM7.issuperset(fold(char))]
    assert [char for char in fold(text) if char in set(kept)] == kept

"""Cries for help are heard in every language; the same words of laughter, of a dog, of last year are not."""

import pytest

from tests.parsers.parser_tables import read, table

# `cries_fresh` was written before the lists were grown for it (35 % heard then), `cries_kept` after that (80 % heard at first
# sight, against 67 % before); both were mended once.
ROWS = table("cries.jsonl") + table("cries_fresh.jsonl") + table("cries_kept.jsonl")
CRIES = [row for row in ROWS if row["want"] != "calm"]
CALM = [row for row in ROWS if row["want"] == "calm"]


def heard(text: str, city: str, **context: object) -> str:
    """What a text was taken for: `emergency`, `self_harm`, `protection` or `calm`."""
    outcome = read(text, city, **context)
    if "self_harm" in outcome.flags:
        return "self_harm"
    return outcome.intent if outcome.intent in ("emergency", "protection") else "calm"


@pytest.mark.parametrize(
    ("label", "context"),
    [
        ("out of the blue", {}),
        ("while a place is asked for", {"pending": "place"}),
        ("while a category is asked for", {"pending": "category"}),
        ("while a rating is asked for", {"pending": "rate", "last_reference": "48215"}),
    ],
)
def test_cries_are_heard(label: str, context: dict[str, object]) -> None:
    missed = [row["text"] for row in CRIES if heard(row["text"], row["city"], **context) != row["want"]]
    assert len(CRIES) >= 300
    assert len(missed) <= 0.05 * len(CRIES), f"{label}: {missed}"


def test_look_alikes_raise_no_alarm() -> None:
    alarmed = [row["text"] for row in CALM if heard(row["text"], row["city"]) != "calm"]
    assert len(CALM) >= 200
    assert len(alarmed) <= 0.02 * len(CALM), alarmed


@pytest.mark.parametrize(
    ("label", "text", "want"),
    [
        ("someone who cannot breathe", "necesito ambulancia mi mama no respira", "emergency"),
        ("a house on fire, spelt by ear", "se esta incendiando mi kasa", "emergency"),
        ("a wall on a child", "se cayo el muro de mi vecino encima de un niño, Kupini", "emergency"),
        ("houses in the river", "inundacion!! el rio se lleva las casas en Irpavi", "emergency"),
        ("no way for the ambulance", "hay bloqueo, no pasan las ambulancias, mi hijo esta grave", "emergency"),
        ("gas with a place between", "gas kupini huele fuerte", "emergency"),
        ("the dead", "hay un muerto en la calle Kupini", "emergency"),
        ("a body", "hay un cadaver en Pampahasi", "emergency"),
        ("wanting to die", "quiero morirme ya no aguanto", "self_harm"),
        ("wanting to kill oneself", "me quiero matar", "self_harm"),
        ("rape in a bus", "me violaron anoche en el minibus", "protection"),
        ("a fire, said in Darija", "kayna l3afia", "emergency"),
        ("an SOS with a slip", "emergencoia en kupini", "emergency"),
        ("a poison named after a beast", "mi hijo comio veneno de ratas", "emergency"),
        ("a blow with a slip in every word", "mi maridp me glpea", "protection"),
        ("not wanting to die", "no quiero morirme ayuden", "calm"),
        ("a word that only looks like it", "estan shouting at us in kupini", "calm"),
        ("a way out that is called so", "la salida de emergencia de la escuela de kupini esta cerrada", "calm"),
        ("favours for land", "el dirigente me toca y me pide favores a cambio de terreno", "protection"),
    ],
)
def test_what_a_resident_wrote(label: str, text: str, want: str) -> None:
    assert heard(text, "la-paz") == want, label


def test_a_wish_to_die_keeps_nothing() -> None:
    outcome = read("quiero morirme, vivo en Kupini 48215", last_reference="48215", profile={"place_code": "S1701"})
    assert outcome.flags == ("sensitive", "self_harm")
    kept = (outcome.place_code, outcome.place_text, outcome.details, outcome.reference, outcome.severity)
    assert kept == (None,) * 5, "what is not kept cannot leak"

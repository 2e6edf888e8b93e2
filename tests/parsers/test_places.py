"""Where it is: codes, names whole and misspelt, shared names, streets, dates, homes, places nobody pinned yet."""

import pytest

from parsers import Context, Gazetteer, parse
from tests.parsers.parser_tables import WORDS, places_of, read, rows_of


@pytest.mark.parametrize(
    ("label", "city", "text", "code"),
    [
        ("a code", "la-paz", "S1604 sin agua", "S1604"),
        ("O for 0", "la-paz", "sin agua S16O4", "S1604"),
        ("l for 1", "la-paz", "Zl822 basura", "Z1822"),
        ("spaces in a code", "la-paz", "s 17 01 basura", "S1701"),
        ("dashes in a code", "la-paz", "basura S-17-01", "S1701"),
        ("a two-letter code", "casablanca", "eau coupee CB 05 00", "CB0500"),
        ("a name", "la-paz", "no hay agua en villa fatima", "P1314"),
        ("a name of many words wins over its parts", "la-paz", "no hay agua en santa rosa tiji", "P1204"),
        ("an alias", "la-paz", "bache en tembla", "C0407"),
        ("Alto behind the name", "la-paz", "gradas rotas en tacagua alto", "C0502"),
        ("an abbreviation", "la-paz", "bache en va. copacabana", "S1405"),
        ("a Roman number", "la-paz", "bache en irpavi II", "Z1826"),
        ("spelt by ear", "la-paz", "no hay agua en billa fatima", "P1314"),
        ("one letter lost", "la-paz", "no hay agua en tmbladerani", "C0407"),
        ("letters swapped", "la-paz", "no hay agua en pampahsai", "S1604"),
        ("the space lost", "la-paz", "no hay agua en cotacota", "Z1824"),
        ("a space too many", "la-paz", "no hay agua en pampa hasi", "S1604"),
        ("a preposition without its space", "la-paz", "no hay agua enkupini", "S1701"),
        ("a capital where the space was", "la-paz", "no hay agua enKupini", "S1701"),
        ("a Quechua ending", "la-paz", "mana yaku kanchu Villa Fatimapi", "P1314"),
        ("an Aymara ending", "la-paz", "janiw uma utjkiti Pampahasina", "S1604"),
        ("the side of a misspelt name", "la-paz", "basura en alto munaypata", "M0905"),
        ("an Arabic name", "casablanca", "الماء مقطوع في سيدي مومن", "CB1200"),
        ("with a particle", "casablanca", "الماء مقطوع فسيدي مومن", "CB1200"),
        ("with tatweel", "casablanca", "الماء مقطوع في سـيدي مـومن", "CB1200"),
        ("in Arabizi", "casablanca", "lma m9tou3 f 7ay mo7ammadi", "CB0500"),
        ("Arabizi with a glued particle", "casablanca", "lma m9tou3 fsidi moumen", "CB1200"),
        ("a name told apart by its area", "nairobi", "no water in kisumu ndogo, korogocho", "NB0503"),
        ("the smaller of two nested places", "nairobi", "no water in Huruma Mathare", "NB0204"),
        ("a district", "la-paz", "no hay agua en distrito 7", "M0700"),
        ("one distinctive word of a name", "la-paz", "arbol caido en stronguista", "Z1808"),
        ("the place of the problem, not the home", "la-paz", "vivo en belen pero la basura esta en kupini", "S1701"),
        ("a denied place", "la-paz", "no es en kupini sino en pampahasi, la basura", "S1604"),
        ("the zone, not the street", "la-paz", "bache calle san pedro zona miraflores", "E0201"),
        ("the street's name when there is nothing else", "la-paz", "bache en calle pampahasi", "S1604"),
        ("a place in a landmark", "la-paz", "poste apagado plaza de san pedro", "C0602"),
        ("a date that is a place", "la-paz", "no hay agua en 3 de mayo", "P1301"),
        ("a place beside a date", "la-paz", "desde el 3 de mayo no hay agua en kupini", "S1701"),
        ("a name made of keywords", "la-paz", "poste apagado en agua de la vida", "P1106"),
        ("the first place of a route", "la-paz", "no hay minibus de kupini a miraflores", "S1701"),
    ],
)
def test_one_place(label: str, city: str, text: str, code: str) -> None:
    outcome = read(text, city)
    assert (outcome.place_code, outcome.errors) == (code, ()), f"{label}: {outcome.why}"


@pytest.mark.parametrize(
    ("label", "city", "text", "errors", "candidates"),
    [
        ("a code of no place", "la-paz", "S1799 sin agua", ("place_code_unknown",), ()),
        ("letter and district do not agree", "la-paz", "P1604 sin agua", ("place_code_mismatch",), ("S1604",)),
        ("a name two places share", "la-paz", "no hay agua en seguencoma", ("place_ambiguous",), ("Z2101", "Z2104")),
        ("shared in another city", "nairobi", "no water in soweto", ("place_ambiguous",), ("NB0106", "NB0802")),
        ("two places", "la-paz", "basura en kupini y pampahasi", ("two_places",), ("S1701", "S1604")),
        ("a zone nobody knows", "la-paz", "no hay agua en villa esperanza", ("place_unknown",), ()),
        ("a capital nobody knows", "la-paz", "no hay agua en Ventanilla", ("place_unknown",), ()),
        ("no place at all", "la-paz", "no hay agua", ("missing_place",), ()),
        ("a street only", "la-paz", "poste apagado calle murillo", ("missing_place",), ()),
        ("a word that is also a place, unled", "la-paz", "esta primavera no hay agua en mi casa", ("missing_place",), ()),
        ("hay is no zone word in La Paz", "la-paz", "no hay luz aca", ("missing_place",), ()),
    ],
)
def test_what_is_asked_about_a_place(label: str, city: str, text: str, errors: tuple[str, ...], candidates: tuple[str, ...]) -> None:
    outcome = read(text, city)
    assert (outcome.place_code, outcome.errors, outcome.place_candidates) == (None, errors, candidates), f"{label}: {outcome.why}"


def test_a_landmark_is_kept_and_once_pinned_it_resolves() -> None:
    text = "basura detras del molino viejo"
    before = read(text)
    assert (before.errors, before.place_source, before.place_text) == (("missing_place",), "landmark", "detras del molino viejo")
    learned = places_of("la-paz").with_aliases({"detras del molino viejo": "S1701"})
    after = parse(text, Context(), WORDS, learned)
    assert (after.place_code, after.errors) == ("S1701", ())
    assert read(text).place_code is None, "the city it came from is unchanged"


def test_a_pin_outranks_what_the_name_meant_before() -> None:
    learned = places_of("la-paz").with_aliases({"seguencoma": "Z2104", "nowhere": "X9999"})
    assert parse("no hay agua en seguencoma", Context(), WORDS, learned).place_code == "Z2104"


def test_the_senders_own_place_is_used_and_said_to_be_so() -> None:
    outcome = read("no hay agua", profile={"place_code": "S1701"})
    assert (outcome.place_code, outcome.place_source, outcome.place_text, outcome.errors) == ("S1701", "profile", None, ())
    assert read("no hay agua en pampahasi", profile={"place_code": "S1701"}).place_code == "S1604"
    assert read("no hay agua en seguencoma", profile={"place_code": "Z2104"}).place_code == "Z2104"
    assert read("no hay agua", profile={"place_code": "S9999"}).errors == ("missing_place",)


def test_a_zone_word_of_one_city_is_none_in_another() -> None:
    assert read("plus d'eau à Hay Inconnu", "casablanca").errors == ("place_unknown",)


def test_every_place_of_every_city_is_found_by_its_code_and_its_name() -> None:
    for city in ("la-paz", "casablanca", "nairobi"):
        places = places_of(city)
        for row in rows_of(city):
            assert read(f"{row['code']} basura", city).place_code == row["code"]
            outcome = read(f"basura en zona {row['name']}" if city == "la-paz" else f"{row['name']}", city, pending="place")
            codes = {outcome.place_code, *outcome.place_candidates}
            assert row["code"] in codes, (row["name"], outcome.why)
        assert len(places) == len(rows_of(city))


def test_rows_of_a_gazetteer_may_leave_things_out() -> None:
    places = Gazetteer.of([{"code": "x0101 ", "name": " Lejos "}])
    place = places.place("X0101")
    assert place is not None
    assert (place.name, place.lat, place.generic, place.parent) == ("Lejos", None, False, "")
    assert parse("sin luz en lejos", Context(), WORDS, places).place_code == "X0101"
    assert parse("sin luz en kupini", Context(), WORDS, Gazetteer.of([])).place_code is None


DOTTED = Gazetteer.of(
    {"code": f"Z18{n:02}", "name": name}
    for n, name in enumerate(
        [
            "San Luis", "Urb. San Luis", "Villa Sta. Rosa", "A. Forestal Las Retamas", "Molino Sec.2", "Molino Sec. 12",
            "Av. Buenos Aires Alto", "Belen",
        ]  # fmt: skip
    )
)


@pytest.mark.parametrize(
    ("label", "text", "code"),
    [
        ("a shortened word before the name", "no hay agua en urb. San Luis desde ayer", "Z1801"),
        ("the same word in full", "no hay agua en urbanizacion san luis", "Z1801"),
        ("the same without its dot", "no hay agua en urb san luis", "Z1801"),
        ("a shortened word inside the name", "basura en villa Sta. Rosa", "Z1802"),
        ("the same saint in full", "basura en villa santa rosa", "Z1802"),
        ("a single letter with a dot", "basura en A. Forestal Las Retamas", "Z1803"),
        ("a number right after the dot", "basura en molino sec.2", "Z1804"),
        ("a number after dot and space", "basura en molino sec. 12 amontonada", "Z1805"),
        ("a street word that belongs to the name", "sin luz en av. buenos aires alto", "Z1806"),
        ("a full stop still ends a name", "no hay agua en San Luis. Villa grande es lejos", "Z1800"),
        ("an everyday word alone in its sentence", "no hay luz. belen. 3 dias", "Z1807"),
    ],
)
def test_a_dot_after_a_shortened_word_breaks_no_name(label: str, text: str, code: str) -> None:
    outcome = parse(text, Context(channel_lang="es"), WORDS, DOTTED)
    assert outcome.place_code == code, f"{label}: {outcome.why}"


def test_a_dot_after_a_shortened_word_ends_no_sentence() -> None:
    outcome = read("la basura de la av. Los Andes esta amontonada, kupini")
    assert (outcome.category, outcome.place_code) == ("WST01", "S1701"), outcome.why


@pytest.mark.parametrize(
    ("label", "text", "code"),
    [
        ("a name that is a place too", "soy Rosario, basura en pampahasi", "S1604"),
        ("the same name as a place", "basura en el rosario", "E0102"),
        ("the neighbours of a place", "soy de el rosario, no hay agua", "E0102"),
        ("part of a name and a given name", "soy Maria, no hay luz en kupini", "S1701"),
    ],
)
def test_who_someone_is_is_no_place(label: str, text: str, code: str) -> None:
    outcome = read(text)
    assert (outcome.place_code, outcome.errors) == (code, ()), f"{label}: {outcome.why}"


def test_a_given_name_answers_no_question_about_a_place() -> None:
    assert read("soy Maria", pending="place").place_code is None
    assert read("Maria Auxiliadora", pending="place").place_code == "C0413"

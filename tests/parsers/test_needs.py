"""Which need: keywords, the grammar of things and states, weak words, several needs, and the seam for a model."""

import pytest

from parsers import Context, parse
from parsers.needs import confidence_of
from tests.parsers.parser_tables import WORDS, places_of, read


@pytest.mark.parametrize(
    ("label", "city", "text", "category"),
    [
        ("a keyword", "la-paz", "no hay agua en kupini", "WAT01"),
        ("small words between", "la-paz", "no hay nada de agua en kupini", "WAT01"),
        ("the other way round", "la-paz", "agua no hay en kupini", "WAT01"),
        ("a longer phrase wins over its words", "la-paz", "robaron la tapa de la alcantarilla kupini", "SAN02"),
        ("words apart in one clause", "la-paz", "el agua lleva dias cortada kupini", "WAT01"),
        ("a plural the list does not hold", "la-paz", "3 postes apagados kupini", "LIT01"),
        ("spelt by ear", "la-paz", "vasura amontonada kupini", "WST01"),
        ("a typo", "la-paz", "bahce enorme kupini", "ACC01"),
        ("run together", "la-paz", "sinluz en kupini", "LIT03"),
        ("capitals", "la-paz", "ALCANTARILLA TAPADA KUPINI", "SAN01"),
        ("thing and state", "la-paz", "la pila gotea kupini", "WAT03"),
        ("another state of the same thing", "la-paz", "el agua sale cafe kupini", "WAT04"),
        ("wanted and not broken", "la-paz", "queremos gradas en kupini", "ACC04"),
        ("wanted by nobody in particular", "la-paz", "se necesita gradas en kupini", "ACC04"),
        ("wanted mended, so it is there", "la-paz", "se necesita arreglar las gradas en kupini", "ACC03"),
        ("French, wanted", "casablanca", "on a besoin d'escaliers à Sbata", "ACC04"),
        ("broken and not wanted", "la-paz", "gradas rotas en kupini", "ACC03"),
        ("the nearest thing", "la-paz", "poste caido y calle oscura kupini", "LIT06"),
        ("a card text", "la-paz", "AGUA S1701", "WAT01"),
        ("a place name's words say nothing", "la-paz", "poste apagado en agua de la vida", "LIT01"),
        ("an emoji", "la-paz", "🔥 en kupini", "RSK05"),
        ("French", "casablanca", "tuyau cassé à Oulfa", "WAT03"),
        ("French without its apostrophe", "casablanca", "pas deau a Oulfa", "WAT01"),
        ("French by ear", "casablanca", "lampadère cassé à Oulfa", "LIT01"),
        ("Arabic", "casablanca", "الواد الحار مخنوق في سباتة", "SAN01"),
        ("Arabic with a particle", "casablanca", "والضو مقطوع في سباتة", "LIT03"),
        ("Arabizi", "casablanca", "7ofra kbira f tri9 f sbata", "ACC01"),
        ("Arabizi, state after thing", "casablanca", "lma ma kaynch f sbata", "WAT01"),
        ("English", "nairobi", "the pole is leaning in Kayole", "LIT06"),
        ("Swahili", "nairobi", "choo imejaa Gatwekera", "SAN04"),
        ("neither this one", "la-paz", "tampoco hay agua en kupini", "WAT01"),
        ("nothing to eat", "la-paz", "no tenemos que comer en kupini", "SOC04"),
        ("food asked for", "nairobi", "please send us food we are in Kayole", "SOC04"),
        ("food not found", "nairobi", "we cannot find food here in Kayole", "SOC04"),
        ("food in French", "casablanca", "nous avons besoin de nourriture à Oulfa", "SOC04"),
        ("Aymara", "la-paz", "janiw uma utjkiti Kupini", "WAT01"),
        ("Quechua", "la-paz", "mana yaku kanchu Kupini", "WAT01"),
    ],
)
def test_category(label: str, city: str, text: str, category: str) -> None:
    outcome = read(text, city)
    assert (outcome.intent, outcome.category) == ("report", category), f"{label}: {outcome.why}"


@pytest.mark.parametrize(
    ("label", "city", "text"),
    [
        ("girl is not fire", "la-paz", "la nina llora en kupini"),
        ("motorbike is not fire", "la-paz", "una moto pasa por kupini"),
        ("for is not rain", "la-paz", "para cuando en kupini"),
        ("a school as a landmark", "la-paz", "frente a la escuela de mi hija hay algo raro que nadie atiende en kupini"),
        (
            "a keyword of another need far away",
            "la-paz",
            "mi abuelo que en paz descanse hizo este camino y ahora nadie se acuerda de kupini",
        ),
    ],
)
def test_words_that_are_no_need_here(label: str, city: str, text: str) -> None:
    outcome = read(text, city)
    assert outcome.category is None, f"{label}: {outcome.why}"
    assert "missing_category" in outcome.errors


def test_a_weak_hint_is_offered_and_not_claimed() -> None:
    outcome = read("en la escuela de mi hija hay algo raro que nadie viene a ver en kupini")
    assert outcome.category is None
    assert "FAC02" in outcome.category_options
    assert outcome.confidence < 0.36


def test_belief_falls_with_length_and_with_a_rival() -> None:
    assert confidence_of(1.0, 0.0, 3) > confidence_of(1.0, 0.0, 10) > confidence_of(1.0, 0.0, 25)
    assert confidence_of(3.0, 0.0, 8) > confidence_of(3.0, 3.0, 8)
    assert confidence_of(4.5, 0.0, 8) > confidence_of(1.0, 0.0, 8)


@pytest.mark.parametrize(
    ("label", "text", "needs"),
    [
        ("each beside its place", "no hay agua en Kupini y hay basura tirada en Pampahasi", [("WAT01", "S1701"), ("WST01", "S1604")]),
        (
            "places before needs",
            "en kupini no hay agua y en pampahasi la alcantarilla esta rebalsando",
            [("WAT01", "S1701"), ("SAN01", "S1604")],
        ),
        ("one place for both", "poste apagado, bache grande. kupini", [("LIT01", "S1701"), ("ACC01", "S1701")]),
        (
            "one that is said in a word alone beside one said plainly",
            "hueco en Sopocachi y no pasa el carro basurero en Kupini",
            [("ACC01", "C0303"), ("WST01", "S1701")],
        ),
        (
            "three in three places",
            "grada rota en Villa Fatima, en Kupini no hay agua y en Pampahasi los postes no prenden",
            [("ACC03", "P1314"), ("WAT01", "S1701"), ("LIT01", "S1604")],
        ),
        (
            "what names no place has the nearest",
            "bache en Sopocachi, ademas la alcantarilla esta rebalsando y en Kupini no hay luz",
            [("ACC01", "C0303"), ("SAN01", "C0303"), ("LIT03", "S1701")],
        ),
        ("one kind in two places", "bache grande en Kupini y otro bache en Pampahasi", [("ACC01", "S1701"), ("ACC01", "S1604")]),
        ("three in French", "un trou à Sopocachi, pas d'eau à Kupini et les ordures traînent à Pampahasi",
         [("ACC01", "C0303"), ("WAT01", "S1701"), ("WST01", "S1604")]),
        ("two in English", "pothole in Sopocachi and no water in Kupini", [("ACC01", "C0303"), ("WAT01", "S1701")]),
        ("one need in many words", "no hay agua, sin agua, corte de agua en kupini", []),
    ],
)
def test_several_needs(label: str, text: str, needs: list[tuple[str, str]]) -> None:
    outcome = read(text)
    assert [(need.category, need.place_code) for need in outcome.needs] == needs, f"{label}: {outcome.why}"
    assert "two_places" not in outcome.errors
    if needs:
        assert (outcome.category, outcome.place_code) == needs[0]


class TestTheSeamForAModel:
    """`meaning` is asked where keywords are weak, and only there."""

    def _parse(self, text: str, guesses: list[tuple[str, float]]) -> tuple[str | None, tuple[str, ...], list[str]]:
        asked: list[str] = []

        def meaning(given: str) -> list[tuple[str, float]]:
            asked.append(given)
            return guesses

        outcome = parse(text, Context(), WORDS, places_of("la-paz"), meaning)
        return outcome.category, outcome.category_options, asked

    def test_it_is_not_asked_when_the_words_are_plain(self) -> None:
        assert self._parse("no hay agua en kupini", [("SAF01", 1.0)]) == ("WAT01", (), [])

    def test_it_decides_where_no_word_does(self) -> None:
        category, _, asked = self._parse("parece boca de lobo en kupini", [("LIT02", 0.8), ("SAF01", 0.1)])
        assert (category, len(asked)) == ("LIT02", 1)

    def test_without_a_lead_it_is_asked_and_not_believed(self) -> None:
        category, options, _ = self._parse("parece boca de lobo en kupini", [("LIT02", 0.46), ("SAF01", 0.44)])
        assert category is None
        assert options[:2] == ("LIT02", "SAF01")

    def test_it_mixes_with_a_weak_word(self) -> None:
        text = "ese hueco que dejaron los de la empresa delante de mi casa cada noche traga mas vereda y nadie responde en kupini"
        assert self._parse(text, [("RSK03", 0.7), ("ACC01", 0.2)])[0] == "RSK03"
        assert self._parse(text, [("ACC01", 0.6), ("RSK03", 0.3)])[0] == "ACC01"

    def test_codes_it_invents_are_ignored(self) -> None:
        assert self._parse("parece boca de lobo en kupini", [("XXX99", 1.0)])[0] is None

    def test_a_text_only_the_model_understands_is_a_report(self) -> None:
        outcome = parse("parece boca de lobo", Context(), WORDS, places_of("la-paz"), lambda _: [("LIT02", 0.9)])
        assert (outcome.intent, outcome.category, outcome.errors) == ("report", "LIT02", ("missing_place",))


@pytest.mark.parametrize(
    ("label", "text", "intent"),
    [
        ("a fire", "incendio en kupini", "emergency"),
        ("gas", "olor a gas en kupini", "emergency"),
        ("going on", "se esta viniendo el cerro en kupini", "emergency"),
        ("someone hurt", "cable caido hay un herido en kupini", "emergency"),
        ("an SOS", "auxilio kupini", "emergency"),
        ("a fire that was", "hubo un incendio en kupini el mes pasado", "report"),
        ("a fire that may be", "riesgo de incendio en kupini", "report"),
        ("dangerous and quiet", "cable pelado en kupini", "report"),
        ("dangerous and not urgent", "cable pelado ahora en kupini, no es urgente", "report"),
    ],
)
def test_alarm(label: str, text: str, intent: str) -> None:
    outcome = read(text)
    assert outcome.intent == intent, f"{label}: {outcome.why}"
    if intent == "emergency":
        assert outcome.severity == 4


@pytest.mark.parametrize(
    ("label", "text", "category", "place", "people", "severity"),
    [
        ("positional", "AGUA#S1604#20 familias", "WAT01", "S1604", 20, None),
        ("labelled", "zona=S1604 tipo=agua personas=30 gravedad=3", "WAT01", "S1604", 30, 3),
        ("labelled in another order", "tipo: basura; gravedad: 2; zona: kupini", "WST01", "S1701", None, 2),
        ("French labels", "zone=S1604 type=egout", "SAN01", "S1604", None, None),
        ("a card number", "COD 61 S1702", "LIT01", "S1702", None, None),
        ("a card number behind its sign", "#43 C0402", "RSK03", "C0402", None, None),
    ],
)
def test_texts_with_a_form(label: str, text: str, category: str, place: str, people: int | None, severity: int | None) -> None:
    outcome = read(text)
    got = (outcome.intent, outcome.category, outcome.place_code, outcome.people, outcome.severity, outcome.errors)
    assert got == ("report", category, place, people, severity, ()), f"{label}: {outcome.why}"


def test_a_bare_number_is_no_card() -> None:
    assert read("61 S1702").category is None


@pytest.mark.parametrize(
    ("label", "text", "silent"),
    [
        ("a request for food that speaks of texts", "stop sending sms and text, what i need is food to eat", False),
        ("friends who call and text", "call me when you are free, or text", False),
        ("an ordinary favour in Swahili", "naomba nitumie picha ya jana", False),
        ("a prize and a call", "your mobile number won a prize, call now", True),
        ("money to a number", "ile pesa nitumie kwenye namba hii ya airtel", True),
        ("a lucky day", "today is your lucky day log onto our page", True),
        ("a winner in Spanish", "su numero salio ganador, envie la palabra PREMIO", True),
    ],
)
def test_what_is_silenced_as_spam(label: str, text: str, silent: bool) -> None:
    outcome = read(text, "nairobi")
    assert (outcome.intent == "spam") == silent, f"{label}: {outcome.why}"


@pytest.mark.parametrize(("city", "text", "category"), [
    ("la-paz", "el viaje al centro es muy caro en minibus", "TRN03"), ("la-paz", "ir al centro en minibus sale carisimo", "TRN03"),
    ("la-paz", "esta cara la movilidad", "TRN03"), ("la-paz", "caro esta el trufi a kupini", "TRN03"),
    ("la-paz", "jilata minibus caro", "TRN03"), ("casablanca", "le trajet en bus est trop cher", "TRN03"),
    ("casablanca", "الطوبيس ولى غالي", "TRN03"), ("casablanca", "taxi ghali bzaf", "TRN03"),
    ("nairobi", "matatu to town is very expensive", "TRN03"), ("nairobi", "usafiri ni ghali", "TRN03"),
    ("la-paz", "no hay minibus en kupini", "TRN01"),
])
def test_a_dear_ride_is_a_matter_of_cost(city: str, text: str, category: str) -> None:
    assert read(text, city).category == category


@pytest.mark.parametrize(("city", "text", "category"), [
    ("nairobi", "we need the stairs repaired", "ACC03"), ("nairobi", "the steps need to be fixed", "ACC03"),
    ("nairobi", "tunataka ngazi kurekebishwa", "ACC03"), ("la-paz", "necesitamos las gradas arregladas", "ACC03"),
    ("la-paz", "se necesita arreglar las gradas", "ACC03"), ("la-paz", "pedimos arreglo de la baranda", "ACC06"),
    ("casablanca", "il faut réparer les escaliers", "ACC03"), ("casablanca", "bghina tssl7o drouj", "ACC03"),
    ("casablanca", "بغينا تصلحو الدروج", "ACC03"),
    ("nairobi", "we need stairs", "ACC04"), ("la-paz", "necesitamos gradas", "ACC04"), ("casablanca", "khassna drouj", "ACC04"),
    ("nairobi", "tunahitaji ngazi", "ACC04"),
])
def test_who_wants_a_thing_mended_has_it(city: str, text: str, category: str) -> None:
    assert read(text, city).category == category


@pytest.mark.parametrize(("label", "text", "is_fare"), [
    ("light",                         "me cobran mucho de luz", False),
    ("light, and a place",            "en kupini me cobran mucho de luz", False),
    ("light, by a phrase of fares",   "me cobran doble la luz", False),
    ("nothing is named",              "me cobran mucho", True),
    ("a ride, by a phrase of fares",  "el minibus cobra doble", True),
    ("a ride",                        "el micro me cobra mucho", True),
    ("light in another clause",       "me cobran mucho en el micro. no hay luz", True),
])
def test_what_is_charged_for_light_is_no_fare(label: str, text: str, is_fare: bool) -> None:
    outcome = read(text, "la-paz")
    codes = {getattr(outcome, "category", None), *(getattr(outcome, "category_options", None) or ())}
    assert ("TRN03" in codes) is is_fare, f"{label}: {codes}"

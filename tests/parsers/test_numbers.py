"""Counts of people and lengths of time; and the numbers that are neither."""

import pytest

from tests.parsers.parser_tables import read


@pytest.mark.parametrize(
    ("label", "city", "text", "people", "unit"),
    [
        ("digits and a unit", "la-paz", "20 familias sin agua", 20, "families"),
        ("unit and a colon", "la-paz", "sin agua. familias: 20", 20, "families"),
        ("a word between unit and colon", "la-paz", "sin agua, familias afectadas: 35", 35, "families"),
        ("somos", "la-paz", "somos 15 sin agua", 15, "persons"),
        ("somos como", "la-paz", "somos como 40 sin agua", 40, "persons"),
        ("number words", "la-paz", "treinta y cinco vecinos sin agua", 35, "persons"),
        ("hundreds in words", "la-paz", "ciento veinte alumnos sin agua", 120, "students"),
        ("two hundred", "la-paz", "doscientas familias sin agua", 200, "families"),
        ("a thousand with a point", "la-paz", "1.200 familias sin agua", 1200, "families"),
        ("no space", "la-paz", "20familias sin agua", 20, "families"),
        ("an adjective between", "la-paz", "6 pequeños niños sin agua", 6, "children"),
        ("more than", "la-paz", "mas de 30 vecinos sin agua", 30, "persons"),
        ("houses", "la-paz", "8 casas en riesgo, muro caido", 8, "houses"),
        ("French", "casablanca", "vingt-cinq familles sans eau", 25, "families"),
        ("quatre-vingt", "casablanca", "quatre-vingt personnes sans eau", 80, "persons"),
        ("on est", "casablanca", "on est 12 sans eau", 12, "persons"),
        ("English", "nairobi", "twenty five households no water", 25, "families"),
        ("Arabic digits", "casablanca", "٢٠ عائلة بلا ما", 20, "families"),
        ("Arabic words", "casablanca", "عشرين عائلة بلا ما", 20, "families"),
        ("Darija units before tens", "casablanca", "khmsa w 3chrin 3a2ila bla ma", 25, "families"),
        ("the letter 7 and the number 7", "casablanca", "7na 7 dyal nas bla ma", 7, "persons"),
        ("Swahili puts the unit first", "nairobi", "familia 12 hatuna maji huku", 12, "families"),
    ],
)
def test_people(label: str, city: str, text: str, people: int, unit: str) -> None:
    outcome = read(text, city)
    assert (outcome.people, outcome.people_unit) == (people, unit), f"{label}: {outcome.why}"


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("a street", "no hay agua calle 5 casas altas"),
        ("a house", "no hay agua casa numero 120"),
        ("a lot", "no hay agua manzana 12 lote 4"),
        ("a bus line", "no pasa el minibus linea 231"),
        ("an hour", "no hay luz desde las 7 de la noche"),
        ("money", "pago 80 bs de agua y no hay agua"),
        ("an age", "tengo 67 años y no hay agua"),
        ("dogs", "20 perros callejeros"),
        ("lamps", "3 postes apagados"),
        ("part of a split text", "2/2 familias sin agua"),
        ("one person is a story", "una persona dice que no hay agua"),
        ("a code", "S1604 familias sin agua"),
        ("a reference", "agregar 48215 personas sin agua"),
    ],
)
def test_numbers_that_count_nobody(label: str, text: str) -> None:
    assert read(text).people is None, f"{label}: {read(text).why}"


@pytest.mark.parametrize(
    ("label", "city", "text", "days"),
    [
        ("hace", "la-paz", "no hay agua hace 3 dias", 3),
        ("by ear", "la-paz", "no hay agua ase 3 dias", 3),
        ("hace como", "la-paz", "no hay agua hace como 3 dias", 3),
        ("weeks in words", "la-paz", "no hay agua desde hace dos semanas", 14),
        ("and a half", "la-paz", "no hay agua hace dos semanas y media", 17),
        ("a month", "la-paz", "no hay agua hace un mes", 30),
        ("a year", "la-paz", "no hay agua hace un año", 365),
        ("hours are today", "la-paz", "no hay agua hace 5 horas", 0),
        ("days in hours", "la-paz", "no hay agua hace 48 horas", 2),
        ("yesterday", "la-paz", "no hay agua desde ayer", 1),
        ("the day before", "la-paz", "no hay agua desde anteayer", 2),
        ("last night", "la-paz", "anoche se fue la luz", 1),
        ("last week", "la-paz", "no hay agua desde la semana pasada", 7),
        ("a bare count of suffering", "la-paz", "5 dias sin agua", 5),
        ("ya van", "la-paz", "ya van 10 dias sin agua", 10),
        ("no space", "la-paz", "no hay agua hace 3dias", 3),
        ("French", "casablanca", "pas d'eau depuis 2 semaines", 14),
        ("cela fait", "casablanca", "ca fait 15 jours pas d'eau", 15),
        ("avant-hier", "casablanca", "pas d'eau depuis avant-hier", 2),
        ("Arabizi", "casablanca", "lma m9tou3 hadi 3 iyam", 3),
        ("Arabizi with d", "casablanca", "lma m9tou3 hadi 3 d iyam", 3),
        ("one unit unsaid", "casablanca", "lma m9tou3 hadi simana", 7),
        ("number and unit in one", "casablanca", "الماء مقطوع منذ يومين", 2),
        ("Arabic", "casablanca", "الماء مقطوع هادي 3 ايام", 3),
        ("English", "nairobi", "no water for two weeks", 14),
        ("ago", "nairobi", "water went off 3 days ago, no water", 3),
        ("for a week", "nairobi", "no water for a week", 7),
        ("Swahili puts the unit first", "nairobi", "hakuna maji siku tatu", 3),
        ("tangu jana", "nairobi", "hakuna maji tangu jana", 1),
    ],
)
def test_since(label: str, city: str, text: str, days: int) -> None:
    outcome = read(text, city)
    assert outcome.since_days == days, f"{label}: {outcome.why}"


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("a rhythm", "cada 3 dias cortan el agua"),
        ("times a week", "hay agua 3 dias por semana"),
        ("a plan", "en 3 dias es la asamblea, no hay agua"),
        ("a weekday when the day of arrival is unknown", "no hay agua desde el lunes"),
        ("all days", "botan basura todos los dias"),
    ],
)
def test_days_that_are_no_length(label: str, text: str) -> None:
    assert read(text).since_days is None, f"{label}: {read(text).why}"


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("no hay agua desde el lunes", 2),
        ("no hay agua desde el miercoles", 7),
        ("pas d'eau depuis samedi", 4),
        ("no hay agua desde el 1 de marzo", 4),
        ("no hay agua desde el 20 de diciembre", 75),
        ("no hay agua desde el 31 de febrero", None),
    ],
)
def test_days_of_the_calendar_need_the_day_of_arrival(text: str, days: int | None) -> None:
    wednesday = "2025-03-05T10:00:00+00:00"
    assert read(text, received_at=wednesday).since_days == days


@pytest.mark.parametrize(
    ("label", "text", "severity"),
    [
        ("a cue", "no hay agua urgente", 3),
        ("danger", "muro por caer peligro", 3),
        ("someone hurt", "muro caido hay heridos", 4),
        ("denied first", "bache, no es urgente", 1),
        ("denied danger", "bache, no es peligroso", 1),
        ("a stated level", "gravedad 2 bache", 2),
        ("a stated level with a sign", "nivel=4 bache", 4),
        ("a level outside", "nivel 9 bache", None),
        ("nothing said", "bache grande", None),
        ("without danger", "bache sin peligro", None),
    ],
)
def test_severity(label: str, text: str, severity: int | None) -> None:
    outcome = read(f"{text} en kupini")
    assert outcome.severity == severity, f"{label}: {outcome.why}"


@pytest.mark.parametrize(
    ("label", "city", "text"),
    [
        ("of 80 years", "la-paz", "en Kupini faltan gradas, mi mama de 80 años no puede bajar"),
        ("more than 80", "la-paz", "una señora de mas de 80 años sin agua"),
        ("has 80 years", "la-paz", "mi abuelo tiene 90 años y no hay gradas"),
        ("has 80 years without light", "la-paz", "mi abuelo tiene 90 años sin luz"),
        ("I have", "la-paz", "tengo 75 años no tengo agua"),
        ("at my age", "la-paz", "a mis 80 años sin luz"),
        ("years of age", "la-paz", "persona de 70 años de edad sin luz"),
        ("older than", "la-paz", "adultos mayores de 65 años sin agua"),
        ("in words", "la-paz", "mi madre de ochenta años sin agua"),
        ("no word between", "la-paz", "mi mama 80 años no tiene agua"),
        ("a baby of months", "la-paz", "bebe de 8 meses sin agua"),
        ("French, of", "casablanca", "ma mère de quatre-vingts ans sans eau"),
        ("French, has", "casablanca", "ma mère a 80 ans, pas d'eau"),
        ("French, aged", "casablanca", "ma mère âgée de 80 ans sans eau"),
        ("English, old", "nairobi", "my mother is over 80 years old no water"),
        ("English, of", "nairobi", "my mother of 80 years without water"),
        ("Arabic, has", "casablanca", "أمي عندها 80 سنة بلا ما"),
        ("Arabic, her age", "casablanca", "امي عمرها ثمانين عام بلا ضو"),
        ("Darija, has", "casablanca", "mmi 3ndha 80 3am ma kaynch lma"),
        ("Darija, of", "casablanca", "wa7ed lmra dyal 80 3am bla daw"),
        ("Aymara", "la-paz", "tayka 80 marani jan uma"),
        ("Quechua", "la-paz", "80 watayuq mana yaku"),
        ("Swahili, has", "nairobi", "mama yangu ana miaka 80 hakuna maji"),
        ("Swahili, I have", "nairobi", "nina miaka 70, sina maji"),
        ("Swahili, of", "nairobi", "watoto wa miaka 5 hakuna maji"),
    ],
)
def test_an_age_is_no_length(label: str, city: str, text: str) -> None:
    outcome = read(text, city)
    assert outcome.since_days is None, f"{label}: {outcome.why}"
    assert outcome.category is not None, label


@pytest.mark.parametrize(
    ("label", "text", "days"),
    [
        ("we have been for years", "tenemos 3 años sin agua", 1095),
        ("somebody has been for years", "mi mama tiene 3 años sin agua", 1095),
        ("neighbours for years", "los vecinos 3 años sin agua", 1095),
        ("a street for years", "la calle tiene 5 años sin luz", 1825),
        ("an age, and a length", "mi mama de 80 años no puede bajar, hace 3 meses no hay luz", 90),
        ("Swahili", "miaka 5 hakuna maji", 1825),
        ("French", "nous avons 2 ans sans eau", 730),
    ],
)
def test_a_length_is_one_still(label: str, text: str, days: int) -> None:
    assert read(text).since_days == days, f"{label}: {read(text).why}"

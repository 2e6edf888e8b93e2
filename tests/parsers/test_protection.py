"""Violence and harm to children are heard before everything; the same words about the sun or a price are not."""

import pytest

from tests.parsers.parser_tables import read


@pytest.mark.parametrize(
    ("label", "city", "text"),
    [
        ("oneself", "la-paz", "mi marido me pega"),
        ("with a place and a command word", "la-paz", "ESTADO mi marido me pega en kupini urgente"),
        ("us", "la-paz", "mi papa llega borracho y nos golpea"),
        ("a neighbour", "la-paz", "el vecino le pega a su mujer todas las noches"),
        ("a child by its parents", "la-paz", "hay una niña a la que sus papas le pegan"),
        ("a child with an instrument", "la-paz", "le pegan con cable a la niña de abajo"),
        ("touched", "la-paz", "mi padrastro me toca por las noches"),
        ("a teacher", "la-paz", "el profesor manosea a las alumnas"),
        ("threatened at home", "la-paz", "mi ex me amenaza"),
        ("locked in", "la-paz", "no me deja salir de la casa y me quita el celular"),
        ("traces", "la-paz", "mi vecina tiene el ojo morado otra vez"),
        ("left alone", "la-paz", "dejaron una wawita en la puerta de la parroquia"),
        ("in capitals", "la-paz", "MI ESPOSO ME GOLPEA"),
        ("French", "casablanca", "mon mari me frappe"),
        ("French children", "casablanca", "la voisine bat ses enfants"),
        ("Arabic", "casablanca", "راجلي كيضربني"),
        ("Arabic children", "casablanca", "جاري كيضرب ولادو"),
        ("Arabizi", "casablanca", "rajli kaydrebni"),
        ("English", "nairobi", "my husband beats me"),
        ("English children", "nairobi", "the man next door is touching my daughter"),
        ("Swahili", "nairobi", "mume wangu ananipiga"),
        ("Aymara", "la-paz", "chachajax nuwitu"),
        ("Quechua", "la-paz", "qusay maqawan"),
    ],
)
def test_disclosures(label: str, city: str, text: str) -> None:
    outcome = read(text, city, last_reference="48215", pending="place", profile={"place_code": "S1701"})
    assert outcome.intent == "protection", f"{label}: {outcome.why}"
    assert outcome.category in ("SAF03", "SAF07")
    assert outcome.flags == ("sensitive",)
    kept = (outcome.place_code, outcome.place_text, outcome.details, outcome.reference, outcome.severity, outcome.people)
    assert kept == (None,) * 6, "what is not kept cannot leak"


@pytest.mark.parametrize(
    ("label", "text", "category"),
    [
        ("on a child", "le pega a su hijo todos los dias", "SAF07"),
        ("on a partner", "mi marido me pega", "SAF03"),
        ("on a partner, before the children", "mi conviviente me ha pegado frente a mis wawas", "SAF03"),
    ],
)
def test_whose_protection(label: str, text: str, category: str) -> None:
    assert read(text).category == category, label


@pytest.mark.parametrize(
    ("label", "city", "text"),
    [
        ("the sun", "la-paz", "el sol pega fuerte en la parada"),
        ("prices", "la-paz", "la subida de precios nos pega a todos"),
        ("the crisis", "la-paz", "la crisis nos golpea"),
        ("a turn to pay", "la-paz", "me toca pagar dos facturas de agua"),
        ("a bus", "la-paz", "un minibus golpeo el poste"),
        ("a branch", "la-paz", "la rama golpea el techo"),
        ("a fare", "la-paz", "los choferes abusan con el pasaje"),
        ("a padlock", "la-paz", "violaron el candado de la sede"),
        ("rights", "la-paz", "estan violando los derechos de los vecinos"),
        ("posters", "la-paz", "pegan carteles en los postes"),
        ("a ball", "la-paz", "mi hijo pega en el arco de la cancha"),
        ("a shock", "la-paz", "la puerta da toque y mi hija quedo temblando"),
        ("a stranger's threat", "la-paz", "el dueño de la discoteca me amenazo"),
        ("a crisis in French", "casablanca", "la crise nous frappe"),
        ("a lorry", "casablanca", "le camion a frappé le poteau"),
        ("rain on the roof", "nairobi", "rain is beating the iron sheets"),
        ("puzzled", "nairobi", "beats me why the lights are off"),
        ("prices in English", "nairobi", "high prices hit us hard"),
    ],
)
def test_look_alikes(label: str, city: str, text: str) -> None:
    outcome = read(text, city)
    assert outcome.intent != "protection", f"{label}: {outcome.why}"

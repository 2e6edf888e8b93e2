"""Yes and no in people's own words, when we asked an elder whether to greet them, and a neighbour to look in."""

from __future__ import annotations

import pytest

from gateway.conversation import assent


@pytest.mark.parametrize(("label", "text", "said"), [
    ("politely", "si señorita", "yes"), ("with a please", "Si, por favor", "yes"), ("surely", "claro que sí", "yes"),
    ("as it is said in La Paz", "ya pues", "yes"), ("well", "bueno, gracias", "yes"), ("in French", "oui volontiers madame", "yes"),
    ("in English", "Yes, please", "yes"), ("in Arabic", "واخا شكرا", "yes"), ("in Darija", "wakha chokran", "yes"),
    ("a polite no", "no gracias", "no"), ("no need", "no hace falta, muchas gracias", "no"), ("a French no", "non merci", "no"),
    ("an English no", "no thank you", "no"), ("an Arabic no", "لا شكرا", "no"),
    ("thanks alone", "gracias", None), ("a need", "no hay agua", None),
    ("a yes that says more", "si pero vivo con mi hijo que me pega", None),
    ("a question", "quien es?", None), ("nothing", "", None)])
def test_whether_an_elder_wants_it(label: str, text: str, said: str | None) -> None:
    assert assent.consent(text) == said, label


@pytest.mark.parametrize(("label", "text", "said", "rest"), [
    ("talked", "ya hable con ella", "yes", " ella"), ("all is well", "Fui y todo bien", "yes", "Fui y "),
    ("cannot", "no puedo ir estoy en el trabajo", "no", " "), ("was there, and nobody opened", "ya fui pero no abre", "no", " pero "),
    ("in French", "je suis passé, tout va bien", "yes", ", "), ("in English", "I can't go, I am away", "no", ", "),
    ("in Darija", "ma n9derch lyoum", "no", ""), ("cannot, and no more", "no puedo, gracias", "no", ""),
    ("a need that begins so", "no puedo pasar por el bache", None, "no puedo pasar por el bache"), ("a yes", "si", "yes", ""),
    ("something else", "no hay luz en mi calle", None, "no hay luz en mi calle")])
def test_whether_a_neighbour_was_there(label: str, text: str, said: str | None, rest: str) -> None:
    assert (assent.visit(text), assent.without(text)) == (said, rest), label

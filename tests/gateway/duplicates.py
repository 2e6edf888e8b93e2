"""A city's reports with who reported the same thing known: other words, languages, slips, same and other streets, near places.

The sentences are written by hand for this corpus; none is taken from the word lists that the parsers read. Each need has a true
spot; each of its reports tells as much of it as people do: mostly the street, sometimes only a landmark, sometimes nothing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

LANGUAGES = (("es", 55), ("fr", 12), ("en", 12), ("ary", 12), ("ar", 9))

# What is wrong, by subcategory and language; {at} is where. Maintenance kinds first.
PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "ACC01": {
        "es": (
            "hay un tremendo hueco {at}, ya cayeron dos motos",
            "bache profundo {at}",
            "{at} la pista esta destrozada por un hoyo",
            "por favor tapen ese forado que hay {at}",
            "mi taxi rompio la llanta con el pozo {at}",
        ),
        "fr": ("gros trou dans la chaussee {at}", "{at} il y a un nid de poule dangereux", "la route est defoncee {at}"),
        "en": ("huge pothole {at}", "the road has a deep hole {at}, cars get stuck", "someone fix the crater {at}"),
        "ary": ("kayn wa7d l7ofra kbira {at}", "tri9 mkhasra {at} 7ofra ghar9a", "3afakom saybo l7ofra li {at}"),
        "ar": ("كاينة حفرة كبيرة {at}", "الطريق محفورة {at}", "حفرة خطيرة {at} عافاكم صلحوها"),
    },
    "LIT01": {
        "es": (
            "el foco {at} no prende hace noches",
            "farol apagado {at}",
            "{at} estamos a oscuras, el poste no alumbra",
            "la lampara {at} parpadea y se muere",
            "cambien la luminaria quemada {at}",
        ),
        "fr": ("le lampadaire {at} est eteint", "{at} plus de lumiere, l'ampoule est grillee", "reverbere en panne {at}"),
        "en": ("street lamp dead {at}", "the light pole {at} does not come on", "bulb burnt out {at}, very dark"),
        "ary": ("lbola ma katch3elch {at}", "{at} dlam, lpoto mehrou9", "bola d ch-chari3 tafya {at}"),
        "ar": ("البولة طافية {at}", "ما كاينش الضو {at}", "المصباح خاسر {at}"),
    },
    "WAT03": {
        "es": (
            "se rompio la caneria {at} y corre agua dia y noche",
            "fuga {at}",
            "{at} brota agua de la vereda",
            "un cano reventado {at} esta botando agua potable",
            "hay perdida de agua {at}",
        ),
        "fr": ("fuite d'eau {at}", "une conduite a casse {at}, l'eau coule partout", "{at} de l'eau jaillit du trottoir"),
        "en": ("burst pipe {at}", "clean water leaking {at} since monday", "water is gushing out {at}"),
        "ary": ("lma kaysil {at}", "9adous tferga3 {at}", "{at} lma dayz f zen9a bla 7bes"),
        "ar": ("الما كيسيل {at}", "القادوس مهرس {at}", "تسرب الماء {at}"),
    },
    "SAN01": {
        "es": (
            "el desague esta rebalsando {at}",
            "{at} sale agua servida, huele feo",
            "se tapo la alcantarilla {at}",
            "la camara {at} vota aguas negras",
        ),
        "fr": ("l'egout deborde {at}", "{at} les eaux usees remontent", "regard bouche {at}"),
        "en": ("sewage overflowing {at}", "the drain {at} is blocked and smells", "manhole spilling dirty water {at}"),
        "ary": ("lwad l7ar fayed {at}", "rigar mekhnou9 {at}", "{at} re7a khayba, l7arr tale3"),
        "ar": ("الواد الحار فايض {at}", "البالوعة مسدودة {at}", "{at} الريحة خايبة والقوادس مخنوقين"),
    },
    "ACC03": {
        "es": ("las gradas {at} se estan cayendo", "escalon roto {at}, mi abuela se tropezo", "{at} falta un pedazo de graderia"),
        "fr": ("marches cassees {at}", "l'escalier {at} s'effrite", "{at} une marche manque"),
        "en": ("broken steps {at}", "stairs crumbling {at}", "a step is missing {at}"),
        "ary": ("drouj mherrsin {at}", "{at} derja tay7a", "saybo drouj {at}"),
        "ar": ("الدروج مهرسين {at}", "درجة طايحة {at}", "صلحوا الدروج {at}"),
    },
}
EVERYWHERE: dict[str, dict[str, tuple[str, ...]]] = {
    "WAT01": {
        "es": ("desde ayer no sale ni una gota {at}", "sin suministro {at}", "no tenemos para cocinar, se fue el agua {at}"),
        "fr": ("plus une goutte au robinet {at}", "coupure depuis hier {at}"),
        "en": ("taps dry {at}", "no supply since yesterday {at}"),
        "ary": ("lma m9tou3 {at}", "ma kaynch lma {at}"),
        "ar": ("الما مقطوع {at}", "بلا ما من البارح {at}"),
    },
    "LIT03": {
        "es": ("se corto la energia {at}", "apagon {at}, todo el barrio sin luz"),
        "fr": ("panne de courant {at}", "plus d'electricite {at}"),
        "en": ("blackout {at}", "power is out {at}"),
        "ary": ("daw m9tou3 {at}", "kolchi f dlam {at}"),
        "ar": ("الضو مقطوع {at}", "انقطاع الكهرباء {at}"),
    },
    "WST01": {
        "es": ("el carro basurero no viene {at}", "dos semanas sin recojo {at}"),
        "fr": ("les poubelles debordent {at}", "pas de collecte {at}"),
        "en": ("rubbish not collected {at}", "the truck never came {at}"),
        "ary": ("zbel mejmou3 {at}", "camio d zbel ma jach {at}"),
        "ar": ("الزبل متراكم {at}", "الكاميو ديال الزبل ما جاش {at}"),
    },
}
# name, and how it is written in Arabic script
STREETS = (
    ("Murillo", "موريو"),
    ("Sagarnaga", "ساغارناغا"),
    ("Loayza", "لوايسا"),
    ("Calderon", "كالديرون"),
    ("Bustillos", "بوستيوس"),
    ("Illimani", "إيليماني"),
    ("Ayacucho", "أياكوتشو"),
    ("Tarapaca", "تاراباكا"),
    ("Castrillo", "كاستريو"),
    ("Zenteno", "زنتينو"),
    ("Landaeta", "لاندايتا"),
    ("Pichincha", "بيتشينتشا"),
    ("Yanacocha", "ياناكوتشا"),
    ("Catacora", "كاتاكورا"),
    ("Genaro", "خينارو"),
    ("Tumusla", "توموسلا"),
    ("Granier", "غرانيير"),
    ("Linares", "ليناريس"),
    ("Jaen", "خاين"),
    ("Colombia", "كولومبيا"),
    ("6 de agosto", "6 غشت"),
    ("San Pedro", "سان بيدرو"),
    ("Los Pinos", "لوس بينوس"),
    ("Max Paredes", "ماكس باريديس"),
)
LANDMARKS = {
    "school": {"es": "el colegio", "fr": "l'ecole", "en": "the school", "ary": "lmdrasa", "ar": "المدرسة"},
    "market": {"es": "el mercado", "fr": "le marche", "en": "the market", "ary": "souk", "ar": "السوق"},
    "church": {"es": "la parroquia", "fr": "l'eglise", "en": "the church", "ary": "lkanisa", "ar": "الكنيسة"},
    "clinic": {"es": "la posta", "fr": "la clinique", "en": "the clinic", "ary": "sbitar", "ar": "السبيطار"},
    "court": {"es": "la cancha", "fr": "le terrain", "en": "the playground", "ary": "tiran", "ar": "الملعب"},
    "pharmacy": {"es": "la farmacia", "fr": "la pharmacie", "en": "the pharmacy", "ary": "farmasyan", "ar": "الصيدلية"},
    "square": {"es": "la plaza", "fr": "la place publique", "en": "the square", "ary": "saha", "ar": "الساحة"},
}
AT_STREET = {
    "es": ("en la calle {s}", "en {s}, calle {s}", "calle {s}", "por la avenida {s}"),
    "fr": ("rue {s}", "dans la rue {s}"),
    "en": ("on {s} street", "in {s} road", "street {s}"),
    "ary": ("f zan9a {s}", "f chari3 {s}"),
    "ar": ("في شارع {s}", "فزنقة {s}", "زنقة {s}"),
}
AT_LANDMARK = {
    "es": ("frente a {l}", "cerca de {l}", "al lado de {l}", "detras de {l}"),
    "fr": ("devant {l}", "pres de {l}", "en face de {l}"),
    "en": ("near {l}", "opposite {l}", "behind {l}"),
    "ary": ("7da {l}", "9oddam {l}", "wra {l}"),
    "ar": ("قدام {l}", "حدا {l}", "ورا {l}"),
}
AT_NUMBER = {"es": "numero {n}", "fr": "numero {n}", "en": "number {n}", "ary": "ra9m {n}", "ar": "رقم {n}"}
PADDING = {
    "es": ("", "", "", " gracias", " es urgente", " vecinos preocupados", " ya avise antes"),
    "fr": ("", "", " merci", " c'est urgent"),
    "en": ("", "", " please help", " thanks"),
    "ary": ("", "", " 3afakom", " chokran"),
    "ar": ("", "", " عافاكم", " شكرا"),
}


@dataclass(frozen=True, slots=True)
class Need:
    """One thing, or one place's lack; `street` and the rest are where it truly is."""

    number: int
    category: str
    place: str
    street: int = -1
    house: int = 0
    landmark: str = ""
    corner: int = -1


@dataclass(frozen=True, slots=True)
class Report:
    need: int
    category: str
    place: str
    language: str
    text: str
    sender: str
    at: datetime
    told: str  # what it tells of the spot: street, both, landmark, nothing, place


def corpus(places: list[str], start: datetime, needs: int = 400, reports: int = 2000, seed: int = 7) -> list[Report]:
    """So many reports of so many needs, in the order they come."""
    rng = random.Random(seed)
    there = _needs(rng, places, needs)
    weights = [rng.paretovariate(1.6) for _ in there]
    counts = [1] * needs
    for chosen in rng.choices(range(needs), [min(w, 6) for w in weights], k=reports - needs):
        counts[chosen] += 1
    found = []
    for need, count in zip(there, counts, strict=True):
        begins = start + timedelta(hours=rng.uniform(0, 24 * 10))
        for n in range(count):
            found.append(_report(rng, need, begins + timedelta(hours=rng.expovariate(1 / 60)), f"{need.number}/{n}"))
    return sorted(found, key=lambda report: (report.at, report.sender))


def _needs(rng: random.Random, places: list[str], count: int) -> list[Need]:
    wide = [(category, place) for category in EVERYWHERE for place in places]
    rng.shuffle(wide)
    made = [Need(n, *pair) for n, pair in enumerate(wide[: count // 4])]
    taken: set[tuple[str, str, int, str]] = set()
    while len(made) < count:
        category, place = rng.choice(list(PHRASES)), rng.choice(places[:20])
        street = rng.randrange(len(STREETS) + 20)  # beyond the named ones: numbered streets
        landmark = rng.choice([*LANDMARKS, ""])
        # two things of one kind in one street of one place are told apart by nobody's words, so there are few of them
        if any(key[:3] == (category, place, street) for key in taken) and rng.random() < 0.9:
            continue
        taken.add((category, place, street, landmark))
        made.append(
            Need(
                len(made),
                category,
                place,
                street,
                rng.randrange(10, 900),
                landmark,
                rng.randrange(len(STREETS)) if rng.random() < 0.25 else -1,
            )
        )
    return made


def _report(rng: random.Random, need: Need, at: datetime, sender: str) -> Report:
    language = rng.choices([name for name, _ in LANGUAGES], [weight for _, weight in LANGUAGES])[0]
    phrases = PHRASES.get(need.category) or EVERYWHERE[need.category]
    told = "place" if need.street < 0 else rng.choices(["street", "both", "landmark", "nothing"], [54, 30, 9, 7])[0]
    if told in ("both", "landmark") and not need.landmark:
        told = "street"
    parts = []
    if told in ("street", "both"):
        parts.append(rng.choice(AT_STREET[language]).format(s=_name(rng, need.street, language)))
        if need.corner >= 0 and language == "es" and rng.random() < 0.4:
            parts.append("esquina " + _name(rng, need.corner, language))
        elif rng.random() < 0.12:
            parts.append(AT_NUMBER[language].format(n=need.house + rng.choice((0, 0, 0, 2, -2))))
    if told in ("both", "landmark"):
        parts.append(rng.choice(AT_LANDMARK[language]).format(l=LANDMARKS[need.landmark][language]))
    text = rng.choice(phrases[language]).format(at=" ".join(parts)).strip() + rng.choice(PADDING[language])
    return Report(need.number, need.category, need.place, language, _slips(rng, " ".join(text.split())), sender, at, told)


def _name(rng: random.Random, street: int, language: str) -> str:
    if street >= len(STREETS):
        return str(street - len(STREETS) + 1)
    latin, arabic = STREETS[street]
    name = arabic if language == "ar" else latin
    if language != "ar" and rng.random() < 0.12 and name.isalpha():  # a slip in the very name
        at = rng.randrange(1, len(name) - 1)
        name = name[:at] + rng.choice((name[at + 1] + name[at] + name[at + 2 :], name[at + 1 :], name[at] + name[at:]))
    return name if rng.random() < 0.5 else name.lower()


def _slips(rng: random.Random, text: str) -> str:
    """Slips of the thumb in one word of four texts, capitals in some."""
    if rng.random() < 0.25:
        words = text.split()
        at = rng.randrange(len(words))
        if len(words[at]) > 4 and words[at].isalpha() and not words[at][0].isupper():
            cut = rng.randrange(1, len(words[at]) - 1)
            words[at] = words[at][:cut] + words[at][cut + 1 :]
        text = " ".join(words)
    return text.upper() if rng.random() < 0.08 else text

"""How place names are compared: shortened words written out, Arabic articles off, words that are in every name set aside."""

from parsers.clean import clean_words

# How people shorten the words names are made of. Applied to names and texts alike.
_SHORTENED = {
    "sta": "santa", "sto": "santo", "mcal": "mariscal", "gral": "general", "pdte": "presidente", "urb": "urbanizacion",
    "v": "villa", "va": "villa", "vlla": "villa", "my": "moulay", "mly": "moulay", "mulay": "moulay", "d": "de",
    "ii": "2", "iii": "3", "dos": "2", "tres": "3", "bn": "ben", "bni": "beni", "sec": "sector", "sect": "sector", "qda": "quebrada",
    "av": "avenida", "avda": "avenida", "pje": "pasaje", "cnl": "coronel", "tte": "teniente", "cap": "capitan", "ntra": "nuestra",
    "sra": "senora", "dr": "doctor", "coop": "cooperativa",
}  # fmt: skip
# Written short for other reasons: a dot after them ends no sentence either.
_DOTTED = frozenset([
    "dra", "ing", "prof", "lic", "col", "esq", "nro", "num", "dist", "edif", "mza", "mzn", "lt", "km", "bs", "tel", "st", "bd",
])  # fmt: skip

SIDES = ("alto", "bajo")
ARTICLES = ("el", "la", "los", "las")

# Too common in names to point at one of them.
EVERYWHERE = frozenset([
    "alto", "alta", "bajo", "baja", "villa", "san", "santa", "sector", "zona", "norte", "sur", "este", "oeste", "central", "centro",
    "nueva", "nuevo", "barrio", "ciudad", "urbanizacion", "distrito", "macrodistrito", "hay", "derb", "sidi", "douar", "moulay",
    "ain", "kwa", "mukuru", "east", "south", "north", "west", "grande", "chico", "final", "plan", "kambi",
])  # fmt: skip


def place_word(word: str) -> str:
    """A cleaned word as it is compared inside names: `sta` -> `santa`, `المحمدي` -> `محمدي`."""
    word = _SHORTENED.get(word, word)
    return word[2:] if len(word) >= 4 and word.startswith("ال") else word


def is_abbreviated(word: str) -> bool:
    """Whether a cleaned word is a shortened one, so that its dot ends no sentence: `urb`, `sta`, the `a` of `A. Forestal`."""
    return (word in _SHORTENED and word not in ("dos", "tres", "ii", "iii")) or word in _DOTTED or (len(word) == 1 and word.isalpha())


def place_words(name: str) -> tuple[str, ...]:
    """The compared words of a name: `Sta. Rita (Bajo)` -> `("santa", "rita", "bajo")`."""
    return tuple(place_word(word) for word in clean_words(name))

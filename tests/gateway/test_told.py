"""Harm is told in many ways: a sample of them in each language, in texts that nothing was learned from.

Written after the corpus (`gateway/classification/corpus/told`) and by the same hand, scored once before anything was mended by it; how
many strangers' texts are heard stands in docs/meaning.md. Residents' look-alikes stand beside them.
"""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from importlib import resources

from gateway.classification import corpus, told
from gateway.classification.harm import DOUBTED, FEW, FEWEST, LIKELY, UNHEARD, harm
from gateway.classification.meaning import shipped
from gateway.operator.classifying import Classifier
from parsers.suspicion import suspicion

CITY = {"es": "la-paz", "ay": "la-paz", "qu": "la-paz", "en": "nairobi", "sw": "nairobi", "fr": "casablanca", "ar": "casablanca",
        "ary": "casablanca"}

TOLD = [
    ("at home",       "es", "anoche otra vez me dejó la cara hinchada y se llevó las llaves"),
    ("at home",       "en", "he twisted my arm behind the door and told the kids to watch"),
    ("at home",       "fr", "il m'a tordu le bras derrière la porte, les enfants regardaient"),
    ("at home",       "ar", "لوى ذراعي وراء الباب والأولاد ينظرون"),
    ("at home",       "ary", "lwa liya dra3i mor lbab w drari kaychofo"),
    ("watched",       "es", "mi pareja me obliga a mandarle mi ubicacion cada media hora"),
    ("watched",       "en", "my boyfriend makes me send my location every half hour"),
    ("watched",       "fr", "mon copain m'oblige à envoyer ma position toutes les demi heures"),
    ("watched",       "ar", "خطيبي يجبرني أن أرسل له مكاني كل نصف ساعة"),
    ("watched",       "ary", "khatibi kayfred 3liya nsifet lih lmakan dyali kol nos sa3a"),
    ("a child",       "es", "la niña del fondo tiene quemaduras de cigarro y come una vez al dia"),
    ("a child",       "en", "the girl at the back house has cigarette burns and eats once a day"),
    ("a child",       "fr", "la petite du fond a des brûlures de cigarette et mange une fois par jour"),
    ("a child",       "ar", "الطفلة في البيت الخلفي عليها حروق سجائر وتأكل مرة في اليوم"),
    ("a child",       "ary", "lbent d dar lorania fiha 7ri9 d lgarro w katakol merra f nhar"),
    ("touched",       "es", "mi abuelo me hace sentar encima y mete la mano"),
    ("touched",       "en", "my cousin pulls my skirt up when we are alone"),
    ("touched",       "fr", "mon cousin me soulève la jupe quand on est seuls"),
    ("touched",       "ar", "ابن خالتي يرفع تنورتي عندما نكون وحدنا"),
    ("touched",       "ary", "weld khalti kay7eyed liya 7wayji mli kankono bou7dna"),
    ("at work",       "es", "el capataz dice que si no me acuesto con él no hay contrato"),
    ("at work",       "en", "supervisor says sleep with me or no contract"),
    ("at work",       "fr", "le chef dit couche avec moi ou pas de contrat"),
    ("at work",       "ar", "رئيسي يقول نامي معي أو لا عقد"),
    ("at work",       "ary", "chef kaygol n3si m3aya wla makaynch contrat"),
    ("sold and held", "es", "nos trajeron de noche a ocho chicas y nos quitaron los celulares, no sabemos que ciudad es"),
    ("sold and held", "en", "eight of us girls were brought at night, phones taken, we don't know which city"),
    ("sold and held", "fr", "on nous a amenées la nuit, huit filles, plus de téléphones, on ne sait pas quelle ville"),
    ("sold and held", "ar", "جاؤوا بنا ليلا ثماني بنات وأخذوا هواتفنا ولا نعرف أي مدينة"),
    ("sold and held", "ary", "jabouna flil tmenya d lbnat w 7eydo lina tilifounat ma 3refnach achmn mdina"),
    ("married off",   "es", "me van a entregar a un viudo de cincuenta, yo recien cumplí quince"),
    ("married off",   "en", "they are giving me to a widower of fifty, I just turned fifteen"),
    ("married off",   "fr", "on va me donner à un veuf de cinquante ans, j'ai quinze ans"),
    ("married off",   "ar", "سيزوجونني لأرمل في الخمسين وعمري خمسة عشر"),
    ("married off",   "ary", "ghadi yzowjouni b wa7ed f 50 w ana yallah 15"),
    ("own life",      "es", "ya escribí mi carta, hoy se acaba todo para mi"),
    ("own life",      "en", "I wrote my letter, today it ends for me"),
    ("own life",      "fr", "j'ai écrit ma lettre, aujourd'hui c'est fini pour moi"),
    ("own life",      "ar", "كتبت رسالتي واليوم ينتهي كل شيء بالنسبة لي"),
    ("own life",      "ary", "ktebt bra dyali lyoum ghadi nsali kolchi"),
    ("an elder",      "es", "a mi tía abuela le pegan en la mano si pide agua"),
    ("an elder",      "en", "they slap my great aunt's hand when she asks for water"),
    ("an elder",      "fr", "on tape sur la main de ma grand tante quand elle demande à boire"),
    ("an elder",      "ar", "يضربون يد جدتي إذا طلبت الماء"),
    ("an elder",      "ary", "kayderbo jeddati 3la yeddha ila tlbat lma"),
    ("who has power", "es", "el policia me llevó a un cuarto y me dijo desvistete o vas presa"),
    ("who has power", "en", "the officer took me to a room and said undress or jail"),
    ("who has power", "fr", "le policier m'a emmenée dans une pièce, déshabille toi ou prison"),
    ("who has power", "ar", "أخذني الشرطي إلى غرفة وقال اخلعي ثيابك أو السجن"),
    ("who has power", "ary", "lbolisi ddani l bit w gal 7eydi 7wayjek wla l7ebs"),
    ("pictures",      "es", "tiene mi video y dice que lo manda a mi familia si no le deposito"),
    ("pictures",      "en", "he has my video and will send it to my family unless I pay"),
    ("pictures",      "fr", "il a ma vidéo et va l'envoyer à ma famille si je ne paie pas"),
    ("pictures",      "ar", "عنده فيديو لي وسيرسله إلى عائلتي إذا لم أدفع"),
    ("pictures",      "ary", "3ndo video dyali w gal ghadi ysifto l 3a2ilti ila ma khellestch"),
    ("Swahili",       "sw", "kaka yake hunilazimisha kulala naye usiku"),
    ("Swahili",       "sw", "mama wa kambo humchoma mtoto na kijiti cha moto"),
    ("Swahili",       "sw", "ameniambia nikitoka ataniua mimi na watoto"),
    ("Aymara",        "ay", "chachajax wawanakar nuwi, utat alisnukuwayitu"),
    ("Quechua",       "qu", "taytay sapa tuta mamayta maqan, mancharikuyku"),
]

ALIKE = [
    ("pipes",         "es", "la tuberia golpea toda la noche y la wawa no duerme"),
    ("a cable",       "en", "a cable hangs so low it slapped my father on his bike"),
    ("dark",          "fr", "la rue noire nous tue à petit feu, ma mère est tombée deux fois"),
    ("prices",        "ar", "أسعار الخبز تضربنا كل شهر"),
    ("football",      "ary", "lwydad ser7o raja lbare7 tlata l zero"),
    ("a dog",         "es", "el perro del vecino mordió a mi hija en la plaza"),
    ("a queue",       "en", "we sleep at the gate of the clinic to get a number for my mother"),
    ("a bus",         "fr", "le chauffeur ne s'arrête pas pour mon père qui marche mal"),
    ("a wall",        "ar", "جدار المدرسة مائل والتلاميذ يجلسون تحته"),
    ("a bill",        "ary", "fatora d lma ghalya bezaf had chhar"),
    ("theft",         "es", "robaron los medidores de toda la cuadra"),
    ("rubbish",       "en", "rubbish is burning behind the school and pupils cough"),
    ("a clinic",      "fr", "la maternité n'a pas d'eau chaude"),
    ("a lamp",        "ar", "عمود الإنارة أمام المسجد مطفأ منذ شهر"),
    ("a road",        "ary", "tri9 kolha 7ofari w taxi ma bghach ydkhel"),
    ("a pitch",       "es", "queremos que arreglen la cancha para el campeonato"),
    ("a tap",         "en", "the tap at the corner has been dry for two weeks"),
    ("papers",        "fr", "l'état civil a perdu le dossier de naissance de mon neveu"),
    ("a slope",       "es", "el muro de contencion se está partiendo arriba de las casas"),
    ("a tax",         "en", "stop the abuse of market taxes"),
    ("Swahili",       "sw", "bomba limepasuka karibu na soko"),
    ("Quechua",       "qu", "yaku mana kanchu kay llaqtapi"),
]


@cache
def classifier(lang: str) -> Classifier:
    return Classifier(CITY[lang])


def restricted(text: str, lang: str) -> bool:
    return bool(classifier(lang).classify(text, "ar" if lang == "ary" else lang)["restricted"])


def test_every_kind_is_told_in_five_languages_and_nothing_was_learned_from_these() -> None:
    kinds: dict[str, set[str]] = {}
    for kind, lang, _ in TOLD:
        kinds.setdefault(kind, set()).add(lang)
    assert all(langs == {"es", "en", "fr", "ar", "ary"} for kind, langs in kinds.items() if kind not in ("Swahili", "Aymara", "Quechua"))
    learned = {sample.text for sample in told.samples()}
    assert not [text for _, _, text in (*TOLD, *ALIKE) if text in learned]


def test_what_is_told_is_restricted_and_what_only_sounds_so_mostly_is_not() -> None:
    missed = [row for row in TOLD if not restricted(row[2], row[1])]
    alarmed = [row for row in ALIKE if restricted(row[2], row[1])]
    print(f"missed {missed}, alarmed {alarmed}")
    assert len(missed) <= 1, missed
    assert len(alarmed) <= 2, alarmed


def test_negative_control_the_lists_alone_hear_few_of_them() -> None:
    assert sum(harm(text) is not None for _, _, text in TOLD) < len(TOLD) / 2


def test_the_texts_to_learn_from_are_written_once_and_none_stands_among_the_needs() -> None:
    lines = [(lang, sample.text, sample.told) for lang, sample in told.written()]
    assert len({text for _, text, _ in lines}) == len(lines)
    assert {lang for lang, _, _ in lines} == set(CITY)
    for lang in CITY:
        kinds = Counter(is_told for of, _, is_told in lines if of == lang)
        assert min(kinds[True], kinds[False]) > 0, lang
    assert not {text for _, text, _ in lines} & {need.text for need in corpus.read()}


def test_each_line_names_its_writer() -> None:
    for file in (resources.files(corpus) / "told").iterdir():
        for line in file.read_text(encoding="utf-8").splitlines():
            assert set(json.loads(line)) == {"told", "by", "text"}, line


def test_a_harm_beside_somebody_is_let_go_where_the_model_is_sure() -> None:
    fear, blow = "hay gradas rotas sin baranda y da miedo que se caiga mi mama cuando llueve", "tengo miedo, mi hija llega con moretones"
    assert suspicion(fear).loose
    assert harm(fear, shipped().guess, DOUBTED) is None
    assert harm(fear) is not None, "without the model the words alone decide"
    assert harm(blow, shipped().guess, DOUBTED) is not None


def test_what_nobody_understood_waits_for_a_person_sooner_than_a_need() -> None:
    text = "mi hermana no sale y no contesta"
    assert UNHEARD < DOUBTED < LIKELY
    assert harm(text, shipped().guess, UNHEARD) is not None
    assert harm(text, shipped().guess, DOUBTED) is None


def test_nobody_is_asked_what_would_change_nothing() -> None:
    asked: list[str] = []

    def guess(text: str) -> list[tuple[str, float]]:
        asked.append(text)
        return [("WAT01", 0.9)]

    assert harm("la avenida tiene baches y los micros no pasan", guess, DOUBTED) is None
    assert harm("mi padrastro me encierra en su cuarto y me obliga", guess, DOUBTED) is not None
    assert not asked


def test_a_short_answer_is_no_disclosure_and_a_short_text_out_of_the_blue_may_be() -> None:
    text = "mi padrastro otra vez"
    assert suspicion(text).words is None
    assert FEW <= len(text.split()) < FEWEST
    assert harm(text, shipped().guess, UNHEARD) is None
    assert harm(text, shipped().guess, UNHEARD, FEW) is not None

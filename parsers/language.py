"""Which language a text is in: its script, then a vote of its words. No statistics, no model: texts are too short."""

# Evidence below this is none: a single word shared by four languages, a code, a name.
_ENOUGH = 0.34
_NEAR = 0.25


def language_of(tally: dict[str, float], is_arabic: bool, *preferred: str) -> str:
    """`es fr en ar ary ay qu sw`, or `und` when no word tells. Arabic letters are always `ar`.

    `tally` holds the votes of the words; among equals the first of `preferred` (profile, channel) wins.
    """
    if is_arabic:
        return "ar"
    latin = {lang: weight for lang, weight in tally.items() if lang != "ar"}
    best = max(latin.values(), default=0.0)
    if best < _ENOUGH:
        return "und"
    # Spanish and French share their smallest words: within a word's share of the best, the channel decides.
    tied = [lang for lang, weight in latin.items() if weight > best - _NEAR]
    if len(tied) == 1:
        return tied[0]
    tied.sort(key=lambda lang: -latin[lang])
    return next((lang for lang in preferred if lang in tied), tied[0] if best >= 0.5 else "und")

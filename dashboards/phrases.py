"""The words for codes: status, phase, outcome, reason. Lazy, so that each page reads them in its own language."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

STATUSES = {"open": _("Open"), "verified": _("Verified"), "planned": _("Planned"), "done": _("Done"), "closed": _("Closed"),
            "rejected": _("Rejected"), "not_found": _("Not found on the spot")}

# what a resident reads about the same status
STATUSES_FOR_RESIDENTS = {
    "open": _("It stands with the other reports of the neighbourhood and waits for a visit."),
    "verified": _("Somebody from the city has checked it."),
    "planned": _("It is planned."),
    "done": _("The work is done. Tell us by text if it is not fixed."),
    "closed": _("It is closed."),
    "rejected": _("The city cannot take it up."),
    "not_found": _("Somebody from the city went there and did not find it. Text us exactly where it is."),
}
REPORT_STATUSES = {
    "received": _("We received it."),
    "cancelled": _("You took it back."),
    "confirmed_fixed": _("You told us that it is fixed."),
    "not_fixed": _("You told us that it is not fixed."),
}

REPORT_STATUSES_FOR_PLANNERS = {"cancelled": _("taken back by the resident"), "confirmed_fixed": _("the resident says it is fixed"),
                                "not_fixed": _("the resident says it is not fixed")}

# what residents are told of a need, as a planner reads it
HEARD = {"open": _("It is open again: what was told before no longer holds."), "verified": _("It was verified."),
         "planned": _("It is planned."), "linked": _("It is in a work, with its name and start."),
         "done": _("It is done; days later they are asked whether it is fixed."), "rejected": _("It will not be done."),
         "not_found": _("Nobody found it there: they are asked where it is."),
         "postponed": _("The commission put it off until a day."), "checking": _("Somebody goes to see it before the commission decides.")}

# what a commission decides in its meeting
RULINGS = {"taken_up": _("Taken up with a work"), "postponed": _("Postponed"), "refused": _("Refused"),
           "verify": _("To be verified first")}

URGENCIES = {1: _("Can wait"), 2: _("Ordinary"), 3: _("Urgent"), 4: _("Critical")}

PHASES = {
    "identified": _("identified"), "postulated": _("proposed by neighbours"), "selected": _("selected"),
    "diagnosis": _("diagnosis"), "design": _("design"), "tender": _("tender"), "execution": _("under construction"),
    "handover": _("handover"), "operation": _("in operation"), "closed": _("closed"), "suspended": _("suspended"),
}

OUTCOMES = {
    "unknown": _("not understood"), "parser_fault": _("our reader failed"), "abuse": _("insult"),
    "number_only": _("only a number"),
}

INTENTS = OUTCOMES | {
    "report": _("a need"), "emergency": _("an emergency"), "protection": _("protection: only the focal point would read it"),
    "status": _("asks how a report stands"), "support": _("supports a neighbour's report"), "fixed": _("says that it is fixed"),
    "not_fixed": _("says that it is not fixed"), "rate": _("rates a work"), "register": _("says where they live or who they are"),
    "help": _("asks for help with texting"), "stop": _("wants no more texts"), "start": _("wants texts again"),
    "language": _("chooses a language"), "cancel": _("takes a report back"), "add": _("adds to a report"),
    "poll": _("answers a poll"), "info": _("asks about works"), "checkin": _("answers a check-in"),
    "officer": _("an officer's line"), "dialogue": _("answers our question"), "greeting": _("a greeting"), "thanks": _("thanks"),
    "my_data": _("asks what is kept of them"), "erase": _("asks to be erased"), "erase_yes": _("confirms to be erased"),
    "erase_no": _("does not want to be erased after all"), "trip": _("tells a trip"),
    "wrong_number": _("wrote to the wrong number"),
    "empty": _("nothing to read"), "spam": _("an advertisement or a fraud"),
    "echo": _("our own words, said back"),
    "consent": _("says whether they want to be greeted"), "enough": _("wants no more greetings"),
    "visited": _("says whether they met the elder"),
}

DECISIONS = {"noted": _("Noted"), "not_a_need": _("Not a need"), "answered_by_phone": _("Answered by phone"),
             "taken_up": _("Taken up")}

# why something stands in the queue
KINDS = {"emergency": _("Emergency"), "contested": _("Contested"), "overdue": _("Overdue"), "unread": _("Not understood"),
         "no_place": _("Without a place"), "unsure": _("Unsure"), "verify": _("To be verified")}
ACTIONS = {"verify": _("Verified: it is so"), "confirm": _("Right as it stands"), **DECISIONS, "reject": _("Reject the need"),
           "not_found": _("I was there and did not find it")}
ACTIONS_DONE = {"verify": _("Verified"), "confirm": _("Confirmed"), **DECISIONS, "reject": _("Rejected"),
                "not_found": _("Not found on the spot"), "undo": _("Taken back"), "note": _("Noted"), "settle": _("Settled"),
                "progress": _("Progress of a work"), "bring": _("A report for somebody who came")}
LEFT_ALONE = {"gone": _("it is not there any more"), "area": _("it lies outside your areas"), "held": _("somebody else is on it"),
              "unfit": _("this action does not fit it"), "done": _("it was so already"), "later": _("somebody decided since")}
TOLD = {"planner": _("planners were told"), "admin": _("administrators were told")}

STATES = {"queued": _("Waiting"), "uncertain": _("Uncertain"), "sent": _("Sent"), "delivered": _("Delivered"),
          "undelivered": _("Not delivered"), "failed": _("Failed")}

LANGUAGES = {"es": _("Spanish"), "en": _("English"), "fr": _("French"), "ar": _("Arabic"), "ary": _("Darija"), "ay": _("Aymara"),
             "qu": _("Quechua"), "sw": _("Swahili"), "und": _("unknown language")}

CARE = {"new": _("Nobody has taken it on"), "taken": _("Taken on"), "referred": _("Referred"), "closed": _("Closed")}
CALLBACKS = {"yes": _("A call is safe"), "no": _("A call is not safe"), "unknown": _("Not known whether a call is safe")}
STEPS = {"taken": _("took it on"), "noted": _("noted"), "referred": _("referred it to"), "callback": _("a call:"), "closed": _("closed it"),
         "report_restricted": _("said that few may read it"), "report_released": _("released it")}
LINES = {"emergency": _("Emergency line"), "protection": _("Help line")}

BROADCASTS = {"prepared": _("Not started"), "running": _("Under way"), "paused": _("Held up"), "stopped": _("Ended")}
# why somebody on the list of a broadcast does not get it
MISSED = {"opted_out": _("want no texts"), "undone": _("are not meant any more"), "enough": _("got as many as anybody gets in a week"),
          "closed": _("the vote was over"), "withdrawn": _("it was ended"), "not_served": _("of no country that is written to"),
          "loop_guard": _("got too many texts that day"), "said_already": _("read the same words that day")}

# why one reply did not leave, or why nobody knows; what is none of these is the provider's own code
WHY = {"no_number": _("its number is not on this machine"),
       "opted_out": _("wants no texts"),
       "not_served": _("of a country that is not written to"),
       "expired": _("could not leave in time"),
       "loop_guard": _("this phone got as many automatic replies as anybody gets in a day"),
       "said_already": _("read the same words that day"),
       "undone": _("what it told does not stand any more"),
       "withdrawn": _("it was called back before it left"),
       "handed": _("a phone has it, and has not said that it left")}

TASKS = {"classify": _("Understand a report"), "again": _("Understand a report once more"), "send": _("Send a reply"),
         "tell": _("Tell residents what was decided"), "air": _("Send a broadcast")}

FACTORS = {"severity": _("Severity"), "demand": _("Demand"), "deprivation": _("Deprivation"), "people": _("People concerned"),
           "neglect": _("Neglect"), "waiting": _("Waiting")}

CLASSES = {"covered": _("covered"), "possible": _("possible"), "gap": _("gap")}

# why a work answers a need not at all or not wholly
REASONS = {"linked": _("people linked it"),
           "no_work": _("no work acts there"), "no_component": _("the work has no such component"), "not_eligible": _("not eligible"),
           "eligibility_unknown": _("not known whether eligible"), "window_closed": _("the work is over"), "suspended": _("suspended"),
           "starts_later": _("begins in more than a year"), "start_overdue": _("should have begun"),
           "start_unknown": _("nobody said when it begins"), "no_budget": _("no money is free"), "partial_budget": _("money for a part"),
           "budget_unknown": _("its budget is not known"), "cost_unknown": _("the cost of the need is not known"),
           "little": _("the works reach too little of it"), "undecided": _("nobody linked it to a work")}

LEFT_OUT = {"too_large": _("larger than the budget allows: split it, or look for a programme"),
            "kept": _("would fit, but what is left is kept for deprived places"),
            "outweighed": _("others bring more for this money")}

# what is not known of a need or its place, by what a ranking calls it
UNKNOWN = {"population": _("how many people live there"), "phone_access": _("how many have a phone"),
           "deprivation": _("how deprived it is"), "invested": _("what was invested there"),
           "city_rate": _("how much the city writes"), "city_invested": _("what the city invests"),
           "severity": _("how severe it is"), "people": _("how many it concerns"),
           "target": _("how soon it should be answered")}

PROPOSAL_DECISIONS = {"accepted": _("accepted"), "refused": _("refused")}


def reason(code: str) -> str:
    """`not_eligible:planimetry` -> the words, and the rule as it stands."""
    kind, _colon, rule = code.partition(":")
    words = str(REASONS.get(kind, kind))
    return f"{words}: {rule}" if rule else words


def fact(name: str) -> str:
    """A fact of a place in words; one that only the city's own files know, as they call it."""
    return str(FACTS.get(name, name))


ROLES = {"officer": _("field officer"), "planner": _("planner"), "focal": _("focal point"), "admin": _("administrator")}

MISSING = {"missing_place": _("no place"), "missing_category": _("no need named"), "place_unknown": _("unknown place"),
           "place_ambiguous": _("several places of that name"), "place_code_unknown": _("unknown place code"),
           "place_code_mismatch": _("place code does not fit"), "two_places": _("two places"),
           "reference_missing": _("no reference"), "reference_unknown": _("unknown reference"),
           "reference_checkdigit": _("a slip in the reference"), "not_authorised": _("not allowed from this phone")}

THINGS = {"messages": _("Messages"), "reports": _("Reports"), "needs": _("Needs"), "links": _("Links"), "outbox": _("Replies")}

# why a photo cannot be kept
UNFIT = {"empty": _("The file is empty."), "big": _("The photo is too large: 8 MB and 64 million pixels at most."),
         "kind": _("Only photos in JPEG or PNG can be kept."), "damaged": _("The photo is damaged: take it again.")}

# why a phrase cannot be pinned as it stands
REFUSALS = {"short": _("The phrase is too short: write at least four letters."),
            "long": _("The phrase is too long: keep the one to six words that tell the spot."),
            "common": _("These are everyday words that stand in many texts: add the word that tells this spot from others.")}
OUT_OF_YOUR_AREA = _("Say which place of your areas it is. What lies elsewhere a planner moves.")
NOT_YOUR_AREA = _("That place lies outside your areas. Ask a planner to pin it.")

# what the tables and figures of a quarter are called, and what each says
SEXES = {"F": _("Women"), "M": _("Men"), "X": _("Other"), "U": _("Not told")}
TRIP_FIGURES = {"legs": _("Legs with a purpose"), "phones": _("Phones that told them"), "trips": _("Trips"),
                "legs_per_phone": _("Legs for each phone"), "rated": _("Legs of which safety was told"),
                "unsafe": _("Share of those that were not safe (1 or 2 of 5)")}
RELEASED = {"place": _("By district"), "what": _("By category"), "outcome": _("What became of it")}
TOLD_BY = {"all": _("all together"), "what": _("category"), "place": _("district"), "outcome": _("what became of it"),
           "sex": _("sex, where it was told")}
COMPARED = {"needs": _("Needs"), "covered": _("covered"), "possible": _("possible"), "gap": _("gap"),
            "coverage_gap": _("Share of the priority that nothing covers"), "highest": _("Highest priority"),
            "unfunded": _("Without money"), "without_cost": _("Needs without a cost"), "median_age": _("Days that the middle need waits"),
            "late": _("longer than was promised"), "per_1000": _("Needs per 1,000 who live there"),
            "population": _("How many live there"), "phone_access": _("Share who have a phone"), "deprivation": _("Deprivation"),
            "invested": _("Invested per head")}
SHARES = ("coverage_gap", "phone_access", "women_share", "occupancy", "declared", "women", "response", "resolution", "confirmed")
FACTS = {name: COMPARED[name] for name in ("population", "phone_access", "deprivation", "invested")} | {
    "women_share": _("Share of women"), "planimetry": _("Approved plan of the place"), "tenure": _("Property titles"),
    "tenure_public": _("Public ground"), "occupancy": _("Share of plots that are lived in"),
    "legal_personality": _("Legal personality"), "life_quality": _("Quality of life"),
    "lack_points": _("Points for what lacks"), "population_points": _("Points for people"), "theme_points": _("Points for the theme")}
MONEY = ("unfunded", "invested")
MEASURES = {"needs": _("Needs"), "priority": _("Priority"), "unfunded": _("Without money")}
REPORT_OUTCOMES = {"waiting": _("waits to be looked at"), "seen": _("was looked at"), "done": _("done, says the city"),
                   "confirmed": _("done, says the resident too")}
WAITS = {"answer": _("Hours until somebody answered"), "done": _("Hours until it was done")}
_WEIGHT = _("What each would count for if women and men wrote as often as they live there.")
INDICATORS = {
    "declared": (_("Told their sex"),
                 _("The share of reports whose sender told it. When very few told Other it leaves them out and is at least this.")),
    "women": (_("Women's share"), _("The share of women among reports of women and men.")),
    "represented": (_("Women against the census"), _("Women's share of the reports over their share of those who live there; 1 is even.")),
    "weight_women": (_("Weight of a report by a woman"), _WEIGHT),
    "weight_men": (_("Weight of a report by a man"), _WEIGHT),
    "response": (_("Looked at"), _("The share of reports whose need somebody looked at before the numbers were told.")),
    "response_ratio": (_("Looked at, women to men"), _("The same among women over the same among men: below 1 women wait more.")),
    "resolution": (_("Done"), _("The share of reports whose need is done before the numbers were told.")),
    "resolution_ratio": (_("Done, women to men"), _("The same among women over the same among men: below 1 less is done for women.")),
    "confirmed": (_("Confirmed by residents"), _("Of what the city calls done, the share that residents said is fixed.")),
}

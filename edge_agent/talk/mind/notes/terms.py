"""What of a question is worth looking for: its words without the little ones, each with others for the same. Pure."""

import re
from collections.abc import Sequence
from typing import Final

TERMS_MAX: Final = 16
"""Of one question. Nobody asks for more at once."""

_LITTLE: Final = frozenset(
    "a about all also am an and any anything anybody anyone are as at be been being bring brings but by can come "
    "comes could did do does doing during don't else ever every exactly find for from get give go got had has have "
    "having he her here hers him his how i i'd i'll i'm i've if in inside into is isn't it it's its just kind know "
    "leave let like long make many may maybe me might mine more most much must my near nearest need needs no not now "
    "of off offer ok okay on once one only or other our ours out over please provide put really say see serve shall "
    "she should show small so some somebody someone something somewhere sorry sort still such take takes tell than "
    "thanks that that's the their them then there there's these they thing things this those to today too under until "
    "up us use very want was way we wear well were what what's when when's where where's which while who who's whom "
    "whose why will with without won't would yes yet you your you're yours hello hi hey excuse actually think wonder "
    "wondering looking possible allowed able called".split()
)

_ALIKE: Final = (
    "price cost fee charge euro dollar pound pay",
    "toilet restroom bathroom washroom lavatory loo wc",
    "lift elevator",
    "photo picture photograph selfie",
    "wifi wireless internet network",
    "dog pet",
    "child children kid toddler",
    "baby babies infant",
    "bike bicycle cycle",
    "car park parking garage",
    "eat food lunch café restaurant bistro snack meal sandwich hungry",
    "drink coffee tea thirsty",
    "card credit debit contactless",
    "shop store souvenir",
    "senior pensioner retired",
    "disabled wheelchair accessible accessibility",
    "open opening",
    "stroller pram pushchair buggy",
    "vaccination vaccinate vaccinated vaccine shot jab",
    "start begin",
    "book booking reserve reservation",
    "cancel cancellation refund",
    "hire rent rental borrow lend lent",
    "cheap cheaper discount reduced half",
    "warm temperature degrees hot",
    "lost found",
    "lose lost loss",
    "keep kept",
    "sell sold buy bought purchase",
    "pay paid",
    "send sent",
    "write wrote written",
    "break broken",
    "forget forgot forgotten",
    "teach taught",
    "speak spoken",
    "hold held",
    "password code",
    "voucher coupon",
    "bag backpack luggage suitcase",
    "phone telephone",
    "forbidden permitted",
    "built build founded",
    "object piece",
    "women woman ladies lady",
)
"""Words that stand for one another in questions to a house; their plurals are taken care of by the stem."""

_DAYS: Final = "monday tuesday wednesday thursday friday saturday sunday".split()

_ALSO: Final = {
    **dict.fromkeys(("close", "closed", "closing", "shut"), ("close", "closed", "open", "opening")),
    "hours": ("open", "opening"),
    "week": ("weekday", *_DAYS[:5]),
    "weekend": ("saturday", "sunday"),
    **dict.fromkeys(_DAYS[:5], ("weekday", "daily", "every day")),
    **dict.fromkeys(_DAYS[5:], ("weekend", "daily", "every day")),
}
"""What answers for a word, and not the other way round."""

_HEADED: Final = dict.fromkeys("open opening close closed closing shut".split(), ("hours",))
"""What a heading says for a word; elsewhere it means something else."""

_PHRASES: Final = (
    (re.compile(r"\bhow (much|expensive)\b"), "price"),
    (re.compile(r"\bwhat time\b|\bhow (late|early|old|many)\b|\bwhat happens\b"), ""),
    (re.compile(r"\b(?:make|arrange|schedule) (?:an? )?(?=(?:appointment|reservation|booking)s?\b)"), "book"),
    (re.compile(r"\bwi[ -]fi\b"), "wifi"),
    (re.compile(r"\bgift (card|certificate)s?\b"), "voucher"),
)

_OTHERS: Final = {
    word: tuple(other for group in _ALIKE if word in group.split() for other in group.split())
    for word in " ".join(_ALIKE).split()
} | _ALSO

_RANGE: Final = re.compile(
    rf"\b({'|'.join(_DAYS)})s? (?:to|until|till|through|-|–) ({'|'.join(_DAYS)})\b", re.IGNORECASE
)


def terms(question: str) -> Sequence[tuple[str, ...]]:
    """Return what to look for: each the word that was said, and after it others that mean the same."""
    text = question.lower().replace("’", "'")
    for spoken, written in _PHRASES:
        text = spoken.sub(f" {written} ", text)
    words = [word.removesuffix("'s").strip("'") for word in re.findall(r"[\w']+", text)]
    found = [(word, *_others(word)) for word in words if word and word not in _LITTLE]
    return list({frozenset(term): term for term in found}.values())[:TERMS_MAX]


def headed(term: Sequence[str]) -> Sequence[str]:
    """Return the words that say this in a heading, and nowhere else."""
    return _HEADED.get(term[0], ())


def unsaid(text: str) -> str:
    """Return the days that a text means without naming them: those between "Tuesday to Sunday"."""
    found: list[str] = []
    for first, last in _RANGE.findall(text):
        begin, end = _DAYS.index(first.lower()), _DAYS.index(last.lower())
        found += _DAYS[begin + 1 : end] if begin < end else [*_DAYS[begin + 1 :], *_DAYS[:end]]
    return " ".join(found)


def _others(word: str) -> Sequence[str]:
    alike = _OTHERS.get(word) or _OTHERS.get(word.removesuffix("s"), ())
    stem = word.removesuffix("ly")  # Porter keeps "quietly" and "quiet" apart.
    return [other for other in (*alike, *([stem] if len(stem) > 3 else [])) if other != word]

"""Which phoneme of a phrase belongs to which of its words.

espeak-ng does not say: it runs words together ("of the" is one group of phonemes) and pronounces them differently in
company. So each word is pronounced once by itself as well, and the two strings of phonemes are laid side by side where
they agree best (fewest letters added, dropped or changed). What the phrase adds belongs to the word before it, except
after a space: then to the next.
"""

from collections.abc import Sequence

_STRESS = "ˈˌ"
"""A stress belongs to the vowel after it, and a word alone is stressed where the same word in company is not."""

_PAUSES = " ,.;:!?"
"""Pauses: they belong to no word."""


def owners(phrase: Sequence[str], words: Sequence[Sequence[str]]) -> list[int | None]:
    """Return for each phoneme of `phrase` the index of the word that it belongs to; None for a pause."""
    letters = [letter for word in words for letter in (*_plain(word), " ")]
    of_word = [index for index, word in enumerate(words) for _ in (*_plain(word), " ")]
    places = [place for place, phoneme in enumerate(phrase) if _counts(phoneme)]
    partners = _align([phrase[place] for place in places], letters)

    owner: list[int | None] = [None] * len(phrase)
    current = 0
    for number, place in enumerate(places):
        if (partner := partners[number]) is not None:
            current = of_word[partner]
        elif place and phrase[place - 1] == " ":
            current = next((of_word[later] for later in partners[number:] if later is not None), current)
        owner[place] = current
    for place in reversed(range(len(phrase) - 1)):
        if phrase[place] in _STRESS:
            owner[place] = owner[place + 1]
    return [None if phoneme in _PAUSES else index for phoneme, index in zip(phrase, owner, strict=True)]


def _counts(phoneme: str) -> bool:
    return phoneme == " " or phoneme not in _STRESS + _PAUSES


def _plain(word: Sequence[str]) -> list[str]:
    return [phoneme for phoneme in word if _counts(phoneme)]


def _align(ours: Sequence[str], theirs: Sequence[str]) -> list[int | None]:
    """Return for each of `ours` the index of its partner in `theirs`, by the fewest edits; None if it has none."""
    # costs[i][j]: of laying ours[i:] beside theirs[j:], so that the walk afterwards goes forward.
    costs = [[0] * len(theirs) + [len(ours) - i] for i in range(len(ours))] + [[*range(len(theirs), -1, -1)]]
    for i in reversed(range(len(ours))):
        row, below, mine = costs[i], costs[i + 1], ours[i]
        for j in reversed(range(len(theirs))):
            row[j] = min(below[j + 1] + (mine != theirs[j]), below[j] + 1, row[j + 1] + 1)

    partners: list[int | None] = []
    j = 0
    for i, mine in enumerate(ours):
        while j < len(theirs) and costs[i][j] == costs[i][j + 1] + 1:
            j += 1
        if j < len(theirs) and costs[i][j] == costs[i + 1][j + 1] + (mine != theirs[j]):
            partners.append(j)
            j += 1
        else:
            partners.append(None)
    return partners

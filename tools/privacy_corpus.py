"""Write the made part of the privacy corpus: documented test numbers, said and written in many ways, and innocent ones.

    python tools/privacy_corpus.py tests/talk/mind/privacy/corpus

The same seed makes the same files. Here are the sentences; how what stands in them is said is in `said.py`.
"""

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from said import (
    CARDS,
    IBANS,
    amount,
    big,
    count,
    day,
    digits_said,
    email,
    identity,
    letters_said,
    one_by_one,
    phone,
    price,
    time,
)

SEED = 20
EACH_SENSITIVE = 36


def sensitive(chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Yield category, secret and sentence."""
    for _ in range(EACH_SENSITIVE):
        card = digits_said(chance, chance.choice(CARDS))
        yield "card", card, chance.choice(CARD_SENTENCES).format(card)
        code = (
            one_by_one(chance, f"{chance.randrange(100, 1000)}")
            if chance.random() < 0.5
            else f"{chance.randrange(1000)}"
        )
        code = code if not code.isdecimal() else code.zfill(3)
        yield "card", code, chance.choice(CODE_SENTENCES).format(code)
        number = phone(chance)
        yield "phone", number, chance.choice(PHONE_SENTENCES).format(number)
        mailbox = email(chance)
        yield "email", mailbox, chance.choice(EMAIL_SENTENCES).format(mailbox)
        iban = letters_said(chance, chance.choice(IBANS))
        yield "account", iban, chance.choice(ACCOUNT_SENTENCES).format(iban)
        what, number = identity(chance)
        yield "id", number, chance.choice(ID_SENTENCES).format(what, number)


CARD_SENTENCES = (
    "My card number is {}.", "Can you charge {} for it?", "It's {}, the visa.", "{}", "Use the card {} instead.",
    "The digits are {}, did you get that?", "I want to pay with {}.",
)  # fmt: skip
CODE_SENTENCES = (
    "The CVV is {}.", "cvc {}", "My security code is {}, right?", "The three digits on the back are {}.",
    "The card's verification code, {}.",
)  # fmt: skip
PHONE_SENTENCES = (
    "Call me at {}.", "My number is {}.", "{} is my mobile.", "You can text her on {} tonight.",
    "Her phone number's {}.",
    "Dial {} and ask for Tom.", "Leave it with the office, {}.",
)  # fmt: skip
EMAIL_SENTENCES = (
    "Send it to {}.", "My email is {}.", "{}", "Write to {} about the trip.", "Could you mail {} and say thanks?",
    "The invitation went to {}, I think.",
)  # fmt: skip
ACCOUNT_SENTENCES = (
    "My IBAN is {}.", "Transfer fifty euros to {}.", "{}", "The rent goes to {} every month.", "Is {} a valid account?",
)  # fmt: skip
ID_SENTENCES = ("My {} is {}.", "The form wants my {}, it's {}.", "{}: {}.", "Note the {} {} for me.")


INNOCENT_SENTENCES: tuple[tuple[str, Callable[[random.Random], str]], ...] = (
    ("Set a timer for {} minutes.", amount),
    ("I'd like {} of those, please.", amount),
    ("Take me to room {}.", amount),
    ("Is it {} steps to the top?", amount),
    ("My order number is {}.", big),
    ("Tracking number {}, any news?", big),
    ("What is {} plus {}?", big),
    ("What is {} divided by {}?", big),
    ("Is {} a prime number?", big),
    ("The invoice number was {}.", big),
    ("Factor {} for me.", big),
    ("Wake me at {}.", time),
    ("The bus leaves at {} and gets there at {}.", time),
    ("Call me at {} please.", time),
    ("Was it on {}?", day),
    ("Move the meeting from {} to {}.", day),
    ("It costs {}.", price),
    ("Is {} a fair price for a used phone?", price),
    ("The city has {} inhabitants.", count),
    ("It is {} kilometers from here.", count),
    ("Play {} songs and stop at {}.", amount),
    ("Add {} grams of flour and {} grams of butter.", amount),
)


def innocent(
    chance: random.Random, sentences: tuple[tuple[str, Callable[[random.Random], str]], ...], many: int
) -> Iterator[str]:
    """Yield sentences in which every number may leave."""
    for at in range(many):
        sentence, make = sentences[at % len(sentences)]
        yield sentence.format(*(make(chance) for _ in range(sentence.count("{}"))))


HELD_OUT = (
    (
        "card",
        (
            "Hang on, I have it here, {}.",
            "{} won't go through.",
            "Try {} first, then the other one.",
            "The front says {}.",
        ),
    ),
    (
        "phone",
        ("Put down {} as the contact.", "Hers is {}.", "{}", "Is {} still your number?", "Try me at {} after six."),
    ),
    ("email", ("The newsletter goes to {}.", "{} bounced.", "Sign me up with {}.", "Ask {} for the slides.")),
    ("account", ("Here is the account: {}.", "{} is the landlord's.", "Refund it to {}, please.")),
    ("id", ("As {} I gave {}.", "What if someone stole my {}, {}?", "For the {} put {}.")),
)
"""Sentences that were written when the rules were done, to see what they do with what they were not made for."""

HELD_OUT_INNOCENT: tuple[tuple[str, Callable[[random.Random], str]], ...] = (
    ("Dinner for {} at {}.", amount),
    ("How much is {} times {}?", big),
    ("Parcel {} is late.", big),
    ("Subtract {} from {}.", big),
    ("The gates close at {}.", time),
    ("From {} on the shop is closed.", day),
    ("Between {} and {} it rained.", day),
    ("I won {} in the raffle!", price),
    ("A hard disk with {} files.", count),
    ("{} people signed.", count),
)


def held_out(chance: random.Random) -> Iterator[tuple[str, str, str]]:
    """Yield category, secret and sentence."""
    for _ in range(17):
        for category, sentences in HELD_OUT:
            what, number = identity(chance)
            made = {
                "card": digits_said(chance, chance.choice(CARDS)),
                "phone": phone(chance),
                "email": email(chance),
                "account": letters_said(chance, chance.choice(IBANS)),
                "id": number,
            }
            given = (what, number) if category == "id" else (made[category],)
            yield category, made[category], chance.choice(sentences).format(*given)


def main(folder: Path) -> None:
    """Write the four files."""
    chance = random.Random(SEED)
    _write(folder / "made_sensitive.tsv", SECRETS, sensitive(chance))
    _write(folder / "made_innocent.tsv", INNOCENTS, ((text,) for text in innocent(chance, INNOCENT_SENTENCES, 220)))
    chance = random.Random(SEED + 1)
    _write(folder / "made_held_sensitive.tsv", SECRETS, held_out(chance))
    _write(folder / "made_held_innocent.tsv", INNOCENTS, ((text,) for text in innocent(chance, HELD_OUT_INNOCENT, 100)))


SECRETS = ("category", "secret", "text")
INNOCENTS = ("text",)


def _write(path: Path, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    path.write_text("".join("\t".join(row) + "\n" for row in (head, *rows)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Write the made part of the privacy corpus: documented test numbers, said and written in many ways, and innocent ones.

    python tools/privacy_corpus.py tests/talk/mind/privacy/corpus

The same seed makes the same files. Nobody's data is in them: cards are the payment networks' test cards, IBANs the
registry's examples, telephone numbers those that regulators keep for films, names and domains reserved for examples.
The words are made here and not by the package, which would otherwise be tested with its own idea of speech.
"""

import random
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

SEED = 20
EACH_SENSITIVE = 36

DIGITS = "zero one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
NATO = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec "
        "romeo sierra tango uniform victor whiskey xray yankee zulu".split(),
        strict=True,
    )
)

CARDS = (
    "4111111111111111 4242424242424242 5555555555554444 5105105105105100 378282246310005 371449635398431 "
    "6011111111111117 6011000990139424 3530111333300000 30569309025904 4012888888881881 2223003122003222"
).split()
IBANS = (
    "GB29NWBK60161331926819 DE89370400440532013000 ES9121000418450200051332 NL91ABNA0417164300 BE68539007547034 "
    "CH9300762011623852957 AT611904300234573201 NO9386011117947 FR1420041010050500013M02606 SE4550000000058398257466"
).split()
MAILBOXES = "lee kim.park jo_fisher m.ortega nora77 sam-w billing+2 t.j.moss uma.rao9 olaf".split()
DOMAINS = "example.com example.org example.net gmail.com yahoo.com outlook.com example.co.uk".split()


def one_by_one(chance: random.Random, digits: str) -> str:
    """Each digit, zeros as "oh" or "zero"."""
    zero = chance.choice(["oh", "zero"])
    return " ".join(zero if digit == "0" else DIGITS[int(digit)] for digit in digits)


def repeated(chance: random.Random, digits: str) -> str:
    """Runs of the same digit as double and triple."""
    said, at = [], 0
    while at < len(digits):
        length = next(length for length in (3, 2, 1) if digits[at : at + length] == digits[at] * length)
        word = one_by_one(chance, digits[at])
        said.append({1: "", 2: "double ", 3: "triple "}[length] + word)
        at += length
    return " ".join(said)


def pairs(chance: random.Random, digits: str) -> str:
    """Two digits at a time: "forty one eleven"."""
    return " ".join(_pair(chance, digits[at : at + 2]) for at in range(0, len(digits), 2))


def _pair(chance: random.Random, pair: str) -> str:
    if len(pair) == 1 or pair[0] == "0":
        return one_by_one(chance, pair)
    if pair[0] == "1":
        return TEENS[int(pair[1])]
    return TENS[int(pair[0])] + (f"{chance.choice(' -')}{DIGITS[int(pair[1])]}" if pair[1] != "0" else "")


def grouped(chance: random.Random, digits: str) -> str:
    """Digits in fours, with commas or hesitations between."""
    between = chance.choice([", ", ", um, ", " dash ", "... "])
    return between.join(one_by_one(chance, digits[at : at + 4]) for at in range(0, len(digits), 4))


def written(chance: random.Random, digits: str) -> str:
    """Digits in fours, or apart, as speech-to-text writes them."""
    size, between = chance.choice([(4, " "), (4, "-"), (1, " "), (1, "-"), (4, ", "), (99, "")])
    return between.join(digits[at : at + size] for at in range(0, len(digits), size))


WAYS: tuple[Callable[[random.Random, str], str], ...] = (one_by_one, repeated, pairs, grouped, written)


def digits_said(chance: random.Random, digits: str) -> str:
    """A number in one of the ways."""
    return chance.choice(WAYS)(chance, digits)


def letters_said(chance: random.Random, code: str) -> str:
    """A code of letters and digits: spelled, by the NATO alphabet, or written in fours."""
    way = chance.randrange(4)
    if way == 0:
        return " ".join(code[at : at + 4] for at in range(0, len(code), 4))
    if way == 1:
        return code
    return " ".join(
        one_by_one(chance, letter) if letter.isdecimal() else (letter if way == 2 else NATO[letter]) for letter in code
    )


def phone(chance: random.Random) -> str:
    """A number that a regulator keeps for films, in one of the ways."""
    last = f"{chance.randrange(100, 200)}"
    area = chance.choice(["212", "415", "646", "303", "512", "206"])
    north = chance.choice(
        [f"({area}) 555-0{last}", f"{area}-555-0{last}", f"{area} 555 0{last}", f"+1 {area} 555 0{last}"]
    )
    british = chance.choice([f"020 7946 0{last}", f"07700 900{last}", f"01632 960{last}", f"+44 7700 900{last}"])
    number = chance.choice([north, british])
    if chance.random() < 0.4:
        return number
    plain = "".join(letter for letter in number if letter.isdecimal())
    said = chance.choice([one_by_one, repeated, grouped])(chance, plain)
    return f"plus {said}" if number.startswith("+") else said


def email(chance: random.Random) -> str:
    """A mailbox at a reserved domain or a provider, said or written."""
    mailbox, domain = chance.choice(MAILBOXES), chance.choice(DOMAINS)
    if chance.random() < 0.3:
        return f"{mailbox}@{domain}"
    words = {".": " dot ", "_": " underscore ", "-": " dash ", "+": " plus "}
    spell = chance.random() < 0.3
    said = "".join(words.get(letter, f"{letter.upper()} " if spell else letter) for letter in mailbox)
    return f"{' '.join(said.split())} at {domain.replace('.', ' dot ') if chance.random() < 0.7 else domain}"


def identity(chance: random.Random) -> tuple[str, str]:
    """The words that say what it is, and the number."""
    kind = chance.randrange(4)
    if kind == 0:
        number = f"{chance.randrange(987654320, 987654330)}"
        form = f"{number[:3]}-{number[3:5]}-{number[5:]}"
        return chance.choice(["social security number", "social", "SSN"]), chance.choice(
            [form, one_by_one(chance, number), repeated(chance, number)]
        )
    if kind == 1:
        return "national insurance number", letters_said(chance, f"QQ{chance.randrange(100000, 999999)}C")
    if kind == 2:
        return "passport number", digits_said(chance, f"{chance.randrange(10**8, 10**9)}")
    return "driver's license number", letters_said(chance, f"D{chance.randrange(10**6, 10**7)}")


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


def amount(chance: random.Random) -> str:
    """A number below a thousand, said or written."""
    value = chance.randrange(2, 1000)
    if chance.random() < 0.5:
        return str(value)
    hundreds, rest = divmod(value, 100)
    tail = DIGITS[rest] if rest < 10 else _pair(chance, str(rest))
    return f"{DIGITS[hundreds]} hundred" + (f" and {tail}" if rest else "") if hundreds else tail


def big(chance: random.Random) -> str:
    """A number of many digits."""
    return str(chance.randrange(10**6, 10 ** chance.randrange(8, 19)))


def time(chance: random.Random) -> str:
    """A time of the day."""
    hour, minute = chance.randrange(1, 13), chance.choice([0, 5, 10, 15, 20, 30, 42, 45, 55])
    if chance.random() < 0.5:
        return f"{hour}:{minute:02}"
    return (
        f"{_pair(chance, str(hour))} {_pair(chance, f'{minute:02}')}"
        if minute
        else f"{_pair(chance, str(hour))} o'clock"
    )


def day(chance: random.Random) -> str:
    """A date."""
    year, month, date = chance.randrange(1950, 2040), chance.randrange(1, 13), chance.randrange(1, 29)
    return chance.choice(
        [f"{year}-{month:02}-{date:02}", f"{month}/{date}/{year}", f"{date}.{month}.{year}", f"May {date}, {year}"]
    )


def price(chance: random.Random) -> str:
    """An amount of money."""
    return chance.choice(["${:,.2f}", "€{:,.2f}", "{:.2f} dollars", "£{:,.0f}"]).format(chance.uniform(1, 20000))


def count(chance: random.Random) -> str:
    """A large round or exact number with separators."""
    return f"{chance.randrange(1000, 10**9):,}"


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

"""Numbers, codes, addresses, amounts and times as people say or write them, drawn at random for the privacy corpus.

Nobody's data is in them: cards are the payment networks' test cards, IBANs the registry's examples, telephone numbers
those that regulators keep for films, names and domains reserved for examples. The words are made here and not by the
package, which would otherwise be tested with its own idea of speech.
"""

import random
from collections.abc import Callable

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

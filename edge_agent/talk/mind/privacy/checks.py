"""Check digits and shapes of numbers that somebody issues, each by its published rule. All take digits without gaps."""

_VERHOEFF_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_P = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip

IBAN_LENGTHS = {
    entry[:2]: int(entry[2:])
    for entry in (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 ES24 "
        "FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 "
        "LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 "
        "SA24 SC31 SD18 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"
    ).split()
}
"""Letters of an IBAN by country: the SWIFT registry's."""

_CARD_LENGTHS = (
    ("34 37", (15,)),
    ("36 38 39 300 301 302 303 304 305 309", (14, 16, 19)),
    ("4", (16, 19, 13)),
    ("51 52 53 54 55 22 23 24 25 26 27", (16,)),
    ("35 60 64 65", (16, 19)),
    ("62", (16, 17, 18, 19)),
    ("50 56 57 58 63 67", (16, 19, 18, 17, 13)),
)
"""Lengths of card numbers by their first digits (ISO/IEC 7812 and the networks), the usual one first."""


def card_lengths(digits: str) -> tuple[int, ...]:
    """Return how long a card's number may be that begins like `digits`; none if none does."""
    return next((lengths for begins, lengths in _CARD_LENGTHS if digits.startswith(tuple(begins.split()))), ())


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1: cards, the Canadian SIN."""
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def iban(letters: str) -> bool:
    """ISO 13616: the country's length, and 1 modulo 97."""
    if IBAN_LENGTHS.get(letters[:2]) != len(letters):
        return False
    return int("".join(str(int(letter, 36)) for letter in letters[4:] + letters[:4])) % 97 == 1


def nanp(digits: str) -> bool:
    """North American telephone number: no area or exchange begins with 0 or 1, or is one of the services' (N11)."""
    ten = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    return len(ten) == 10 and all(part[0] in "23456789" and part[1:] != "11" for part in (ten[:3], ten[3:6]))


def verhoeff(digits: str) -> bool:
    """Aadhaar (India)."""
    check = 0
    for at, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[at % 8][int(digit)])])
    return check == 0


def cpf(digits: str) -> bool:
    """CPF (Brazil): two check digits, modulo 11."""

    def check(length: int) -> int:
        total = sum(int(digit) * (length + 1 - at) for at, digit in enumerate(digits[:length]))
        return 10 * total % 11 % 10

    return check(9) == int(digits[9]) and check(10) == int(digits[10])


def dni(letters: str) -> bool:
    """DNI and NIE (Spain): eight digits, X, Y or Z for the first, and a letter modulo 23."""
    digits = letters[:-1].translate(str.maketrans("XYZ", "012"))
    return digits.isdecimal() and "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == letters[-1]


def nir(digits: str) -> bool:
    """Social security number (France): 15 digits, the last two the complement modulo 97."""
    return 97 - int(digits[:13]) % 97 == int(digits[13:])


def nino(letters: str) -> bool:
    """National insurance number (United Kingdom): prefixes that are given out, and QQ, which examples use."""
    first, second = letters[0], letters[1]
    given = first not in "DFIQUV" and second not in "DFIOQUV" and letters[:2] not in ("BG", "GB", "KN", "NK", "NT")
    return letters.startswith("QQ") or (given and letters[:2] not in ("TN", "ZZ"))

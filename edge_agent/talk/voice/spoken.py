"""Turns what is written into what is said: "$2.50 at 3:30 pm" is "two dollars and fifty cents at three thirty PM".

1. The text is divided into pieces: a word, or a number with all that belongs to it ("20 °C", "July 4, 1776").
2. The first rule that fits a piece says it. The rules stand in the order of how much they know: a time is not a range,
   a range is not a number. A word that no rule fits is said as it is written.
3. What can't be said (markdown, emoji) is left out; punctuation stays, because voices breathe by it.
4. The pieces joined are the text, so whatever knows when a piece was said knows which letters were heard.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

from edge_agent.talk.voice.numerals import cardinal, one_by_one, ordinal, plural, year

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_END = r"(?![\w°%€£$])"
_SCALE = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "bn": "billion", "B": "billion"}
_SCALES = "thousand|million|billion|trillion|bn|[kKmMB]"
_MONEY = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "sen", "sen"),
}
_UNITS = {
    "km/h": "kilometers per hour", "kph": "kilometers per hour", "mph": "miles per hour", "m/s": "meters per second",
    "km": "kilometers", "cm": "centimeters", "mm": "millimeters", "m": "meters", "mi": "miles", "ft": "feet",
    "kg": "kilograms", "mg": "milligrams", "g": "grams", "lbs": "pounds", "lb": "pounds", "oz": "ounces",
    "ml": "milliliters", "mL": "milliliters", "l": "liters", "L": "liters",
    "GHz": "gigahertz", "MHz": "megahertz", "kHz": "kilohertz", "Hz": "hertz",
    "TB": "terabytes", "GB": "gigabytes", "MB": "megabytes", "KB": "kilobytes", "kB": "kilobytes",
    "kWh": "kilowatt hours", "kW": "kilowatts", "W": "watts", "V": "volts", "dB": "decibels",
    "ms": "milliseconds", "s": "seconds", "sec": "seconds", "secs": "seconds", "min": "minutes", "mins": "minutes",
    "h": "hours", "hr": "hours", "hrs": "hours",
}  # fmt: skip
_UNIT = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_YEAR = "January February March April May June July August September October November December"
_MONTHS = _YEAR.split()
_MONTH = "|".join([*_MONTHS, *(f"{month[:3]}\\.?" for month in _MONTHS if month != "May"), "Sept\\.?"])
_HALF = r"[aApP](?:\.[mM]\.|[mM]\b)"
_HALVES = {2: "half", 4: "quarter"}
_VULGAR = {"½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3), "⅛": (1, 8)}
_WORDS = {
    "dr": "Doctor", "mr": "Mister", "mrs": "Missus", "ms": "Miz", "prof": "Professor", "dept": "department",
    "e.g": "for example", "i.e": "that is", "etc": "et cetera", "vs": "versus", "approx": "approximately",
    "a.m": "AM", "p.m": "PM",
}  # fmt: skip
_SYMBOLS = {
    "&": " and ",
    "+": " plus ",
    "=": " equals ",
    "@": " at ",
    "×": " times ",
    "÷": " divided by ",
    "%": " percent ",
    "/": " ",
}
_AFTER = re.compile(r"([^\w\s$€£¥#+&=@~<>-]*)(\s*)")
"""Punctuation and space that belong to the piece before them."""
_BEFORE = re.compile(r"[\s\"'“‘(\[{*_`#>-]*?(?=[\w$€£¥+−½¼¾⅓⅔⅛-]|#\d)")

_WORD = re.compile(r"\s*(?:[+=×÷&]|[^\s+=×÷&]+)\s*")
"""Signs that join numbers stand for themselves, so that the number after them is one."""


def spoken(text: str) -> str:
    """Return `text` as people say it."""
    return " ".join(said for _, said in spoken_words(text) if said)


def spoken_words(text: str) -> list[tuple[str, str]]:
    """Divide `text` into (written, spoken) pieces; the written ones joined are `text`.

    Each piece has something to say, unless nothing in the whole text has.
    """
    pieces: list[tuple[str, str]] = []
    silent = ""
    for written, said in _pieces(text):
        if said:
            pieces.append((silent + written, said))
            silent = ""
        elif pieces:
            pieces[-1] = (pieces[-1][0] + written, pieces[-1][1])
        else:
            silent += written
    return pieces or ([(text, "")] if text else [])


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        lead = _BEFORE.match(text, at)
        start = lead.end() if lead else at
        for pattern, say in _RULES:
            if (found := pattern.match(text, start)) and (said := say(found)):
                after = _AFTER.match(text, found.end())
                end = after.end() if after else found.end()
                mark = re.sub(r"[^.,;:!?…—]", "", after[1]) if after else ""
                if end == len(text) and found[0].endswith("."):
                    mark = "."  # the dot of "p.m." is also the end of the sentence
                yield text[at:end], said + mark
                break
        else:
            end = _word_end(text, at)
            yield text[at:end], _plain(text[at:end])
        at = end


def _word_end(text: str, at: int) -> int:
    found = _WORD.match(text, at)
    return found.end() if found else len(text)


def _plain(written: str) -> str:
    """Return a word as it is said: abbreviations in full, symbols as words, nothing for what can't be said."""
    word = re.sub(r"[*`#~|<>\\^\[\]{}]+", "", written.replace("_", " ")).strip().lstrip("-–")
    stem = word.rstrip(".,;:!?\"')”’").lstrip("\"'(“‘")
    if stem.lower() in _WORDS and (stem.lower() != "ms" or word.endswith(".")) and (word.endswith(".") or "." in stem):
        tail = "".join(mark for mark in word[word.find(stem) + len(stem) + 1 :] if mark in ".,;:!?")
        return _WORDS[stem.lower()] + tail
    for symbol, name in _SYMBOLS.items():
        word = word.replace(symbol, name)
    kept = "".join(letter for letter in word if unicodedata.category(letter)[0] in "LMNP" or letter == " ")
    kept = " ".join(kept.replace("\ufe0f", "").replace("\u20e3", "").split())
    return kept if any(map(str.isalnum, kept)) or kept in ("—", "–", "…") else ""


def _money(found: re.Match[str]) -> str:
    sign, amount, scale = found["sign"] or found["after"], found["amount"], found["scale"]
    one, many, small_one, small_many = _MONEY[sign]
    if scale:
        return f"{cardinal(amount)} {_SCALE.get(scale, scale)} {many}"
    whole, _, decimals = amount.replace(",", "").partition(".")
    if len(decimals) not in (0, 2):
        return f"{cardinal(amount)} {many}"
    cents = int(decimals or 0)
    parts = [f"{cardinal(whole)} {one if int(whole) == 1 else many}"] if int(whole) or not cents else []
    parts += [f"{cardinal(str(cents))} {small_one if cents == 1 else small_many}"] if cents else []
    return " and ".join(parts)


def _time(found: re.Match[str]) -> str:
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if hour > 24 or minute > 59:
        return ""
    half = found["half"].replace(".", "").upper() if found["half"] else ""
    if minute:
        words = f"{cardinal(str(hour)) if hour else 'zero'} {'oh ' if minute < 10 else ''}{cardinal(str(minute))}"
    elif half or not 1 <= hour <= 12:
        words = cardinal(str(hour)) if half else f"{cardinal(str(hour))} hundred"
    else:
        words = f"{cardinal(str(hour))} o'clock"
    return f"{words} {half}".strip()


def _day(day: str, month: str, of_year: str | None) -> str:
    name = next(full for full in _MONTHS if full.startswith(month.rstrip(".")[:3]))
    if not 1 <= int(day) <= 31:
        return ""
    return f"{name} {ordinal(int(day))}" + (f", {year(int(of_year))}" if of_year else "")


def _numeric_day(found: re.Match[str]) -> str:
    first, second = int(found["first"]), int(found["second"])
    month, day = (first, second) if first <= 12 else (second, first)
    return _day(str(day), _MONTHS[month - 1], found["year"]) if 1 <= month <= 12 else ""


def _iso_day(found: re.Match[str]) -> str:
    month = int(found["month"])
    return _day(found["day"], _MONTHS[month - 1], found["year"]) if 1 <= month <= 12 else ""


def _unit(number: str, unit: str) -> str:
    name = _UNITS[unit]
    if number == "1":
        head, _, tail = name.partition(" per ")
        singular = "foot" if head == "feet" else head if head.endswith("hertz") else head.removesuffix("s")
        name = f"{singular} per {tail}" if tail else singular
    return f"{cardinal(number)} {name}"


def _degrees(found: re.Match[str]) -> str:
    scale = {"C": " Celsius", "F": " Fahrenheit"}.get(found["scale"] or "", "")
    return f"{_signed(found['number'])} {'degree' if found['number'] == '1' else 'degrees'}{scale}"


def _range(found: re.Match[str]) -> str:
    first, second, unit = found["first"], found["second"], found["unit"]
    if unit == "%":
        return f"{cardinal(first)} to {cardinal(second)} percent"
    if unit:
        return f"{cardinal(first)} to {_unit(second, unit)}"
    say: Callable[[str], str] = _count_or_year if len(first) == len(second) == 4 else cardinal
    return f"{say(first)} to {say(second)}"


def _fraction(found: re.Match[str]) -> str:
    whole = found["whole"]
    top, bottom = _VULGAR[found["vulgar"]] if found["vulgar"] else (int(found["top"]), int(found["bottom"]))
    if top >= bottom:  # "24/7" and "50/50" are no fractions
        return "" if whole else f"{cardinal(str(top))} {cardinal(str(bottom))}"
    if bottom > 20 or not top:
        return "" if whole else f"{cardinal(str(top))} over {cardinal(str(bottom))}"
    part = _HALVES.get(bottom) or ordinal(bottom)
    if whole and top == 1:
        return f"{cardinal(whole)} and {'an' if part[0] in 'aeiou' else 'a'} {part}"
    words = f"{cardinal(str(top))} {part if top == 1 else plural(part)}"
    return f"{cardinal(whole)} and {words}" if whole else words


def _phone(found: re.Match[str]) -> str:
    groups = [one_by_one(group) for group in re.findall(r"\d+", found[0])]
    return ("plus " if found[0].startswith("+") else "") + ", ".join(groups)


def _count_or_year(number: str) -> str:
    return (
        year(int(number)) if len(number) == 4 and number.isdigit() and 1900 <= int(number) <= 2099 else _count(number)
    )


def _count(number: str) -> str:
    long = number.isdigit() and len(number) >= 7 and not number.endswith("000")
    return one_by_one(number) if long else cardinal(number)


def _signed(number: str) -> str:
    return f"minus {cardinal(number[1:])}" if number[0] in "-−" else cardinal(number)


def _address(found: re.Match[str]) -> str:
    host = re.sub(r"^(?:https?://)?(?:www\.)?", "", found[0]).split("/")[0]
    return host.replace("@", " at ").replace(".", " dot ")


def _rule(pattern: str, say: Callable[[re.Match[str]], str]) -> tuple[re.Pattern[str], Callable[[re.Match[str]], str]]:
    return re.compile(rf"(?<![\w.])(?:{pattern}){_END}"), say


_RULES = [
    _rule(r"(?<=\[)(?P<label>[^\[\]]+)\]\([^()\s]+\)", lambda f: spoken(f["label"])),
    _rule(r"(?:https?://|www\.)[\w-]+(?:\.[\w-]+)+(?:/[^\s)\]]*[\w/])?", _address),
    _rule(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", _address),
    _rule(rf"(?P<sign>[$€£¥])\s?(?P<amount>{_NUMBER})(?:\s?(?P<scale>{_SCALES})\b)?(?P<after>)", _money),
    _rule(rf"(?P<sign>)(?P<amount>{_NUMBER})(?:\s(?P<scale>{_SCALES}))?\s?(?P<after>[€£])", _money),
    _rule(rf"(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?::\d\d)?(?:\s?(?P<half>{_HALF}))?", _time),
    _rule(rf"(?P<hour>\d{{1,2}})(?P<minute>)\s?(?P<half>{_HALF})", _time),
    _rule(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)", _iso_day),
    _rule(r"(?P<first>\d{1,2})/(?P<second>\d{1,2})/(?P<year>\d{4})", _numeric_day),
    _rule(
        rf"(?P<m>{_MONTH})\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(?P<y>\d{{4}}))?",
        lambda f: _day(f["d"], f["m"], f["y"]),
    ),
    _rule(
        rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?(?P<m>{_MONTH})(?:,?\s(?P<y>\d{{4}}))?",
        lambda f: _day(f["d"], f["m"], f["y"]),
    ),
    _rule(r"(?:\+\d{1,3}[ -]?)?(?:\(?\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}|\d{3}-\d{4}|\+\d{6,}", _phone),
    _rule(r"\d+(?:\.\d+){2,}", lambda f: " point ".join(cardinal(part) for part in f[0].split("."))),
    _rule(rf"(?P<first>{_NUMBER})\s?[–-]\s?(?P<second>{_NUMBER})(?:\s?(?P<unit>%|(?:{_UNIT})\b))?", _range),
    _rule(rf"(?P<number>[-−]?(?:{_NUMBER}))\s?°\s?(?P<scale>[CF]\b)?", _degrees),
    _rule(rf"(?P<number>[-−]?(?:{_NUMBER}))\s?%", lambda f: f"{_signed(f['number'])} percent"),
    _rule(r"(?P<decade>(?:1[1-9]|20)\d0)'?s", lambda f: plural(year(int(f["decade"])))),
    _rule(rf"(?P<number>{_NUMBER})\s?(?P<unit>{_UNIT})", lambda f: _unit(f["number"], f["unit"])),
    _rule(r"(?P<n>\d+)(?:st|nd|rd|th)", lambda f: ordinal(int(f["n"]))),
    _rule(r"(?:(?P<whole>\d+)\s)?(?P<vulgar>)(?P<top>\d{1,2})/(?P<bottom>\d{1,2})", _fraction),
    _rule(r"(?P<whole>\d+)?\s?(?P<vulgar>[½¼¾⅓⅔⅛])", _fraction),
    _rule(
        r"(?P<word>[Ii]n|[Ss]ince|[Uu]ntil|[Yy]ear) (?P<year>1[1-9]\d\d)",
        lambda f: f"{f['word']} {year(int(f['year']))}",
    ),
    _rule(r"(?:[Nn]o\. ?|#)(?P<number>\d+)", lambda f: f"number {cardinal(f['number'])}"),
    _rule(rf"[-−](?:{_NUMBER})", lambda f: _signed(f[0])),
    _rule(rf"(?:{_NUMBER})", lambda f: _count_or_year(f[0])),
]

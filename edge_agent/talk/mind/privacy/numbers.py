"""Finds cards, accounts and telephone numbers: by check digit, by shape, and by the words around them.

What a number is, its own digits tell best (a card's check digit, a telephone number's area), then its grouping, then
the words before it. A digit that was misheard breaks the first, so the words alone are enough where they are plain.
Words also say what a number is not: an order, a sum, a date.
"""

import re
from collections.abc import Iterator

from edge_agent.talk.mind.privacy import checks
from edge_agent.talk.mind.privacy.placeholders import Category
from edge_agent.talk.mind.privacy.places import AROUND, GAP, Found, Run, compact, runs

_G = f"{GAP}?"
_CARD_WORDS = re.compile(
    r"\b(?:cards?|visa|master ?card|amex|american express|discover|diners|maestro|debit|credit|pan)\b"
)
_CODE_WORDS = re.compile(
    r"\b(?:c[vs][vc]\d?|[cs] ?v ?[vc]|"
    r"security (?:code|number)|cards?(?:'s)? (?:verification |security )?(?:code|value)|"
    r"verification value|(?:number|digits|code|three) on the back|pin(?: code| number)?|p i n)\b[^\d]{0,24}$",
)
_CODE_AFTER = re.compile(
    r"^\W{0,3}(?:(?:is|as|for|was) )?(?:my |the |your |our |a )?(?:\w+ )?(?:c[vs][vc]\d?|security code|pin)\b"
)
_EXPIRY_WORDS = re.compile(
    r"\b(?:exp|expir\w+|valid (?:thru|through|until|till|to)|good (?:thru|through|until))\b[^\d]{0,24}$"
)
_EXPIRY = re.compile(r"(?:0 ?[1-9]|1 ?[0-2])\s?/\s?(?:2 ?0 ?)?\d ?\d")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_MONTH_EXPIRY = re.compile(rf"\b(?:{_MONTHS})[a-z]*\.?,?(?: of)?\s*\d[\d ]{{1,6}}(?!\d)", re.IGNORECASE)
_SOME_OF_IT = re.compile(
    r"\b(?:(?:start|begin|end)(?:s|ning|ing)?(?: (?:in|with))?\W*|"
    r"(?:first|last) (?:four|six|eight|[468])(?: digits)?\b[^\d]{0,24})$"
)

_PHONE_WORDS = re.compile(
    r"\b(?:phones?|tele ?phone|mobile|cell(?:phone|ular)?|landline|fax|whats ?app|signal|sms|hotline|voicemail|pager|"
    r"call(?:ing|ed|s)?(?: \w+){0,3}|dial(?:ing|led|s)?|r[iau]ng(?: \w+)?|text(?:ing|ed)?(?: \w+){0,2}|tel|"
    r"callback|call back|area code|country code|reach (?:me|us|him|her|them)|contact number|number(?:'s| is| was)|"
    r"number (?:has )?changed to|number will be|"
    r"(?:my|his|her|our|their|new|home|work|office|mom's|dad's) number)\b[^\d]{0,32}$"
)
_PHONE_AFTER = re.compile(
    r"^\W{0,3}(?:is|was|as|that's|that is|it's|extension|ext)?\W{0,2}(?:my|his|her|our|their|the|a)?\s?(?:\w+ )?"
    r"(?:phone|mobile|cell|landline|telephone|fax|callback)\b|^\W{0,3}(?:ext\b|extension)"
)
_EXTENSION = re.compile(rf"^[\s,]*(?:ext\.?|extension|x)\s*\d(?:{GAP}?\d){{0,5}}(?!\w)", re.IGNORECASE)

_NOT_PRIVATE = re.compile(
    r"\b(?:order|tracking|track|invoice|ref(?:erence)?|serial|model|part|ticket|flight|booking|confirmation|isbn|"
    r"barcode|room|page|chapter|table|gate|bus|version|build|item|product|parcel|package|shipment|case|claim|"
    r"locker|lottery|episode|article|sku|lot|batch|channel|frequency|score|population|pi|zip|post(?:al)? ?code|"
    r"highway|route|asteroid|year|number theory|upc|patent|request|job|work order|lot|figure)"
    r"(?: (?:numbers?|no|code|id|is|was|of))*[\s:#,.]*$"
)
_SUMS_BEFORE = re.compile(
    r"(?:\b(?:plus|minus|times|by|over|root of|square of|cube of|log of|factorial of|add|subtract|sum of|product of|"
    r"difference of|average of|mean of|median of|multiply|divide|square|factors? of|factorise|factorize|factor|"
    r"digits of|multiple of|power of|is|convert|round|sort|binary|hexadecimal|numbers|sequence|series|equals|count "
    r"to|between|halve|double)\b|[-+*/×÷=^])[\s,:]*$"
)
_SUMS_AFTER = re.compile(
    r"^\W{0,2}\s*(?:plus|minus|times|divided|multiplied|squared|cubed|mod(?:ulo)?|in (?:binary|hex\w*|decimal|words|"
    r"roman)|to (?:binary|hex\w*)|(?:a |an )?(?:prime|even|odd|perfect square|divisible|palindrome)|factorial|to the "
    r"(?:power|nearest)|and sort|by \d)|^\s*[+*×÷=^]"
)
_QUANTITY_AFTER = re.compile(
    r"^\s?(?:people|dollars|euros|pounds|miles|kilomet\w+|met\w+|feet|steps|calories|grams|kilos?|seconds|minutes|"
    r"hours|days|years|bytes|light|times|inhabitants|points|views|users|rows|stars|tons|watts|bits|percent|degrees)\b"
)
_SO_MANY = re.compile(
    r"^ (?!(?:is|was|has|does|this|its|as|us|his|yes|plus|unless|always|perhaps|works|rings|calls|keeps|goes|belongs|"
    r"answers|gives|seems|looks|needs|gets|says|sometimes|thanks)\b)[a-z]{3,}[^s\W]s\b"
)
"""Digits without a gap, and what there are so many of."""
_DATE = re.compile(
    r"(?:(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12]\d|3[01])|"
    r"(?:(?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-/. ](?:0?[1-9]|1[0-2]))"
    r"[-/. ](?:(?:19|20) ?\d\d|\d\d))"
)
_YEARS = re.compile(r"(?:1[5-9]|20)\d\d(?:\W+(?:and |to )?(?:1[5-9]|20)\d\d)*")


def cards(text: str) -> Iterator[Found]:
    """Yield card numbers, and what is told beside them: expiry, code, PIN, last four digits."""
    about_cards = _CARD_WORDS.search(text.lower()) is not None
    for run in runs(text):
        told = _CARD_WORDS.search(run.before) is not None
        if (not _sum(run) or told) and (length := _card(run, told)):
            yield Found(Category.CARD, run.start, run.places[length[1] - 1] + 1)
            about_cards = True
        elif told and 12 <= len(run.digits) <= 19 and not _NOT_PRIVATE.search(run.before):
            yield Found(Category.CARD, run.start, run.end)
    for run in runs(text):
        if _beside_a_card(run, text[run.start : run.end], about_cards):
            yield Found(Category.CARD, run.start, run.end)
    if about_cards:
        for found in _MONTH_EXPIRY.finditer(text):
            if re.search(r"\b(?:exp|expir\w+|valid|good)\b[^\d]{0,24}$", text[: found.start()].lower()):
                yield Found(Category.CARD, found.start(), found.end())


def _card(run: Run, told: bool) -> tuple[int, int] | None:
    """Return which of the run's digits are a card's: the first of them is its first, or follows a whole group."""
    firsts = range(len(run.groups)) if told or len(run.digits) > 19 else range(1)
    for first in firsts:
        rest = run.from_group(first)
        for length in checks.card_lengths(rest.digits):
            if rest.ends_group(length) and checks.luhn(rest.digits[:length]):
                skipped = len(run.digits) - len(rest.digits)
                return skipped, skipped + length
    return None


def _beside_a_card(run: Run, form: str, about_cards: bool) -> bool:
    """Whether it is what is told beside a card's number; "expires" alone is said of milk as well."""
    count = len(run.digits)
    if 3 <= count <= 8 and (_CODE_WORDS.search(run.before) or _CODE_AFTER.search(run.after)):
        return True
    if not about_cards:
        return False
    return (
        (3 <= count <= 10 and _EXPIRY_WORDS.search(run.before) is not None)
        or (4 <= count <= 12 and bool(_SOME_OF_IT.search(run.before) and _CARD_WORDS.search(run.before)))
        or _EXPIRY.fullmatch(form) is not None
    )


_IBAN = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z]{_G}[A-Za-z]{_G}\d{_G}\d")
_ACCOUNT_WORDS = re.compile(
    r"\b(?:iban|account|acct|routing|sort ?code|b ?s ?b|transit|swift)(?: (?:numbers?|no|code|is|ending|in|with))*\b"
    r"[^\d]{0,24}$"
)
_SORT_CODE = re.compile(r"\b(?:sort ?code|b ?s ?b)(?:'s| is)?\W{0,3}$")


def accounts(text: str) -> Iterator[Found]:
    """Yield IBANs, and account numbers, routing numbers and sort codes that are named as such."""
    for found in _IBAN.finditer(text):
        letters = list(compact(text, found.start()))
        country = letters[0][0] + letters[1][0]
        length = checks.IBAN_LENGTHS.get(country, 0)
        whole = "".join(letter for letter, _ in letters[:length])
        named = re.search(r"\biban\b", text[max(0, found.start() - AROUND) : found.start()].lower())
        if len(whole) == length > 0 and (checks.iban(whole) or named):
            yield Found(Category.ACCOUNT, found.start(), letters[length - 1][1] + 1)
        elif named and text[found.start()].isupper():
            # A letter too many or too few was heard: everything that could be a part of it goes.
            digits = [at for letter, at in letters[:36] if letter.isdecimal()]
            yield Found(Category.ACCOUNT, found.start(), digits[-1] + 1)
    for run in runs(text):
        of_an_account = _ACCOUNT_WORDS.search(run.before) and 4 <= len(run.digits) <= 20
        if of_an_account and (_SORT_CODE.search(run.before) or not _date(run)):
            yield Found(Category.ACCOUNT, run.start, run.end)


_INTERNATIONAL = re.compile(rf"(?<![\d)])(?<![\d)]\s)\+\s?\(?\d(?:{_G}\d){{6,14}}(?!\d)")
_NORTH_AMERICAN = re.compile(
    r"(?<![\d.-])(?<!\d\s)(?<!\d,\s)(?:\+?1[\s.-]{1,2})?(?:\([2-9]\d\d\)\s?|[2-9]\d\d[\s.–-]{1,2})[2-9]\d\d[\s.–-]{1,2}\d{4}(?![\d-])"
)
_LOCAL = re.compile(r"(?<![\d.-])(?<!\d\s)[2-9]\d\d[-–]\d{4}(?![\d-])")
_IN_PAIRS = re.compile(r"(?<!\d)0\s?[1-9](?:[\s.]\d\d){4}(?!\d)")


def phones(text: str) -> Iterator[Found]:
    """Yield telephone numbers, with their extensions."""
    for start, end in _phones(text):
        extension = _EXTENSION.match(text[end:])
        yield Found(Category.PHONE, start, end + (extension.end() if extension else 0))


def _phones(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_INTERNATIONAL, _NORTH_AMERICAN, _IN_PAIRS, _LOCAL):
        for found in pattern.finditer(text):
            before = text[max(0, found.start() - AROUND) : found.start()].lower()
            after = text[found.end() : found.end() + AROUND].lower()
            if not (_NOT_PRIVATE.search(before) or _SUMS_AFTER.search(after) or _arithmetic(before)):
                yield found.span()
    for run in runs(text):
        if _phone(run):
            start = run.start - 1 if text[run.start - 1 : run.start] == "+" else run.start
            yield start, run.end


def _phone(run: Run) -> bool:
    """Whether the digits are a telephone number by their shape, or by what is said around them."""
    count = len(run.digits)
    if count < 6 or count > 15 or _NOT_PRIVATE.search(run.before) or _date(run) or _listed(run):
        return False
    if _PHONE_WORDS.search(run.before) or _PHONE_AFTER.search(run.after):
        return True
    if run.thousands or _sum(run) or _QUANTITY_AFTER.search(run.after):
        return False
    if len(run.groups) == 1 and _SO_MANY.search(run.after):
        return False
    return checks.nanp(run.digits) or (run.digits[0] == "0" and 9 <= count <= 14)


def _sum(run: Run) -> bool:
    """Whether the number is there to be reckoned with."""
    return bool(_SUMS_AFTER.search(run.after)) or _arithmetic(run.before)


_SECOND_TERM = re.compile(r"\b(?:add|subtract|multiply|divide|deduct)\b[\d\s.,]*(?:and|to|from|by|with|into)\s*$")


def _arithmetic(before: str) -> bool:
    if _SECOND_TERM.search(before):
        return True
    found = _SUMS_BEFORE.search(before)
    # "my card is", "it is": only after a question word is "is" the beginning of a sum.
    return found is not None and (not found[0].startswith("is") or bool(re.search(r"\bwhat(?:'s| is)\s*$", before)))


def _date(run: Run) -> bool:
    joined = " ".join(run.groups)
    return bool(_DATE.fullmatch(joined) or _YEARS.fullmatch(joined))


def _listed(run: Run) -> bool:
    """Whether they are several numbers rather than one: they grow, as counting and sequences do."""
    numbers = [int(group) for group in run.groups]
    return len(set(numbers)) > 3 and numbers == sorted(numbers) and not any(map(_leading_zero, run.groups))


def _leading_zero(group: str) -> bool:
    return len(group) > 1 and group[0] == "0"

"""Finds e-mail addresses, written ("ann@gmail.com"), said ("ann at gmail dot com") and half of each.

"at" joins other words as well ("look at amazon dot com"). It is an address where its parts are (a dot, a digit, a
spelled letter before the "at"), where the provider gives out mailboxes, or where mail is being talked of.
"""

import re
from collections.abc import Iterator

from edge_agent.talk.mind.privacy.placeholders import Category
from edge_agent.talk.mind.privacy.places import Found

_WRITTEN = re.compile(r"[\w.!#$&'*+/=?^`{|}~-]+@(?:[\w-]+\.)+[A-Za-z]{2,}", re.UNICODE)

_SAID_DOT = r"\s\.\s|\s+(?:dot|period|point)\s+"
_DOT = rf"(?:\s?\.(?=\w)|{_SAID_DOT})"
_JOIN = rf"(?:\.|{_SAID_DOT}|\s*[_+-]\s*|\s+(?:underscore|under score|dash|hyphen|minus|plus)\s+)"
_LABEL = (
    r"(?:[A-Za-z0-9](?:[\s-]{1,2}[A-Za-z0-9](?![A-Za-z0-9]))+|"
    r"(?:[A-Za-z]\s)?[\w-]+(?:\s(?:mail|\d+)\b)?(?:\s(?:dash|hyphen|minus)\s[\w-]+)*)"
)
_KNOWN_TLD = (
    r"com|org|net|edu|gov|info|biz|io|co|me|dev|app|ai|tv|eu|uk|us|ca|de|fr|es|it|nl|be|ch|at|se|no|dk|fi|pl|pt|ie|"
    r"au|nz|in|jp|cn|br|mx|ru|za|fm|gg|nu|cc|lu|lt|lv|ee|cz|sk|hu|ro|bg|gr|hr|si|rs|ua|tr|il|ae|sg|hk|tw|kr|ar|cl|"
    r"c\s?o\s?m|o\s?r\s?g|n\s?e\s?t|u\s?k|d\s?e|test|example|invalid|email|online"
)
_SAID = re.compile(
    r"(?:\s*@\s*|\s+(?:at|at sign|at symbol)\s+(?:the\s)?)"
    rf"(?P<domain>{_LABEL}(?:{_DOT}{_LABEL})*?{_DOT}(?:{_KNOWN_TLD}|[a-z]{{4,12}})\b(?:{_DOT}(?:{_KNOWN_TLD}|ac)\b)*)",
    re.IGNORECASE,
)
_PART = r"(?P<word>(?:\b(?:first|middle|last|family|given|maiden)\s+names?\b|[\w'’]+))"
"""A word, or what stands for one: "my first name dot last name at …"."""
_WORD = re.compile(rf"{_PART}(?P<gap>\W*)$", re.IGNORECASE)
_SPELLED = re.compile(r"(?<!\w)\w[\s,.-]{1,2}$")
"""Another single letter: in "K I M" the I is no pronoun."""
_SPELLED_ON = re.compile(r"(?:[\s,.-]{1,2}[^\W\d_](?!\w)){2}")
"""Two of them behind it: nor is it in "I N F O"."""
_JOINED = re.compile(rf"{_PART}{_JOIN}$", re.IGNORECASE)

_MAILBOXES = re.compile(
    r"g\s?mail|google\s?mail|yahoo|y\s?mail|hot\s?mail|out\s?look|i\s?cloud|live|msn|aol|a\s?o\s?l|proton(?:\s?mail)?|gmx|"
    r"g m x|web\W|fastmail|zoho|mail|tutanota|hey|me\W|pm\W|comcast|verizon|t-online|orange|libero",
    re.IGNORECASE,
)
_MAIL_WORDS = re.compile(
    r"\b(?:e-?mails?|e mails?|mail(?:ed|ing|box(?:es)?)?|address|inbox|contact|write to|reach|forward|send|sent|cc|bcc|"
    r"invite|log ?in|sign ?(?:up|in)|username|account|newsletter|reply)\b",
    re.IGNORECASE,
)
_NOT_A_MAILBOX = frozenset(
    "look looking looked shop shopping buy bought order ordered find found it them us available sold sell sells "
    "read reading work works working worked job jobs meet see seen is are was were be been online website site "
    "page go more price prices store stock deals deal cheaper again there here now listed posted hosted check one "
    "things stuff good better best people engineer tickets up out in on over off down back around live stay today "
    "tomorrow tonight discount information arrives article book books".split()
)
_SOME_INFO = re.compile(
    r"\b(?:more|some|any|no|all|the|this|that|these|other|further|extra|additional|latest|up-to-date|detailed|full|useful|good|"
    r"helpful|basic|general|enough|for|find|get|got|see|with|and|or|of)(?:\s\w+)?\sinfo$",
    re.IGNORECASE,
)
"""Before an "at": news that there is. By itself "info" is the mailbox that most firms have."""
_STOPS = frozenset(
    "is it's its to at me my email mail address addresses it the a an and or on with for from send sent write "
    "contact use using via try called account login user username name him her them us you your his our their as "
    "of in i that's thats that this be was reach forward cc bcc please message messages invite under type enter "
    "spell okay ok yes sure so well um uh say says said by copy address's mailbox reply not isn't she's he's add "
    "remove delete update change new old work personal email's registered".split()
)
_WORDS_MAX = 3
"""Plain words before the "at" that are taken for a part of the mailbox ("john smith at gmail dot com")."""


def emails(text: str) -> Iterator[Found]:
    """Yield e-mail addresses."""
    for found in _WRITTEN.finditer(text):
        yield Found(Category.EMAIL, *found.span())
    for found in _SAID.finditer(text):
        start = _mailbox(text, found.start())
        if start < found.start() and _is_one(text, start, found):
            yield Found(Category.EMAIL, start, found.end())


def _mailbox(text: str, end: int) -> int:
    """Return where the mailbox begins that ends at `end`; `end` itself if there is none."""
    start, plain = end, 0
    while True:
        joined = _JOINED.search(text, 0, start) if start < end else None
        word = joined or _WORD.search(text, 0, start)
        if word is None:
            return start
        said = word["word"].lower()
        part = len(said) == 1 or said.isdecimal()
        if not joined:
            if start < end and not re.fullmatch(r"[\s,-]{1,2}", word["gap"]):
                return start
            begins = _SPELLED_ON.match(text, word.end("word")) is not None
            spelled = part and (said not in "ai" or begins or _SPELLED.search(text, 0, word.start()))
            if (said in _STOPS and not spelled) or (not part and plain >= _WORDS_MAX):
                return start
            plain += not part
        start = word.start()


def _is_one(text: str, start: int, at: re.Match[str]) -> bool:
    mailbox, domain = text[start : at.start()], at["domain"]
    last = mailbox.split()[-1].lower().strip(".,")
    if "@" in at[0] or _MAILBOXES.match(domain):
        return True
    if re.search(r"\d|_|\+|\b(?:dot|underscore|dash|hyphen)\b|\b\w\b\s\b\w\b", mailbox):
        return True
    ordinary = last in _NOT_A_MAILBOX or _SOME_INFO.search(text, 0, at.start())
    return bool(_MAIL_WORDS.search(text)) if ordinary else True

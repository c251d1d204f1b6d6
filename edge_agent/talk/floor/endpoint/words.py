"""What the last words of a transcript say about whether more will come. English, and pure.

A transcript ends in one of a few ways, and the first that fits is taken:

1. HESITATION: "um", "let me see", or the dots and dashes with which Whisper writes a voice that trails off.
2. SPELLING: two digits or letters or more in a row ("four two seven", "K L M"); who spells, goes on spelling.
3. DANGLING: a word that never ends a sentence, because it needs another one after it ("and", "the", "my", "I'd").
4. COMMA: speech-to-text wrote one, since it heard that the voice means to go on.
5. QUESTION: speech-to-text wrote a question mark. It does so behind half a question as well, but less often.
6. LEANING: a word that seldom ends one ("with", "is", "some"), but does: "tell me what it is".
7. TERSE: nothing but a known short answer or command ("yes", "stop", "no thanks"). Nobody has to add anything to it.
8. PLAIN: anything else.
"""

from enum import Enum
from typing import Final


class Ending(Enum):
    """How a transcript ends."""

    HESITATION = "hesitation"
    SPELLING = "spelling"
    DANGLING = "dangling"
    COMMA = "comma"
    QUESTION = "question"
    LEANING = "leaning"
    TERSE = "terse"
    PLAIN = "plain"


def vocabulary(text: str, separator: str | None = None) -> frozenset[str]:
    """The words in `text`, or the phrases between separators."""
    return frozenset(entry.strip() for entry in text.split(separator))


HESITATIONS: Final = vocabulary("um umm uh uhh uhm er erm ah hm hmm mm mmm eh")

HESITANT_PHRASES: Final = ("let me see", "let me think", "hold on", "wait a second", "just a second", "one moment")

TRAILING_OFF: Final = ("...", "…", "-", "–", "—")

DANGLING: Final = vocabulary("""
    and or but nor because cause if unless although though whether while whereas since until than
    the a an my your our their its every whose of into onto between among during toward towards upon via per
    i we they he she who which i'm i'd i'll i've we'd we'll we've we're you're you'd they're they'd he's she's
    it's that's there's what's who's where's gonna wanna very
""")

LEANING: Final = vocabulary("""
    to for with from at by about in on as like so then that this these those when where how what why
    is are was were am be been being have has had do does did can could will would should shall may might must
    some any no more another each both also just want need get make give put add
""")

TERSE: Final = vocabulary(
    """
    yes | yeah | yep | yup | no | nope | nah | ok | okay | sure | right | correct | exactly | of course | not really |
    i don't know | maybe | yes please | no thanks | no thank you | thanks | thank you | never mind | nevermind |
    that's all | that's it | stop | stop it | cancel | pause | resume | continue | go on | go ahead | next | back |
    again | repeat | help | be quiet | quiet | shut up | mute | louder | quieter | why | what | when | really |
    hello | hi | hey | bye | goodbye | good morning | good night
    """,
    "|",
)

NUMBERS: Final = vocabulary("zero oh one two three four five six seven eight nine double triple")


def ending(text: str) -> Ending | None:
    """How `text` ends; None where there are no words."""
    bare = (word.strip(".,;:!?…-–—'\"") for word in text.lower().replace("’", "'").split())
    words = [word for word in bare if word]
    if not words:
        return None
    said = " ".join(words)
    if words[-1] in HESITATIONS or said.endswith(HESITANT_PHRASES) or text.rstrip().endswith(TRAILING_OFF):
        return Ending.HESITATION
    if said in TERSE:
        return Ending.TERSE
    if spelled(words) >= 2:
        return Ending.SPELLING
    if words[-1] in DANGLING:
        return Ending.DANGLING
    if text.rstrip().endswith(","):
        return Ending.COMMA
    if text.rstrip().endswith("?"):
        return Ending.QUESTION
    if words[-1] in LEANING:
        return Ending.LEANING
    return Ending.PLAIN


def spelled(words: list[str]) -> int:
    """How many digits and single letters in a row the words end with. A bare number counts each of its digits."""
    run = 0
    for word in reversed(words):
        symbols = word.replace("-", "")
        if symbols.isdigit():
            run += len(symbols)
        elif word in NUMBERS or (len(symbols) == 1 and symbols not in {"a", "i"}):
            run += 1
        else:
            break
    return run

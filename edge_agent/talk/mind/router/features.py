"""What a text shows of itself, as named features: words, pairs of words, and what kind of words they are.

1. Small letters, no punctuation, numbers as digits: speech-to-text writes full stops and capitals as it likes, so
   neither tells anything. Nothing here looks at them.
2. Every feature has a name that says what it is (`is:command verb first`, `word:explain`, `pair:how_many`), because a
   decision is explained by these names.
3. Kinds of words (`KINDS`) know words that no training text has: a short list of them stands for a whole kind.

Pure, and some tens of microseconds for a sentence.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from edge_agent.talk.mind.skills.normal import normalise

Features = Mapping[str, float]
"""Name to value. The words of a text have the Euclidean norm 1 together; what is said of all of it weighs 1 each."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


COURTESY: Final = _words(
    "please hey ok okay hi hello um uh well so just kindly could can would will you i'd like want to me"
)
"""Words before the first that says something."""

LENGTHS: Final = (2, 4, 6, 8, 10, 13, 16, 20, 26, 34, 44)
"""A text has the feature of each length that it reaches, in words."""

ALWAYS: Final = "always"
"""A feature of every text that has words: what is known before the first of them."""

KINDS: Final[Mapping[str, frozenset[str]]] = {
    kind: _words(words)
    for kind, words in {
        "switching verb": (
            "turn switch set dim brighten lower raise increase decrease reduce open close shut lock unlock start stop "
            "pause resume play mute unmute skip shuffle cancel delete remove snooze activate disable enable adjust "
            "change vacuum brew arm disarm restart reboot connect disconnect pair boost"
        ),
        "keeping verb": (
            "add put remind schedule book reserve order call text message email send invite reschedule move postpone "
            "cross erase clear wake note mark navigate announce dial ring reply check read repeat notify alert"
        ),
        "writing verb": (
            "write compose draft rewrite edit proofread summarize summarise rephrase paraphrase create design develop "
            "brainstorm outline craft generate invent narrate translate continue"
        ),
        "reasoning verb": (
            "explain compare contrast discuss analyze analyse evaluate describe argue justify prove derive estimate "
            "solve implement debug refactor classify extract interpret assess critique calculate determine identify "
            "elaborate illustrate predict recommend suggest plan imagine pretend suppose act consider"
        ),
        "device": (
            "light lights lamp lamps fan heater tv television kettle oven thermostat heating blinds curtains shutters "
            "shades door doors garage window windows vacuum plug socket switch speaker speakers volume radio alarm "
            "alarms timer timers camera sprinkler sprinklers dishwasher washer dryer washing boiler ac conditioner "
            "brightness temperature sensor coffee machine screen bluetooth wifi scene mode"
        ),
        "room": (
            "kitchen bedroom bathroom hallway garage office attic basement nursery porch garden upstairs downstairs "
            "hall lounge cellar patio balcony outside house room"
        ),
        "keepsake": (
            "list lists calendar schedule agenda reminder reminders appointment appointments meeting meetings note "
            "notes event events playlist shopping grocery groceries diary contact contacts inbox email emails mail "
            "messages voicemail task tasks birthday"
        ),
        "music": (
            "song songs music album track tune artist band playlist jazz rock classical podcast podcasts audiobook "
            "station fm radio singer singing concert lyrics"
        ),
        "weather": (
            "weather rain raining rainy snow snowing sunny windy cloudy forecast umbrella temperature degrees humidity "
            "storm hail fog sunrise sunset hot cold warm jacket coat"
        ),
        "travel": (
            "traffic train bus taxi cab uber flight ticket tickets plane directions route nearest navigate commute "
            "airport station drive ferry tram restaurant hotel"
        ),
        "clock": (
            "today tomorrow tonight morning evening afternoon noon midnight am pm o'clock minute minutes hour hours "
            "second seconds monday tuesday wednesday thursday friday saturday sunday week weekend month date time "
            "clock day next"
        ),
        "fresh": "latest current currently now news price prices stock score rate exchange recent recently trading",
        "small talk": (
            "hello hi hey thanks thank bye goodbye joke jokes funny laugh love bored sad happy sorry friend friends "
            "feel feeling feelings cool awesome haha wow birthday night sleep sing dance marry cheer robot lonely"
        ),
        "trivia": (
            "capital population president born died invented discovered tallest largest longest highest currency "
            "planet spell define definition meaning mean means synonym won founded wrote painted distance height "
            "fastest biggest smallest oldest richest deepest heaviest actor actress"
        ),
        "sum": (
            "each total altogether remaining remain left twice half third quarter times percent cost costs sold sells "
            "bought buys spent spends earns pays paid gave gives per average dozen many much fewer more"
        ),
        "arithmetic": "plus minus divided multiplied squared cubed root percent",
        "person he": "he she his her him they their them",
        "abstract": (
            "society economy impact effects causes consequences advantages disadvantages pros cons implications "
            "theory concept role influence ethical moral strategy strategies differences difference relationship "
            "importance significance challenges benefits factors principles process history culture government "
            "environment development argument evidence perspective solution solutions reasoning detail examples steps "
            "technology politics policy science scientific individual individuals humans humanity civilization"
        ),
        "text": (
            "essay poem story paragraph letter email blog speech article script dialogue sentence sentences bullet "
            "function code program algorithm outline review novel character characters plot scene chapter python "
            "java javascript html sql table format"
        ),
        "personal": "my mine our myself",
        "linking": (
            "because although while however therefore and but if when where which that then who whose after before"
        ),
    }.items()
}

FIRSTS: Final[Mapping[str, frozenset[str]]] = {
    "question": _words("what what's who who's whose whom when where which why how how's"),
    "yes-no question": _words("is are do does did has have can could will would should am was were may"),
    "first person": _words("i i'm we we're i've i'll i'd"),
}


def features(text: str) -> Features:
    """Return what `text` shows of itself; nothing where it has no words."""
    words = normalise(text).split()
    if not words:
        return {}
    spelled = ["#" if word.isdigit() else word for word in words]
    lexical = dict.fromkeys(_lexical(spelled), 0.0)
    weight = len(lexical) ** -0.5
    return {**dict.fromkeys(lexical, weight), **dict.fromkeys(_whole(spelled), 1.0)}


def _lexical(words: list[str]) -> Iterator[str]:
    padded = ["^", *words, "$"]
    yield from (f"word:{word}" for word in words)
    yield from (f"stem:{word[:5]}" for word in words if len(word) > 5)
    yield from (f"pair:{one}_{two}" for one, two in pairwise(padded))


def _whole(words: list[str]) -> Iterator[str]:
    said = [word for word in words if word not in COURTESY] or words
    present = set(words)
    yield ALWAYS
    yield from (f"is:{length} words or more" for length in LENGTHS if len(words) >= length)
    for kind, known in KINDS.items():
        found = len(present & known)
        if found:
            yield f"has:{kind}"
        if found > 1:
            yield f"has:several {kind}"
        if said[0] in known and kind.endswith("verb"):
            yield f"is:{kind} first"
    yield from (f"is:{form}" for form, known in FIRSTS.items() if words[0] in known)
    yield f"first:{'_'.join(said[:1])}"
    yield f"first:{'_'.join(said[:2])}"
    numbers = words.count("#")
    yield from (f"has:{count} numbers or more" for count in (1, 2, 3, 4) if numbers >= count)
    if "you" in present or "your" in present:
        yield "has:you"

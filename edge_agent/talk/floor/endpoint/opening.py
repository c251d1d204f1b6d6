"""Whether a turn asks for something, by its first words. English, and pure.

Who asks for a thing or wants to know one says it in one go, and is done soon; who tells one goes on. A turn asks that

1. begins with what is to be done ("turn", "give", "play"), with a verb that comes before its subject ("can", "is",
   "did"), or with "what" or "how";
2. begins with another word that asks, and such a verb: "where is" does, "when she heard of it" tells;
3. says what the speaker wants: "I'd like", "I need";
4. says "please".

What may come before all that ("okay", "hey", "so") is left out.
"""

from typing import Final

from edge_agent.talk.floor.endpoint.words import HESITATIONS, vocabulary

BEFORE: Final = HESITATIONS | vocabulary("okay ok hey hi hello and so now then well just also yes no thanks thank you")

DOING: Final = vocabulary("""
    add announce answer ask book brew bring buy calculate call cancel change check clear close compare convert count
    create decrease define delete describe dim disable do don't enable end explain find fix get give go help hold
    increase keep leave let let's list lock look lower make mark mix move mute navigate open order pause pick play pour
    prepare put raise read record remember remind remove repeat reset restart resume save say schedule search send serve
    set show skip sort spell start stop summarize switch take tell translate try turn unlock unmute update use wait wake
    warm write
""")

FRONTED: Final = vocabulary("""
    can could would will should shall may am is are was were do does did have has isn't aren't don't doesn't didn't
    can't couldn't wouldn't won't haven't hasn't
""")

ASKING: Final = vocabulary("who whom whose when where why which")

ASKING_ALONE: Final = vocabulary("what how what's who's when's where's why's how's whats hows")

WANTED: Final = tuple(
    entry.split()
    for entry in ("i want", "i need", "i'd like", "i'd love", "i would like", "i would love", "i'll have", "i'll take")
)


def asks(text: str) -> bool | None:
    """Whether `text` asks for something; None where there are no words but such as may come before it."""
    bare = [word.strip(".,;:!?…-–—'\"") for word in text.lower().replace("’", "'").split()]
    words = [word for word in bare if word]
    while words and words[0] in BEFORE:
        del words[0]
    if not words:
        return None
    first, second = words[0], "".join(words[1:2])
    return (
        first in DOING | FRONTED | ASKING_ALONE
        or (first in ASKING and second in FRONTED)
        or any(words[: len(wanted)] == wanted for wanted in WANTED)
        or "please" in words
    )

"""What the agent can do by itself, without asking a model.

library     all grammars together: Skills
normal      what Whisper wrote → plain words and digits
grammar     plain words → Understood (name, slots), by the templates in `sentences/`
taught      the owner's own skills, and the grammar of their sentences
rhino       the same from a file in Rhino's expression format
by_sound    words that were misheard → the sentence that sounds like them, through the graph in `sounds/`
answers     Understood and the World → Answer (what to say, and the Effect that it would have)
effects     an Effect, and the one that undoes it
timers      the timers that run
"""

from edge_agent.talk.mind.skills.answers import Answer, World, answer, foreseeable
from edge_agent.talk.mind.skills.effects import CancelTimers, Effect, RestoreTimers, SetTimer, SetVolume, State, apply
from edge_agent.talk.mind.skills.grammar import Understood
from edge_agent.talk.mind.skills.library import Doubt, Skills
from edge_agent.talk.mind.skills.timers import Running, Timer, Timers

__all__ = [
    "Answer",
    "CancelTimers",
    "Doubt",
    "Effect",
    "RestoreTimers",
    "Running",
    "SetTimer",
    "SetVolume",
    "Skills",
    "State",
    "Timer",
    "Timers",
    "Understood",
    "World",
    "answer",
    "apply",
    "foreseeable",
]

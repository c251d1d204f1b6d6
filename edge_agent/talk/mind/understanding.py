"""Spoken words in, a command out: by their letters, by their sound, and if need be by listening once more.

Each step is taken only where the one before found nothing: words that are a command cost no time, and words that sound
like none cost a few milliseconds.
"""

from edge_agent.base.frames import Samples
from edge_agent.talk.mind.skills import Doubt, Skills, Understood
from edge_agent.talk.mind.stt import Stt


async def understand(text: str, audio: Samples, skills: Skills, stt: Stt) -> Understood | None:
    """Return the command in `audio` (16 kHz), of which `text` is the transcript; None if it is none.

    `audio` best is what the transcript was made of: Whisper then has it in mind. EngineError if that is lost.
    """
    if not text:
        return None
    understood = skills.understand(text)
    if understood is not None:
        return understood
    match skills.sounds_like(text):
        case Doubt() as doubt:
            return skills.settled(text, doubt, await stt.again(audio, doubt.words))
        case found:
            return found

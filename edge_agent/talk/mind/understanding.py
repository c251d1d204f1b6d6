"""Spoken words in, a command out: by the words, their sound, and what was nearly written; or by listening once more.

Each step is taken only where the one before is not certain: words that are a command cost no time, and words that
sound like none, or were weighed against others while they were written, cost some milliseconds. A word that is written
like one of the grammar's is the last resort: what was misheard sounds like what was said, and need not look like it.
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
    if understood is not None and understood.score == 1:
        return understood
    by_sound = skills.sounds_like(text)
    if isinstance(by_sound, Doubt):
        by_sound = skills.leaned_to(by_sound, await stt.leanings(audio, by_sound.words))
    if isinstance(by_sound, Doubt):
        by_sound = skills.settled(text, by_sound, await stt.again(audio, by_sound.words, by_sound.sentences))
    return by_sound or understood

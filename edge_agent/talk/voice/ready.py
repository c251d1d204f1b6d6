"""Phrases that are kept ready as sound: said without waiting for the voice, and sayable while the voice is down."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from edge_agent.base.frames import Speech
from edge_agent.talk.voice.tts import Tts


class ReadyTts:
    """A `Tts` that knows some phrases by heart, and asks another for the rest."""

    def __init__(self, tts: Tts) -> None:
        self._tts = tts
        self._known: dict[str, tuple[Speech, ...]] = {}

    async def learn(self, phrases: Iterable[str]) -> None:
        """Synthesise them now. EngineError if the voice fails."""
        for phrase in phrases:
            self._known[phrase] = tuple([speech async for speech in self._tts.synthesise(phrase)])

    async def synthesise(self, text: str) -> AsyncGenerator[Speech, None]:
        """As `Tts.synthesise`."""
        if text in self._known:
            for speech in self._known[text]:
                yield speech
            return
        async with aclosing(self._tts.synthesise(text)) as spoken:
            async for speech in spoken:
                yield speech

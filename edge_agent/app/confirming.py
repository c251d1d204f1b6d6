"""The one call that waits for a yes: it belongs to the conversation, and lasts until the next exchange."""

import asyncio
from contextlib import suppress

from edge_agent.talk.mind.tools.consent import Asked, Consent, consent
from edge_agent.talk.mind.tools.tool import Call

GRACE_S = 0.6
"""Between a yes and what can't be taken back."""


class Confirmations:
    """Lives on the running loop, whose clock is monotonic."""

    def __init__(self, within_s: float = 20.0) -> None:
        self._within_s = within_s
        self._asked: Asked | None = None
        self._voice, self._quiet = asyncio.Event(), asyncio.Event()
        self._quiet.set()

    def heard(self, *, voice: bool) -> None:
        """Somebody began to speak, or it is known that he had nothing to say."""
        for event, so in ((self._voice, voice), (self._quiet, not voice)):
            event.set() if so else event.clear()

    def exchanged(self, asks: Call | None, until: int | None) -> None:
        """An exchange is over that asked for this, or for nothing; `until` is where the question's sound ended.

        None where it was not heard to its end.
        """
        self._asked = Asked(asks, until, asyncio.get_running_loop().time()) if asks else None

    def forget(self) -> None:
        """Nobody waits for anything."""
        self._asked = None

    def answer(self, words: str, began: int | None) -> tuple[Consent, Call] | None:
        """Return what `words` say to the question, and to which; None where they are no answer to one."""
        asked = self._asked
        if asked is None:
            return None
        said = consent(asked, words, began, asyncio.get_running_loop().time(), self._within_s)
        return None if said is Consent.NONE else (said, asked.call)

    async def take(self, call: Call) -> bool:
        """Use up the yes to this call; False if that was done before, or something else is waited for.

        It waits until nobody has spoken for `GRACE_S`: who says more than yes is in time to be heard.
        """
        spoken = True
        while spoken:
            await self._quiet.wait()
            spoken = False
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    spoken = await self._voice.wait()
        waits = self._asked is not None and self._asked.call is call
        if waits:
            self._asked = None
        return waits

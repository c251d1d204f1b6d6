"""One endpoint that hears or speaks: `/audio/transcriptions` and `/audio/speech`.

1. Whoever is cancelled in it closes the connection.
2. Whatever the endpoint does is a `ProviderError` or an answer.
3. An answer that is longer than speech can be is none.
"""

import asyncio

from edge_agent.base.settings_cloud import CloudVoice, Transcriber
from edge_agent.talk.mind.cloud.client import connection, explained, reach
from edge_agent.talk.mind.cloud.failures import Failure, ProviderError

TEXT_MAX = 4000
"""Characters of a transcript: half a minute holds some 600."""

SPEECH_MAX_S = 60.0
"""Of one phrase."""


class SpeechClient:
    """Of one endpoint. Lives on the running loop; nothing is sent before it is asked."""

    def __init__(self, endpoint: Transcriber | CloudVoice) -> None:
        """SettingsError if its key can't be read."""
        self.name = endpoint.name
        self._endpoint = endpoint
        self._sdk = connection(endpoint, endpoint.timeout_s)

    async def hear(self, wav: bytes) -> str:
        """Return the words in a wav file. ProviderError."""
        assert isinstance(self._endpoint, Transcriber), "a voice hears nothing"
        try:
            async with asyncio.timeout(self._endpoint.timeout_s):
                heard = await self._sdk.audio.transcriptions.create(
                    file=("turn.wav", wav, "audio/wav"),
                    model=self._endpoint.model,
                    language=self._endpoint.language,
                    response_format="json",
                )
            text = heard.text
            if not isinstance(text, str) or len(text) > TEXT_MAX:
                raise ProviderError(self._endpoint.name, Failure.GARBAGE)
        except Exception as error:
            raise explained(self._endpoint.name, error) from error
        return text.strip()

    async def speak(self, text: str) -> bytes:
        """Return the speech of `text`: 16-bit samples, little-endian. ProviderError."""
        assert isinstance(self._endpoint, CloudVoice), "a transcriber says nothing"
        bytes_max = int(SPEECH_MAX_S * 2 * self._endpoint.rate_hz)
        try:
            return await self._speak(self._endpoint, text, bytes_max)
        except Exception as error:
            raise explained(self._endpoint.name, error) from error

    async def _speak(self, endpoint: CloudVoice, text: str, bytes_max: int) -> bytes:
        sound = b""
        async with asyncio.timeout(endpoint.timeout_s) as patience:
            async with self._sdk.audio.speech.with_streaming_response.create(
                model=endpoint.model, voice=endpoint.voice, input=text, response_format="pcm"
            ) as response:
                kind = response.headers.get("content-type", "")
                if kind.startswith(("text/", "application/json")):
                    raise ProviderError(endpoint.name, Failure.GARBAGE)
                async for chunk in response.iter_bytes():
                    sound += chunk
                    patience.reschedule(asyncio.get_running_loop().time() + endpoint.timeout_s)
                    if len(sound) > bytes_max:
                        raise ProviderError(endpoint.name, Failure.GARBAGE)
        if not sound:
            raise ProviderError(endpoint.name, Failure.CUT)
        return sound

    async def reach(self) -> None:
        """See whether it can be reached. ProviderError if not."""
        await reach(self._endpoint.name, self._sdk, self._endpoint.timeout_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._sdk.close()

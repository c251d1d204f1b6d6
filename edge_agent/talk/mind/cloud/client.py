"""One provider over the network: a question out, words in as they come.

1. The words of an answer come once each, in order. An answer that does not say that it is complete was cut.
2. Whoever closes the stream (`contextlib.aclosing`), or is cancelled in it, closes the connection: the provider stops,
   and nobody pays for words that nobody hears.
3. Whatever the provider does is a `ProviderError` or an answer; nothing it sends can raise anything else.
4. Connections that were used are kept open for the next question. No redirection is followed: words go to the address
   that the owner wrote, or nowhere.
5. Nothing is tried again here.

This file and `speech_client.py` are the only ones that know the `openai` SDK.
"""

import asyncio
import os
import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import cache
from typing import Any

import httpx2
import openai

from edge_agent.base.credentials import secret
from edge_agent.base.errors import SettingsError
from edge_agent.base.settings_cloud import Endpoint, Provider
from edge_agent.talk.mind.cloud.budget import Usage
from edge_agent.talk.mind.cloud.failures import Failure, ProviderError
from edge_agent.talk.mind.cloud.outgoing import Outgoing, Wanted
from edge_agent.talk.mind.cloud.toolcalls import Calls, offered, said
from edge_agent.talk.mind.cloud.words import Words

KEPT_OPEN_S = 300.0
"""Providers close a connection of their own accord after some minutes; until then the next question needs no
handshake."""

CONNECT_S = 2.0
"""A machine that is there takes the connection within a tenth of this."""

USAGE_S = 0.2
"""What an answer cost comes right after its last word; where it doesn't, nobody waits."""

_BY_STATUS = {429: Failure.BUSY, 400: Failure.REJECTED, 413: Failure.REJECTED, 422: Failure.REJECTED}


class Client:
    """Of one provider. Lives on the running loop; nothing is sent before `answer` or `reach` is called."""

    def __init__(self, provider: Provider, reply_tokens: int) -> None:
        """SettingsError if its key can't be read."""
        self._provider = provider
        self._reply_tokens = reply_tokens
        self._sdk = connection(provider, provider.timeout_s)

    async def answer(self, sent: Outgoing) -> AsyncGenerator[str | Wanted | Usage, None]:
        """Yield the answer in pieces, the calls that it wants, then what it cost, where the provider tells.

        ProviderError when it fails.
        """
        try:
            async with aclosing(self._answer(sent)) as pieces:
                async for piece in pieces:
                    yield piece
        except Exception as error:
            raise explained(self._provider.name, error) from error

    async def reach(self) -> None:
        """As `reach` below."""
        await reach(self._provider.name, self._sdk, self._provider.timeout_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._sdk.close()

    async def _answer(self, sent: Outgoing) -> AsyncGenerator[str | Wanted | Usage, None]:
        question: dict[str, Any] = {
            "model": self._provider.model,
            "messages": said(sent),
            _limit(self._provider.base_url): self._reply_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if sent.offers:
            question["tools"] = offered(sent.offers)
        stream: Any = await self._sdk.chat.completions.create(**question)
        complete, words, calls = False, Words(self._provider.name, self._reply_tokens), Calls()
        try:
            chunks = aiter(stream)
            while chunk := await _next(chunks, USAGE_S if complete else self._provider.timeout_s, complete=complete):
                if chunk.usage:
                    yield Usage(int(chunk.usage.prompt_tokens), int(chunk.usage.completion_tokens))
                for choice in chunk.choices or ():
                    if complete:
                        continue
                    if choice.delta and choice.delta.content and (text := words.add(choice.delta.content)):
                        yield text
                    if choice.delta and choice.delta.tool_calls:
                        calls.take(choice.delta.tool_calls)
                    complete = choice.finish_reason is not None
                    if complete and (text := words.rest(choice.finish_reason)):
                        yield text
        finally:
            await stream.close()
        if not complete:
            raise ProviderError(self._provider.name, Failure.CUT)
        for wanted in calls.wanted:
            yield wanted


def connection(endpoint: Endpoint, timeout_s: float) -> openai.AsyncOpenAI:
    """Return the SDK for an endpoint; nothing is sent yet. SettingsError if its key can't be read."""
    http = httpx2.AsyncClient(
        limits=httpx2.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=KEPT_OPEN_S),
        timeout=httpx2.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
        follow_redirects=False,
        verify=_tls(),
        trust_env=endpoint.base_url.startswith("https:"),  # One on this machine is not looked for behind a proxy.
    )
    return openai.AsyncOpenAI(
        api_key=key(endpoint) or "none", base_url=endpoint.base_url, max_retries=0, http_client=http
    )


async def reach(name: str, sdk: openai.AsyncOpenAI, timeout_s: float) -> None:
    """See whether it can be reached, and open a connection on the way: free of charge. ProviderError if not."""
    try:
        async with asyncio.timeout(timeout_s):
            await sdk.models.with_raw_response.list()
    except Exception as error:
        why = explained(name, error)
        # Some have no list of models, or one that is no JSON. That is an answer, too.
        if not isinstance(error, openai.NotFoundError) and why.failure is not Failure.GARBAGE:
            raise why from error


def explained(name: str, error: Exception) -> ProviderError:
    """Return what has gone wrong with the provider of this name."""
    failure, detail, retry_after_s = Failure.GARBAGE, type(error).__name__, None
    match error:
        case ProviderError():
            return error
        case TimeoutError() | openai.APITimeoutError() | httpx2.TimeoutException():
            failure = Failure.SLOW
        case openai.APIStatusError(status_code=status):
            failure, detail = _by_status(status), f"HTTP {status}"
            retry_after_s = _seconds(error.response.headers.get("retry-after"))
        case openai.APIConnectionError() | httpx2.TransportError() | OSError():
            failure, detail = Failure.UNREACHABLE, type(error.__cause__ or error).__name__
        case openai.APIError():
            failure = Failure.BROKEN
    return ProviderError(name, failure, detail, retry_after_s)


def key(provider: Endpoint) -> str:
    """Return the provider's key, empty for none; SettingsError if it is not where it should be."""
    if provider.key_file is not None:
        return secret(provider.key_file, f"the key of {provider.name}")
    if provider.key_env and not os.environ.get(provider.key_env):
        hint = f"`export {provider.key_env}=…`, or use key_file."
        raise SettingsError(f"the key of {provider.name} is not in the environment: {provider.key_env}", hint=hint)
    return os.environ.get(provider.key_env, "") if provider.key_env else ""


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates takes 50 ms; once is enough."""
    return httpx2.create_ssl_context()


def _limit(base_url: str) -> str:
    """The name of the longest answer's length: the original has renamed it, and the others have not."""
    return "max_completion_tokens" if base_url.startswith("https://api.openai.com/") else "max_tokens"


async def _next(chunks: Any, within_s: float, *, complete: bool) -> Any:
    """Return the next chunk, None at the end. What comes late, or wrong, after a complete answer is its end."""
    try:
        async with asyncio.timeout(within_s):
            return await anext(chunks, None)
    except Exception:
        if complete:
            return None
        raise


def _by_status(status: int) -> Failure:
    if status >= 500:
        return Failure.BROKEN
    return _BY_STATUS.get(status, Failure.REFUSED)


def _seconds(header: str | None) -> float | None:
    """What `Retry-After` says; a date in it is read as "a while"."""
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None

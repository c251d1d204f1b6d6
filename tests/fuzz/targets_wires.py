"""What arrives over pipes and sockets: a worker's frames and answers, a provider's stream, a server's headers."""

import asyncio
import json
from contextlib import aclosing, suppress

import httpx
import numpy as np
from fuzzing import Target, mutated, pieces, texts, trees, written
from hypothesis import strategies as st
from seeds import GGUF

from edge_agent.base.errors import EdgeAgentError
from edge_agent.bench import peer_line
from edge_agent.supply import sources
from edge_agent.talk.mind import stt
from edge_agent.talk.mind.cloud.client import Client
from edge_agent.talk.mind.cloud.failures import ProviderError
from edge_agent.talk.mind.cloud.outgoing import nothing_hidden, outgoing
from edge_agent.talk.mind.llm import Message
from edge_agent.talk.voice import tts
from edge_agent.workers import wire
from edge_agent.workers.life import Life, Spec
from edge_agent.workers.process import Worker
from edge_agent.workers.text import Text
from tests.sim.clouds import provider

FRAMES = [
    wire.encode(wire.Message("ready", 0, {"memory_mb": 80.5, "load_s": 1.25})),
    wire.encode(wire.Message("item", 1, {"text": "Hello"}, b"\0\1\2\3"))
    + wire.encode(wire.Message("done", 1, {"cpu_ms": 3})),
]


def _frames(cut, _):
    data, parts = cut
    whole, piecewise = _fed([data]), _fed(parts)
    assert whole == piecewise


def _fed(parts):
    decoder, told = wire.Decoder(), []
    try:
        for part in parts:
            told += decoder.feed(part)
    except EdgeAgentError:
        return "refused"
    return told


def _peer(parts, _):
    decoder = peer_line.Decoder()
    for part in parts:
        list(decoder.feed(part))


KINDS = ("ready", "pong", "refused", "item", "done", "failed", "other")
FIELDS = ("memory_mb", "load_s", "error", "text", "hint", "cpu_ms")
MESSAGES = st.builds(
    wire.Message, st.sampled_from(KINDS), st.integers(0, 2), st.dictionaries(st.sampled_from(FIELDS), trees())
)


def _worker(messages, _):
    """What a process says to a worker that has a job: taken, or refused as nonsense."""

    async def heard():
        worker = Worker(Spec("stt", "none", {}, 1))
        life = Life(worker.spec, 0, worker._hear)
        for message in messages:
            worker._hear(life, message)

    asyncio.run(heard())


def _transcript(fields, _):
    stt._believed(fields)


def _speech(case, _):
    fields, payload = case
    speech = tts._speech(wire.Item(fields, payload), ["One ", "two."])
    assert speech.samples.dtype == np.float32


def _text(parts, _):
    text = Text(("\nUser:",))
    told = ""
    for part in parts:
        told += text.add(part)
        if text.stopped:
            break
    again = Text(("\nUser:",))
    assert again.add(b"".join(parts)) + again.rest() == told + text.rest()


def _position(case, _):
    status, value = case
    response = httpx.Response(
        status, headers=[(b"Content-Range", value.encode())], request=httpx.Request("GET", "https://a.example/b")
    )
    with suppress(sources._Unwell):
        sources._position(response, 5)


def _pip(text, _):
    assert "\n" not in str(sources.pip_failed("piper-tts==1.3", text))


CALL = {"index": 0, "id": "c0", "type": "function", "function": {"name": "lamp", "arguments": "{}"}}
CALLING = {"choices": [{"index": 0, "delta": {"tool_calls": [CALL]}, "finish_reason": None}]}
CHUNK = {"choices": [{"index": 0, "delta": {"content": "Hello. "}, "finish_reason": None}]}
LAST = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
USAGE = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}


def _events(*chunks):
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + _events(CHUNK, CALLING, CHUNK, LAST, USAGE)
BUSY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Type: application/json\r\n\r\n" + b'{"error": {}}'
SSE_WORDS = [b"data: ", b"\n\n", b"event: ", b"null", b"[", b"{}", b'"', b"\r\n", b": ", b"1e999", b"[DONE]", b"-1"]


def _call(tree):
    return {"choices": [{"index": 0, "delta": {"tool_calls": tree}, "finish_reason": None}]}


def _choice(tree):
    return {"choices": [{"index": 0, "delta": tree, "finish_reason": None}]}


_CHUNKS = (
    trees()
    | st.sampled_from((CHUNK, CALLING, LAST, USAGE))
    | trees().map(_choice)
    | trees().map(_call)
    | trees().map(lambda tree: {"usage": tree})
)
_STREAMS = st.lists(_CHUNKS, max_size=4).map(lambda chunks: STREAM.split(b"data: ")[0] + _events(*chunks))


QUESTION = outgoing((Message("user", "Hello."),), nothing_hidden)


def _cloud(answer, _):
    """One answer of a server on loopback, through the client, over a real connection that closes behind it."""

    async def told():
        async def serve(reader, writer):
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer)
                await writer.drain()
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            client = Client(provider("moon", f"http://127.0.0.1:{port}/v1", timeout_s=0.5), 64)
            try:
                async with aclosing(client.answer(QUESTION)) as answered:
                    async for piece in answered:
                        assert piece is not None
            finally:
                await client.close()

    asyncio.run(told())


_BYTES = mutated(FRAMES, (wire.MAGIC, b"\0\0\0\0", b"\xff\xff\xff\xff", b'"kind"', b"{}", b"[" * 99))
_HEARD = st.fixed_dictionaries(
    {},
    optional={
        "text": texts(["Hello there.", "Thank you."]),
        **{name: trees() | st.floats() for name in ("avg_logprob", "no_speech_prob", "seconds", "ms")},
        "looped": trees() | st.booleans(),
    },
)
_SPANS = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 9), st.integers(0, 9)).map(list), max_size=3) | trees()
_SAID = st.fixed_dictionaries(
    {"rate_hz": st.just(22_050) | trees(), "units": _SPANS, "continues": st.booleans() | trees()}
)
_HEADERS = st.tuples(
    st.sampled_from((200, 206, 301, 404, 408, 429, 503)),
    texts(["bytes 5-9/10", "bytes 0-9/*", "12"])
    .map(lambda text: "".join(filter(str.isprintable, text)))
    .map(lambda text: text.encode("latin-1", "ignore").decode("latin-1")),
)


def _gguf(data, folder):
    """A model's header, in the process that reads it: refused, or the end of that process and of nothing else."""
    path = written(folder, "gguf/model.gguf", data)
    options = {"folder": str(path.parent), "context_tokens": 256}

    async def started():
        worker = Worker(Spec("llm", "edge_agent.workers.llama", options, 1, start_timeout_s=30))
        await worker.start()
        await worker.stop()

    asyncio.run(started())


TARGETS = [
    Target("GGUF header", mutated([GGUF], (b"\xff" * 8, b"\0" * 8, b"llama", b"\x09\0\0\0")), _gguf, round=2),
    Target("wire frames", _BYTES.flatmap(lambda data: st.tuples(st.just(data), pieces(data))), _frames),
    Target("a worker's words", st.lists(MESSAGES, max_size=4), _worker),
    Target("a peer's line", mutated([peer_line.encode(b"m", b"\0" * 8)]).flatmap(pieces), _peer),
    Target("transcript of a worker", _HEARD, _transcript),
    Target("speech of a worker", st.tuples(_SAID, st.binary(max_size=40)), _speech),
    Target("tokens to text", mutated(["Hé. </s> \nUser: ☃".encode()], (b"</s>", b"\nUs")).flatmap(pieces), _text),
    Target("a download's headers", _HEADERS, _position),
    Target("what pip says", texts(["ERROR: no\nERROR: yes", "No space left on device"]), _pip),
    Target("cloud stream", mutated([STREAM, BUSY], SSE_WORDS), _cloud, (ProviderError,)),
    Target("cloud chunks", _STREAMS, _cloud, (ProviderError,)),
]

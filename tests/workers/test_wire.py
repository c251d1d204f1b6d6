import json
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import EngineError, InputError
from edge_agent.workers.wire import HEADER_BYTES_MAX, MAGIC, PAYLOAD_BYTES_MAX, Decoder, Message, encode

JSONS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
MESSAGES = st.builds(
    Message,
    kind=st.text(max_size=10),
    id=st.integers(0, 2**31),
    fields=st.dictionaries(st.text(), JSONS, max_size=4),
    payload=st.binary(max_size=200),
)


def framed(header: bytes, payload: bytes = b"") -> bytes:
    return struct.pack(">2sII", MAGIC, len(header), len(payload)) + header + payload


@given(st.lists(MESSAGES, max_size=5), st.data())
def test_messages_come_out_as_they_went_in_however_the_pipe_cuts_them(messages, data):
    stream = b"".join(encode(message) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = Decoder()
    received = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received += decoder.feed(stream[start:end])
    assert received == messages


@given(MESSAGES)
def test_a_message_comes_out_with_its_last_byte_and_not_before(message):
    decoder = Decoder()
    *before, last = [decoder.feed(bytes([byte])) for byte in encode(message)]
    assert not any(before)
    assert last == [message]


@given(MESSAGES, st.binary(min_size=1).filter(lambda data: data[0] != MAGIC[0]))
def test_garbage_after_a_message_is_an_error_at_its_first_byte(message, garbage):
    decoder = Decoder()
    assert decoder.feed(encode(message)) == [message]
    with pytest.raises(EngineError):
        decoder.feed(garbage[:1])


@given(st.binary(max_size=300))
def test_any_bytes_give_messages_or_an_engine_error(data):
    with suppress(EngineError):
        Decoder().feed(data)


def test_after_garbage_nothing_is_believed_any_more():
    decoder = Decoder()
    for said in (b"Segmentation fault\n", b"", encode(Message("ready"))):
        with pytest.raises(EngineError, match="Segmentation"):
            decoder.feed(said)


@pytest.mark.parametrize(
    "lengths", [(HEADER_BYTES_MAX + 1, 0), (2, PAYLOAD_BYTES_MAX + 1), (2**32 - 1, 2**32 - 1)], ids=str
)
def test_a_length_beyond_the_limit_is_refused_before_its_bytes_are_waited_for(lengths):
    with pytest.raises(EngineError, match="announced"):
        Decoder().feed(struct.pack(">2sII", MAGIC, *lengths))


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({"kind": 1, "id": 1, "fields": {}}).encode(),
        json.dumps({"kind": "x", "id": "1", "fields": {}}).encode(),
        json.dumps({"kind": "x", "id": 1, "fields": []}).encode(),
        json.dumps({"kind": "x", "id": 1}).encode(),
        json.dumps({"kind": "x", "id": 1, "fields": {}, "more": 1}).encode(),
    ],
    ids=lambda header: header[:30].decode(errors="replace"),
)
def test_a_header_of_another_form_is_refused(header):
    with pytest.raises(EngineError, match="header"):
        Decoder().feed(framed(header))


@pytest.mark.parametrize(
    "message",
    [Message("job", payload=bytes(PAYLOAD_BYTES_MAX + 1)), Message("job", fields={"text": "x" * HEADER_BYTES_MAX})],
    ids=["payload", "header"],
)
def test_what_the_other_side_would_refuse_is_not_sent(message):
    with pytest.raises(InputError, match="too large"):
        encode(message)


def test_the_largest_payload_passes():
    message = Message("item", 1, payload=bytes(PAYLOAD_BYTES_MAX))
    assert Decoder().feed(encode(message)) == [message]


def test_not_a_number_is_not_json():
    with pytest.raises(ValueError, match="JSON"):
        encode(Message("item", fields={"level": float("nan")}))

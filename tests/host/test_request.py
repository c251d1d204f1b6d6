"""The little HTTP that the local socket speaks: what is a request, and what is refused with which status."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.host.request import HEADERS_MAX, REASONS, Refused, parse, refusal, told


def refused(head):
    with pytest.raises(Refused) as caught:
        parse(head)
    return caught.value.status


def test_a_request_is_a_line_and_headers():
    request = parse(b"GET /v1/journal?last=3&x=%20y HTTP/1.1\r\nHost: localhost\r\nAccept:  */* \r\n\r\n")
    assert (request.method, request.path, request.query) == ("GET", "/v1/journal", {"last": "3", "x": " y"})
    assert (request.headers, request.length) == ({"host": "localhost", "accept": "*/*"}, 0)


def test_a_path_is_taken_as_it_is_and_names_no_host():
    assert parse(b"POST //elsewhere/v1/mute HTTP/1.1\r\n\r\n").path == "//elsewhere/v1/mute"
    assert parse(b"GET //journal?last=3 HTTP/1.1\r\n\r\n").path == "//journal"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"", 400),
        (b"PUT / HTTP/1.1\r\n\r\n", 400),
        (b"GET http://evil/ HTTP/1.1\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded: line\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\na: 1\r\nA: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 4097\r\n\r\n", 413),
        (b"GET /?" + b"&".join(b"a%d=1" % n for n in range(20)) + b" HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"a%d: 1\r\n" % n for n in range(HEADERS_MAX + 1)) + b"\r\n", 431),
    ],
)
def test_what_is_not_plainly_a_request_is_refused(head, status):
    assert refused(head) == status


@given(st.binary(max_size=400) | st.binary(max_size=80).map(lambda tail: b"GET /" + tail + b" HTTP/1.1\r\n\r\n"))
def test_any_bytes_are_a_request_or_are_refused(head):
    try:
        request = parse(head)
    except Refused as no:
        request, status = None, no.status
    assert request or status in REASONS
    assert request is None or (request.path.startswith("/") and 0 <= request.length <= 4096)


def test_an_answer_tells_its_length_and_that_it_is_the_last():
    wire = told({"word": "ä"}).encoded()
    head, body = wire.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Connection: close" in head
    assert refusal(Refused(403, "no")).encoded().startswith(b"HTTP/1.1 403 Forbidden")

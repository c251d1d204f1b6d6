"""Servers that break off, fall silent, ignore what they are asked, or send us elsewhere."""

import pytest

from edge_agent.base.errors import NetworkError
from edge_agent.supply import fetch
from edge_agent.supply.store import State

MB = 1 << 20


def test_a_server_that_breaks_off_is_asked_for_the_rest(shelf, server, store):
    data = shelf.bytes(3 * MB)
    page, wanted = shelf.one_file(server, data, breaks_after=MB + 1)
    fetch.pull(store, wanted)
    assert page.asked == [0, MB + 1, 2 * MB + 2]
    assert (store.root / "m" / "a.bin").read_bytes() == data


def test_a_server_that_breaks_off_without_telling_the_length_is_asked_for_the_rest(shelf, server, store):
    page, wanted = shelf.one_file(server, shelf.bytes(3 * MB), breaks_after=2 * MB, length=False)
    fetch.pull(store, wanted)
    assert page.asked == [0, 2 * MB]


def test_a_server_that_ignores_ranges_sends_all_of_it_again_and_nothing_is_doubled(shelf, server, store):
    data = shelf.bytes(2 * MB)
    page, wanted = shelf.one_file(server, data, breaks_after=MB + 5, breaks=1, ranges=False)
    fetch.pull(store, wanted)
    assert page.asked == [0, MB + 5]
    assert (store.root / "m" / "a.bin").read_bytes() == data


def test_a_server_that_falls_silent_is_asked_again(shelf, server, store):
    page, wanted = shelf.one_file(server, shelf.bytes(2 * MB), holds_after=MB + 7)
    fetch.pull(store, wanted)
    assert page.asked == [0, MB + 7]


def test_a_server_that_is_unwell_is_asked_again(shelf, server, store):
    page, wanted = shelf.one_file(server, b"data", statuses=[503, 429])
    fetch.pull(store, wanted)
    assert page.asked == [0, 0, 0]


def test_a_server_that_never_gets_anywhere_is_given_up(shelf, server, store):
    page, wanted = shelf.one_file(server, shelf.bytes(2 * MB), breaks_after=10)
    with pytest.raises(
        NetworkError, match=r"m/a\.bin could not be fetched: http://127\.0\.0\.1:\d+/m/a\.bin: .*5 times"
    ):
        fetch.pull(store, wanted)
    assert page.asked == [0, 10, 20, 30, 40]
    assert store.state(wanted[0]) is State.PARTIAL, "what came is kept for the next time"


def test_a_server_that_sends_another_range_is_not_believed(shelf, server, store):
    _, wanted = shelf.one_file(server, shelf.bytes(2 * MB), breaks_after=MB, breaks=1, shift=3)
    with pytest.raises(NetworkError, match="sent others"):
        fetch.pull(store, wanted)


def test_a_file_of_another_length_is_refused_before_it_is_read(shelf, server, store):
    data = shelf.bytes(MB)
    server.serve("/m/a.bin", data + b"more")
    wanted = shelf.models(shelf.table(m=shelf.model({"a.bin": data}, shelf.https(server))))
    with pytest.raises(NetworkError, match=f"is {MB + 4} bytes long instead of {MB}"):
        fetch.pull(store, wanted)
    assert shelf.names_below(store.root) in (
        [],
        [f"{store.partial(wanted[0], wanted[0].files[0]).relative_to(store.root)}"],
    )


def test_a_file_that_the_server_does_not_have_is_not_asked_for_twice(shelf, server, store):
    page, wanted = shelf.one_file(server, b"data", statuses=[404])
    with pytest.raises(NetworkError, match="answered 404"):
        fetch.pull(store, wanted)
    assert page.asked == [0]


def test_a_server_that_is_not_there_is_given_up_soon(shelf, server, store):
    _, wanted = shelf.one_file(server, b"data")
    server.server_close()
    with pytest.raises(NetworkError, match=r"m/a\.bin: .*refused.* \(2 times\)"):
        fetch.pull(store, wanted)


def test_a_redirect_away_from_https_is_refused(shelf, server, store):
    _, wanted = shelf.one_file(server, b"data", location="http://example.org/m/a.bin")
    with pytest.raises(NetworkError, match=r"example\.org/m/a\.bin is not an https address"):
        fetch.pull(store, wanted)


def test_a_redirect_within_bounds_is_followed(shelf, server, store):
    server.serve("/elsewhere", b"data")
    _, wanted = shelf.one_file(server, b"data", location="/elsewhere")
    assert fetch.pull(store, wanted).fetched == ("m/a.bin",)

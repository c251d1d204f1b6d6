"""The local socket and its loopback: who gets in, with what, and how often. Real sockets."""

import asyncio
import socket
import stat

import pytest

from edge_agent.base.errors import AccessError, BusyError, EngineError, NetworkError
from edge_agent.host.asking import ask
from edge_agent.host.rate import BURST
from edge_agent.host.request import HEAD_MAX, Refused, told
from edge_agent.host.server import CLIENTS_MAX, FILE, TOKEN, served, token


def handler(request, peer):
    match request.path:
        case "/no":
            raise Refused(403, "not you")
        case "/bug":
            raise ZeroDivisionError
    return told({"path": request.path, "owner": peer.owner, "local": peer.local})


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class House:
    """A server, and what its clients get."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.path = folder / "run" / FILE

    def visited(self, visit, listen=""):
        async def whole():
            async with served(handler, self.folder / "run", listen, self.folder):
                return await visit()

        return asyncio.run(whole())

    async def local(self, wire):
        return await said(*await asyncio.open_unix_connection(self.path), wire)

    async def remote(self, *headers, host=None):
        lines = ["GET /x HTTP/1.1", f"Host: {host or f'127.0.0.1:{self.port}'}", *headers]
        streams = await asyncio.open_connection("127.0.0.1", self.port)
        return await said(*streams, "\r\n".join([*lines, "", ""]).encode())


async def said(reader, writer, wire):
    """Send these bytes; return the status of the answer, 0 where there is none."""
    writer.write(wire)
    try:
        answer = await reader.read()
    except ConnectionResetError:  # how the other side closes with something unread
        answer = b""
    writer.close()
    return int(answer.split()[1]) if answer else 0


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def request(path="/x", *headers):
    return "\r\n".join([f"GET {path} HTTP/1.1", *headers, "", ""]).encode()


def test_p24_the_owner_asks_through_a_socket_that_is_the_owners_and_the_groups(house):
    def visit():
        assert stat.S_IMODE(house.path.stat().st_mode) == 0o660
        return ask("GET", "/x", house.path)

    assert house.visited(lambda: asyncio.to_thread(visit)) == {"path": "/x", "owner": True, "local": True}
    assert not house.path.exists()


def test_what_is_refused_is_told_to_who_asked(house):
    def visit():
        with pytest.raises(AccessError, match="not you"):
            ask("GET", "/no", house.path)
        with pytest.raises(EngineError, match="a mistake of ours"):
            ask("GET", "/bug", house.path)

    house.visited(lambda: asyncio.to_thread(visit))


def test_where_nobody_runs_that_is_told(tmp_path):
    with pytest.raises(NetworkError, match="no agent is running"):
        ask("GET", "/x", tmp_path / FILE)


def test_a_second_agent_is_refused_and_a_dead_ones_socket_is_taken_over(house):
    async def visit():
        with pytest.raises(BusyError, match="another agent"):
            async with served(handler, house.folder / "run", "", house.folder):
                pass

    house.visited(visit)
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(house.path))
    dead.close()
    assert house.visited(lambda: house.local(request())) == 200


def test_p24_browsers_are_refused(house):
    assert house.visited(lambda: house.local(request("/x", "Origin: https://example.com"))) == 403


def test_too_large_and_malformed_requests_get_their_status(house):
    async def visit():
        large = request("/x", f"a: {'b' * HEAD_MAX}")
        body = b"POST /x HTTP/1.1\r\nContent-Length: 99999\r\n\r\n"
        return [await house.local(wire) for wire in (large, body, b"\x00\x01\r\n\r\n")]

    assert house.visited(visit) == [431, 413, 400]


def test_a_client_that_asks_too_often_waits(house):
    async def visit():
        return [await house.local(request()) for _ in range(BURST + 2)]

    answers = house.visited(visit)
    assert answers[0] == 200
    assert 429 in answers


def test_clients_that_only_sit_there_do_not_keep_others_out_for_ever(house):
    async def visit():
        sitting = [await asyncio.open_unix_connection(house.path) for _ in range(CLIENTS_MAX)]
        first = await house.local(request())
        for reader, writer in sitting:
            assert await reader.read() == b""  # after `PATIENCE_S`
            writer.close()
        return first, await house.local(request())

    assert house.visited(visit) == (0, 200)


def test_a_client_that_leaves_in_the_middle_costs_nothing(house):
    async def visit():
        _, writer = await asyncio.open_unix_connection(house.path)
        writer.write(b"GET /x HT")
        writer.close()
        return await house.local(request())

    assert house.visited(visit) == 200


def test_p24_loopback_needs_the_token_and_is_never_the_owner(house):
    async def visit():
        right = f"Authorization: Bearer {token(house.folder)}"
        wrong = f"Authorization: Bearer {'0' * 64}"
        return [
            await house.remote(),
            await house.remote(wrong),
            await house.remote(right),
            await house.remote(right, host="evil.example"),
            await house.remote(right, "Origin: http://localhost"),
        ]

    assert house.visited(visit, f"127.0.0.1:{house.port}") == [401, 401, 200, 403, 403]


def test_the_token_is_this_users_alone_and_stays(tmp_path):
    first = token(tmp_path)
    assert len(bytes.fromhex(first)) == 32
    assert stat.S_IMODE((tmp_path / TOKEN).stat().st_mode) == 0o600
    assert token(tmp_path) == first
    (tmp_path / TOKEN).write_text("")  # as an older one may have left it in a power cut, or on a full disk
    assert len(bytes.fromhex(token(tmp_path))) == 32
    (tmp_path / TOKEN).write_text("short")
    with pytest.raises(AccessError, match="too short"):
        token(tmp_path)


def test_where_the_token_can_not_be_kept_nothing_listens_there_and_the_conversation_goes_on(house, caplog):
    house.folder /= "file"  # what lies in a file can't be written, as on a disk that is full
    house.path.parent.parent.joinpath("file").touch()

    async def visit():
        async with served(handler, house.path.parent, f"127.0.0.1:{house.port}", house.folder):
            return await house.local(request())

    assert asyncio.run(visit()) == 200
    assert f"nothing listens on 127.0.0.1:{house.port}" in caplog.text


def test_a_port_that_is_taken_is_told_and_costs_the_conversation_nothing(house, caplog):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        assert house.visited(lambda: house.local(request()), listen) == 200
        assert f"nothing listens on {listen}: {listen} can't be listened on" in caplog.text

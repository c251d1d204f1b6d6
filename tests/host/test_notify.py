"""What a service manager is told, on a real socket of its kind."""

import socket
import uuid

import pytest

from edge_agent.host.notify import WORD_MAX, Manager, manager


@pytest.fixture(params=["a path", "an abstract name"])
def listening(request, tmp_path):
    """A manager's socket, and its address as systemd writes it."""
    name = f"edge-agent-test-{uuid.uuid4()}"
    address = str(tmp_path / "notify") if request.param == "a path" else f"@{name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(address if request.param == "a path" else f"\0{name}")
        ear.settimeout(5)
        yield ear, address


def test_each_word_is_one_datagram(listening):
    ear, address = listening
    told = Manager(address)
    told.wait(90, "starting the engines")
    told.ready("listening")
    told.alive()
    told.reloading()
    told.stopping("finishing its sentence")
    words = [ear.recv(4096).decode() for _ in range(5)]
    assert words[0] == "EXTEND_TIMEOUT_USEC=90000000\nSTATUS=starting the engines"
    assert words[1] == "READY=1\nSTATUS=listening"
    assert words[2] == "WATCHDOG=1"
    first, second, _ = words[3].split("\n")
    assert first == "RELOADING=1"
    assert second.removeprefix("MONOTONIC_USEC=").isdecimal()
    assert words[4] == "STOPPING=1\nSTATUS=finishing its sentence"


def test_a_status_is_told_once_until_it_changes_in_one_line_of_any_language(listening):
    ear, address = listening
    told = Manager(address)
    for status in ("hört zu", "hört zu", "two\nlines", "x" * 2 * WORD_MAX):
        told.status(status)
    assert ear.recv(4096).decode() == "STATUS=hört zu"
    assert ear.recv(4096).decode() == "STATUS=two lines"
    assert ear.recv(4096).decode() == f"STATUS={'x' * WORD_MAX}"


def test_a_manager_that_is_gone_or_does_not_read_costs_nothing(listening, tmp_path):
    ear, address = listening
    told = Manager(address)
    for _ in range(10_000):  # more than any socket holds
        told.alive()
    Manager(str(tmp_path / "nobody")).ready("listening")
    assert ear.recv(4096) == b"WATCHDOG=1"


def test_the_variables_are_taken_out_of_the_environment_so_that_no_worker_speaks_for_us(listening):
    _, address = listening
    given = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "7", "HOME": "/"}
    told = manager(given, pid=7)
    assert told is not None
    assert told.watchdog_s == 20
    assert given == {"HOME": "/"}


@pytest.mark.parametrize(
    ("given", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "8"}, None),  # for another process
        ({"WATCHDOG_USEC": "20000000"}, 20.0),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_only_where_it_waits_for_us(given, watchdog_s):
    told = manager({"NOTIFY_SOCKET": "/run/x", **given}, pid=7)
    assert told is not None
    assert told.watchdog_s == watchdog_s


@pytest.mark.parametrize("address", ["", "relative", "vsock:2:1234"])
def test_without_a_manager_nobody_is_told(address):
    assert manager({"NOTIFY_SOCKET": address} if address else {}) is None

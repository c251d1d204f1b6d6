"""Time that runs ahead, and not too far."""

import threading

import pytest

from edge_agent.base.frames import RATE_HZ
from edge_agent.bench.swift_room import AHEAD_S, SwiftRoom
from edge_agent.talk.ear.rings import Exchange

LOOKS = 300


class Ear:
    """One that stands still. `tired` is set when it was looked at `LOOKS` times."""

    def __init__(self):
        self.looks, self.tired = 0, threading.Event()

    def position(self):
        self.looks += 1
        if self.looks >= LOOKS:
            self.tired.set()
        return 0


@pytest.fixture
def room():
    room = SwiftRoom()
    yield room
    room.end()


def test_it_does_not_run_away_from_an_ear_that_does_not_follow(room):
    ear = Ear()
    room.open(Exchange(room.rate_hz, 1000))
    room.begin(lambda: True, ear.position)
    assert ear.tired.wait(30)
    assert room.position == AHEAD_S * RATE_HZ


def test_where_nobody_listens_no_time_passes(room):
    ear = Ear()
    room.begin(lambda: True, ear.position)
    assert ear.tired.wait(30)
    assert room.position == 0

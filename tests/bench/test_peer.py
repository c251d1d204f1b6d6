"""Measuring another agent: the line to it, what its process may do to us, and what is made of its answers.

Where the matter is a peer that dies or hangs, a stand-in (`tests/sim/fake_peer.py`) does so when it is told to. The
real one is measured at the end, where its environment has been made.
"""

import asyncio
import os
import sys
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.errors import EngineError, NetworkError
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.settings import Settings
from edge_agent.bench import peer as bench
from edge_agent.bench import recordings
from edge_agent.bench.peer_environment import environment, is_complete
from edge_agent.bench.peer_line import Decoder, encode
from edge_agent.bench.peer_process import Program, running
from edge_agent.bench.peers import Peer
from edge_agent.bench.person import Person
from edge_agent.bench.recordings import Intent
from edge_agent.talk.ear.resample import DELAY_MS
from edge_agent.talk.ear.room import Room, RoomAcoustics
from tests.sim import fake_peer

EVAL = Path(os.environ.get("EDGE_AGENT_EVAL") or Path(__file__).parents[3] / "shared" / "eval")

LEAD_MS = 20


def fake(do, after_ms=0, **limits):
    command = (sys.executable, "-I", fake_peer.__file__)
    return Program("fake", command, {"do": do, "after_ms": after_ms}, **limits)


def alone():
    """A room without an echo: what the fake plays is not what it hears."""
    return Room(RoomAcoustics(echo_db=-120))


# The line


@given(st.lists(st.tuples(st.sampled_from([b"s", b"f", b"r"]), st.binary(max_size=40))), st.integers(1, 50))
def test_messages_come_whole_however_they_are_cut(messages, size):
    sent = b"".join(encode(*message) for message in messages)
    decoder = Decoder()
    got = [message for at in range(0, len(sent), size) for message in decoder.feed(sent[at : at + size])]
    assert got == messages


@pytest.mark.alone
def test_the_way_to_a_peer_and_back_takes_no_longer_than_our_own(record_property):
    """Both resamplers, the lead at the loudspeaker, and at most three blocks on the way."""

    async def story():
        room = alone()
        async with running(fake("echo"), room, LEAD_MS):
            _, end = Person(room).says(np.full(RATE_HZ // 2, 0.5, np.float32))
            await Person(room).passes(end + RATE_HZ // 2)
        heard = np.flatnonzero(np.abs(room.recording.user) > 0.25)[0]
        played = np.flatnonzero(np.abs(room.recording.agent) > 0.25)[0]
        return (played - heard) * 1000 / room.rate_hz

    ms = asyncio.run(story())
    record_property("ms", float(ms))
    assert LEAD_MS <= ms <= 2 * DELAY_MS + LEAD_MS + 30


def test_who_is_interrupted_is_silent():
    async def story():
        room = alone()
        async with running(fake("answer", 500), room, LEAD_MS) as peer:
            _, end = Person(room).says(np.full(RATE_HZ // 5, 0.5, np.float32))
            await Person(room).passes(end + RATE_HZ // 10)
            await peer.fall_silent()
            await peer.forget()
            return await Person(room).hears_voice(end, 1.0)

    assert not asyncio.run(story())


# Its process


def forgetting(program):
    """Let it run until it has forgotten, or we know why not; return the process."""

    async def story():
        async with running(program, alone(), LEAD_MS) as peer:
            await peer.forget()

    asyncio.run(story())


def test_who_dies_says_so_with_his_last_words():
    with pytest.raises(EngineError, match="fake left with exit code 1; it last said: the engine is lost") as told:
        forgetting(fake("die"))
    assert told.value.hint


def test_who_dies_before_he_is_ready_says_so_as_well():
    with pytest.raises(EngineError, match="fake left with exit code 1; it last said: no engine"):
        forgetting(fake("die_young"))


def test_who_hangs_is_not_waited_for():
    with pytest.raises(EngineError, match=r"did not react for 0\.2 s"):
        forgetting(fake("hang", answer_s=0.2))


def test_who_is_never_ready_is_not_waited_for():
    with pytest.raises(EngineError, match=r"was not ready after 0\.2 s"):
        forgetting(fake("load_for_ever", ready_s=0.2))


@pytest.mark.parametrize("do", ["answer", "hang"])
def test_nothing_of_it_is_left_running(do):
    async def story():
        async with running(fake(do), alone(), LEAD_MS) as peer:
            return peer.pid

    with pytest.raises(ProcessLookupError):
        os.kill(asyncio.run(story()), 0)


# What is measured


def clip(folder, voice_s=0.4, silence_s=1.0):
    """Somebody says a tone, and stops."""
    path = folder / "tone.wav"
    sound = np.zeros(int((voice_s + silence_s) * RATE_HZ), "<i2")
    sound[: int(voice_s * RATE_HZ)] = 16_000
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(sound.tobytes())
    return Intent(path, "order", {}, 0.0, voice_s)


def measured(program, clips):
    return asyncio.run(bench.measured(program, clips, Settings(), lambda *_: None))


@pytest.mark.alone
def test_an_answer_counts_from_the_end_of_the_voice_and_the_first_clip_only_warms(tmp_path):
    told = measured(fake("answer", 300), [clip(tmp_path)] * 2)
    assert (told["name"], told["version"]) == ("fake", "1")
    assert (told["n"], told["answered"], told["false_cutoffs"]) == (2, 2, 0)
    assert 300 < told["p50_ms"] < 300 + 100


@pytest.mark.alone
def test_who_answers_into_the_voice_has_cut_it_off(tmp_path):
    told = measured(fake("echo"), [clip(tmp_path)])
    assert (told["answered"], told["false_cutoffs"]) == (0, 1)


def figures(p50, p95):
    local = {"n": 1, "p50_ms": 400.0, "p95_ms": 900.0}
    theirs = {"n": 2, "answered": 1, "false_cutoffs": 0, "p50_ms": p50, "p95_ms": p95, "answers": []}
    return bench.beside({"by_kind": {"local": local}}, {"name": "fake", "version": "1", **theirs})


def test_the_ratio_is_ours_to_theirs_where_the_model_answers():
    told = figures(800.0, 1000.0)
    assert (told["ratio_p50"], told["ratio_p95"]) == (0.5, 0.9)
    assert (told["name"], told["version"], told["n"], told["answered"]) == ("fake", "1", 2, 1)


def test_without_an_answer_there_is_no_ratio():
    assert (figures(None, None)["ratio_p50"], figures(None, None)["ratio_p95"]) == (None, None)


# Its environment


def wheel(folder):
    path = folder / "tiny_peer-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("tiny_peer.py", "")
        out.writestr("tiny_peer-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-peer\nVersion: 1\n")
        out.writestr("tiny_peer-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        out.writestr("tiny_peer-1.dist-info/RECORD", "")
    return str(path)


def test_an_environment_is_made_once_and_finds_our_engine(tmp_path):
    said = []
    wanted = [wheel(tmp_path)]
    python = asyncio.run(environment(tmp_path / "tiny", wanted, said.append))
    assert is_complete(tmp_path / "tiny", wanted)
    assert (python.parents[1] / "pyvenv.cfg").is_file()
    found = [path.name for path in (tmp_path / "tiny").glob("lib/python*/site-packages/*")]
    assert {"tiny_peer.py", "llama_cpp"} <= set(found)
    assert asyncio.run(environment(tmp_path / "tiny", wanted, said.append)) == python
    assert len(said) == 1


def test_an_environment_that_fails_is_one_line_and_is_tried_again(tmp_path):
    wanted = [f"{tmp_path}/not_there-1-py3-none-any.whl"]
    with pytest.raises(NetworkError) as told:
        asyncio.run(environment(tmp_path / "tiny", wanted, lambda _: None))
    assert "tiny" in str(told.value)
    assert "\n" not in str(told.value)
    assert not is_complete(tmp_path / "tiny", wanted)


@pytest.mark.long
@pytest.mark.models
@pytest.mark.recordings
@pytest.mark.skipif(not (EVAL / "intents").is_dir(), reason="no recordings")
@pytest.mark.skipif(
    not is_complete(bench.folder(Peer.PIPECAT), bench.REQUIREMENTS[Peer.PIPECAT]),
    reason="Pipecat's environment is not made: `edge-agent bench latency --data DIR --n 1 --peer pipecat`",
)
def test_pipecat_itself_answers():
    async def story():
        program = await bench.program(Peer.PIPECAT, Settings(), lambda _: None)
        clips = recordings.intents(EVAL)[:1]
        return await bench.measured(program, clips, Settings(), lambda *_: None)

    told = asyncio.run(story())
    assert (told["name"], told["version"], told["answered"]) == ("pipecat", "1.14.0", 1)
    assert told["p50_ms"] > 200  # Pipecat waits for 200 ms of silence before it does anything.

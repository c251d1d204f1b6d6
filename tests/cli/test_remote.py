"""`status`, `journal`, `mute`, `unmute` and `key`: what they print of what an agent's socket says."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from edge_agent.app.happenings import TurnEnded
from edge_agent.app.observing import Observer
from edge_agent.app.timeline import Stage, Timeline
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.settings import Settings
from edge_agent.host.request import Refused, told
from edge_agent.host.server import served

TURN = Timeline(1, {Stage.SPEECH_END: RATE_HZ, Stage.FIRST_SAMPLE: RATE_HZ + 4800}, kind="skill", user="a secret")


@pytest.fixture
def disk():
    return SimpleNamespace(takes_it=True)


@pytest.fixture
def asked(home, disk):
    """Ask an agent's observer through a real socket, as somebody at a terminal does; nothing else of it runs."""
    observer = Observer(Settings())
    observer.watch(TurnEnded(TURN))

    def handler(request, peer):
        match request.path:
            case "/v1/status":
                return told(observer.status())
            case "/v1/journal":
                return told({"turns": observer.journal(int(request.query["last"]))})
            case "/v1/forget":
                observer.forget()
                return told({"muted": False, "unlit": False, "kept": True, "state": "listening"})
            case "/v1/mute":
                return told({"muted": True, "unlit": False, "kept": disk.takes_it, "state": "listening"})
            case "/v1/tap" | "/v1/press":
                unlit = request.path == "/v1/press"
                return told({"muted": unlit, "unlit": unlit, "kept": True, "state": request.path})
        raise Refused(403, "who is not the owner may close the microphone, not open it")

    def ask(*words):
        async def whole():
            async with served(handler, home.root / ".cache" / "edge-agent", "", home.state):
                loop = asyncio.get_running_loop()
                with ThreadPoolExecutor(1) as pool:
                    return await loop.run_in_executor(pool, lambda: home.run(*words))

        return asyncio.run(whole())

    return ask


def test_the_status_is_a_table_for_people_and_an_object_for_programs(asked):
    ended = asked("status")
    assert ended.code == 0
    assert ended.out.startswith("state")
    assert "\nturns       1\n" in ended.out
    data = asked("status", "--json").object["data"]
    assert (data["state"], data["turns"], data["microphone"]) == ("starting", 1, "closed")


def test_the_journal_tells_when_the_first_sound_came_and_no_word(asked):
    ended = asked("journal", "--last", "5")
    assert ended.code == 0
    assert "skill  300 ms" in ended.out
    assert "secret" not in ended.out
    (turn,) = asked("journal", "--json").object["data"]["turns"]
    assert turn["stages_ms"]["first_sample"] == 300


def test_mute_says_where_that_outlives_no_restart(asked, disk):
    disk.takes_it = False
    assert asked("mute").out == "muted, but only until it ends: the disk does not take it down\n"


def test_mute_says_that_it_is_done_and_unmute_why_it_is_not(asked):
    assert asked("mute").out == "muted\n"
    refused = asked("unmute")
    assert (refused.code, refused.out) == (77, "")
    assert "api.may_open" in refused.err


def test_the_key_is_tapped_unless_it_is_told_how_it_moves(asked):
    assert asked("key").out == "/v1/tap\n"
    assert asked("key", "press", "--json").object["data"]["state"] == "/v1/press"


def test_who_is_not_muted_but_has_no_lamp_is_told_so(asked):
    assert asked("key", "press").out == "not muted, but no lamp shows it yet\n"
    assert asked("key", "release").code == 77
    assert asked("key", "up").code == 2


def test_p18_one_command_forgets_on_the_disk_and_in_the_agent(asked, home):
    home.state.mkdir(parents=True)
    for name in ("sent.json", "crash-20260101-000000.txt", "muted"):
        (home.state / name).write_text("secret")
    ended = asked("privacy", "forget")
    assert ended.code == 0
    assert "has forgotten" in ended.out
    assert [path.name for path in home.state.iterdir()] == ["muted"]
    assert asked("journal", "--json").object["data"]["turns"] == []


def test_forgetting_needs_no_agent_and_nothing_to_forget(home):
    told = home.run("privacy", "forget", "--json").object["data"]
    assert told == {"deleted": [], "agent": False}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_whoever_may_not_look_for_an_agent_is_told_so(home):
    closed = home.root / "closed"
    closed.mkdir(mode=0)
    ended = home.run("status", XDG_RUNTIME_DIR=str(closed))
    assert (ended.code, len(ended.err.splitlines())) == (77, 1)
    assert "Join the socket's group" in ended.err


def test_where_no_agent_runs_it_says_how_to_start_one(home):
    ended = home.run("status")
    assert (ended.code, len(ended.err.splitlines())) == (75, 1)
    assert "edge-agent run" in ended.err
    assert home.run("journal", "--json").object["error"]["code"] == "network_error"

"""What clients of the socket may ask of a real agent, and who may. One agent lives through the file."""

import json

import pytest

from edge_agent.app.controls import Controls
from edge_agent.app.happenings import TurnEnded
from edge_agent.app.observing import Observer
from edge_agent.base.settings import Settings
from edge_agent.host.request import Refused, parse
from edge_agent.host.server import Peer
from edge_agent.talk.floor.state import State

pytestmark = [pytest.mark.models, pytest.mark.alone]

OWNER = Peer(owner=True, local=True, name="user 0")
GROUP = Peer(owner=False, local=True, name="user 1000")
LOOPBACK = Peer(owner=False, local=False, name="loopback")


class Desk:
    """The controls of the agent of a scene."""

    def __init__(self, it, *, may_open=False):
        self.observer = Observer(Settings())
        self.observer.agent = it.agent
        self.controls = Controls(it.agent, self.observer, may_open=may_open)

    def ask(self, line, peer=OWNER):
        answer = self.controls.answer(parse(f"{line} HTTP/1.1\r\n\r\n".encode()), peer)
        return json.loads(answer.body) if answer.kind == "application/json" else answer.body.decode()

    def refused(self, line, peer=OWNER):
        with pytest.raises(Refused) as caught:
            self.ask(line, peer)
        return caught.value.status


def test_the_status_and_the_metrics_tell_how_it_is(scene):
    async def story(it):
        desk = Desk(it)
        status = desk.ask("GET /v1/status")
        assert (status["state"], status["microphone"], status["muted"]) == ("listening", "open", False)
        assert {name for name, one in status["engines"].items() if one["ready"]} == {"stt", "llm", "tts"}
        page = desk.ask("GET /metrics")
        assert 'mic_state{of="effective"} 1.0' in page
        assert 'rss_bytes{proc="llm"}' in page

    scene(story)


@pytest.mark.parametrize(
    ("line", "status"),
    [("GET /", 404), ("GET /v1/mute", 405), ("POST /v1/status", 405), ("GET /v1/journal?last=x", 400)],
)
def test_what_there_is_not_is_refused(scene, line, status):
    async def story(it):
        assert Desk(it).refused(line) == status

    scene(story)


@pytest.mark.parametrize("peer", [GROUP, LOOPBACK])
def test_p04_others_may_close_the_microphone_and_only_the_owner_opens_it(scene, peer):
    async def story(it):
        desk = Desk(it)
        assert desk.ask("POST /v1/mute", peer)["muted"]
        for what in ("unmute", "press", "release", "tap"):
            assert desk.refused(f"POST /v1/{what}", peer) == 403
        assert it.agent.conversation.muted
        assert not desk.ask("POST /v1/unmute")["muted"]
        desk.ask("POST /v1/mute")
        assert not Desk(it, may_open=True).ask("POST /v1/unmute", peer)["muted"]

    scene(story)


def test_p18_whoever_stands_there_may_have_it_forget(scene, lines):
    async def story(it):
        desk = Desk(it)
        await it.asked(lines["time"])
        (turn,) = await it.answers()
        desk.observer.watch(TurnEnded(turn))
        assert it.agent.conversation.memory.last_reply
        assert desk.ask("GET /v1/journal")["turns"]
        desk.ask("POST /v1/forget", GROUP)
        assert not it.agent.conversation.memory.last_reply
        assert desk.ask("GET /v1/journal")["turns"] == []

    scene(story)


def test_the_talk_key_silences_an_answer_and_does_not_open_a_muted_microphone(scene, lines):
    async def story(it):
        desk = Desk(it)
        await it.asked(lines["story"])
        await it.until(lambda: it.speaks)
        desk.ask("POST /v1/press")
        assert it.agent.conversation.state is not State.SPEAKING
        desk.ask("POST /v1/release")
        desk.ask("POST /v1/mute")
        desk.ask("POST /v1/press")
        assert it.agent.conversation.muted

    scene(story)


def test_the_talk_key_ends_a_turn_that_is_being_spoken(scene, lines):
    async def story(it):
        desk = Desk(it)
        desk.ask("POST /v1/press")
        it.person.says(lines["explain"])
        await it.until(lambda: it.agent.conversation.state is State.HEARING)
        await it.person.passes(it.room.position + 16_000)
        desk.ask("POST /v1/release")
        assert it.agent.conversation.state is State.THINKING

    scene(story)


def test_a_key_that_is_only_tapped_silences_an_answer(scene, lines):
    async def story(it):
        await it.asked(lines["story"])
        await it.until(lambda: it.speaks)
        Desk(it).ask("POST /v1/tap")
        assert it.agent.conversation.state is not State.SPEAKING

    scene(story)

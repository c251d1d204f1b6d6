"""The models of the agent's own process, when those of a generation take their place. Real models, no sound."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from edge_agent.app.judge import Judge
from edge_agent.app.senses import loaded, taking
from edge_agent.base.errors import ModelError
from edge_agent.base.layers import load
from edge_agent.base.settings import AudioSettings
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet.models import Models, of, root
from edge_agent.talk.ear.listener import Listener
from edge_agent.talk.ear.room import Room
from edge_agent.talk.ear.smart_turn import SmartTurn
from tests.sim.engines import model_folder
from tests.sim.generations import own_folder, seal

pytestmark = pytest.mark.models

KINDS = [Kind.VAD, Kind.TURN, Kind.WAKE]


@pytest.fixture
def settings(tmp_path):
    for name in ("silero-vad", "smart-turn", "okay_nabu"):
        model_folder(name)
    return own_folder(load({"models.profile": "tiny", "ear.wake": "okay_nabu"}), tmp_path / "models", KINDS)


def test_what_two_generations_share_is_not_loaded_again(settings):
    pulled = Models(settings)
    first, second = (of(settings, seal(settings, counter, kinds=KINDS)) for counter in (1, 2))
    senses = loaded(first, pulled)
    assert senses.silero
    assert senses.smart_turn
    assert senses.wake_word
    again = loaded(second, first)
    assert (again.silero, again.smart_turn, again.wake_word) == (None, None, None)


def test_thresholds_come_with_a_detector_though_its_file_is_the_same(settings):
    chosen = of(settings, seal(settings, 1, kinds=KINDS))
    ear = settings.ear.model_copy(update={"voice_on": 0.77})
    other = replace(chosen, settings=chosen.settings.model_copy(update={"ear": ear}))
    assert loaded(other, chosen).silero
    assert loaded(other, chosen).ear.voice_on == 0.77


def test_another_wake_word_than_the_owners_changes_nothing(settings):
    chosen = of(settings, seal(settings, 1, kinds=KINDS))
    jarvis = settings.model_copy(update={"ear": settings.ear.model_copy(update={"wake": "hey_jarvis"})})
    assert chosen.file(Kind.WAKE).is_relative_to(root(settings.models))
    shutil.copytree(model_folder("hey_jarvis"), settings.models.folder / "hey_jarvis")
    assert replace(chosen, settings=jarvis).file(Kind.WAKE).parent == settings.models.folder / "hey_jarvis"


def test_a_file_that_is_no_model_is_told_of(settings):
    name = seal(settings, 1, kinds=KINDS, breaks="turn")
    with pytest.raises(ModelError, match="Smart Turn"):
        loaded(of(settings, name), Models(settings))


def test_a_running_agent_takes_them_over(settings):
    pulled = Models(settings)
    listener = Listener(
        Room(real_time=False),
        settings.ear,
        AudioSettings(),
        pulled.file(Kind.VAD),
        rate_hz=24_000,
        render=lambda count, _: np.zeros(count, np.float32),
        on_heard=lambda _: None,
        on_event=lambda _: None,
    )
    with Judge(SmartTurn(pulled.file(Kind.TURN))) as judge:
        senses = loaded(of(settings, seal(settings, 1, kinds=KINDS)), pulled)
        taking(listener, judge)(senses)
        assert listener.fresh == (senses.silero, senses.ear)
        assert listener.waking.spotter is senses.wake_word
        assert judge._smart_turn is senses.smart_turn

"""Settings that are read anew: what holds at once, and what waits for the next start."""

from contextlib import ExitStack

import pytest

from edge_agent.app.reload import is_live, reloaded, told
from edge_agent.app.swapping import Swapping
from edge_agent.base import layers
from edge_agent.base.settings import Settings
from edge_agent.supply.fleet.models import Models, anew
from edge_agent.supply.fleet.release import Release


def settings(**rooms):
    return Settings.model_validate(rooms)


def test_what_only_decides_holds_at_once():
    held = settings()
    change = reloaded(held, settings(floor={"silence_ms": 900}, mind={"persona": "Be brief."}, voice={"volume": 0.3}))
    assert set(change.now) == {"floor.silence_ms", "mind.persona", "voice.volume"}
    assert change.later == ()
    assert change.settings.floor.silence_ms == 900
    assert change.settings.mind.persona == "Be brief."
    assert told(change).startswith("now: ")


def test_what_is_built_in_waits_and_is_named():
    held = settings()
    change = reloaded(held, settings(audio={"input": "USB"}, floor={"duck_db": -20, "silence_ms": 900}))
    assert change.now == ("floor.silence_ms",)
    assert set(change.later) == {"audio.input", "floor.duck_db"}
    assert change.settings.audio == held.audio
    assert change.settings.floor.duck_db == held.floor.duck_db
    assert told(change) == "now: floor.silence_ms; at the next start: audio.input, floor.duck_db"


def test_nothing_changed():
    change = reloaded(settings(), settings())
    assert (change.settings, told(change)) == (settings(), "nothing changed")


RELEASE = Release("spring", "1.0.0", 1, (), settings={"mind.persona": "You are a kiosk.", "floor.silence_ms": 800})


def swapping(own, adopted):
    """What exchanges engines, of an agent that uses that release; no engine runs."""
    models = anew(Models(own, RELEASE.id, RELEASE), own)
    return Swapping(
        own, models, ExitStack(), None, None, voiced=None, learnt=None, teller=None, adopt=adopted.append, warm=None,
        sense=None, wellbeing=None,
    )  # fmt: skip


def test_a_release_keeps_its_settings_where_the_owner_has_none():
    own, adopted = settings(), []
    exchanges = swapping(own, adopted)
    exchanges.reload(reloaded(own, settings(floor={"silence_ms": 900, "merge_ms": 0})).settings)
    (held,) = adopted
    assert held.mind.persona == "You are a kiosk."
    assert (held.floor.silence_ms, held.floor.merge_ms) == (900, 0)


def test_what_the_owner_takes_back_is_the_releases_again():
    adopted = []
    exchanges = swapping(settings(floor={"silence_ms": 900}), adopted)
    exchanges.reload(settings())
    assert adopted[0].floor.silence_ms == 800


@pytest.mark.parametrize("key", list(layers.keys()))
def test_no_device_model_worker_cloud_or_consent_changes_under_a_conversation(key):
    assert not (is_live(key) and key.startswith(("audio.", "models.", "workers.", "cloud.", "privacy.")))

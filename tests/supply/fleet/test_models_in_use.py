"""What is loaded: the fleet's generation with its settings, else the pulled models."""

from dataclasses import replace

import pytest

from edge_agent.base.errors import SettingsError
from edge_agent.base.settings import MindSettings, ModelSettings, Settings
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet.fits import Machine, why_not
from edge_agent.supply.fleet.models import folders, leased, models, overlaid, root
from edge_agent.supply.fleet.release import Requires

HERE = Machine("x86_64", frozenset({"avx2"}), 2000)


@pytest.fixture
def settings(tmp_path):
    return Settings(models=ModelSettings(folder=tmp_path / "models"))


def test_without_a_release_the_pulled_models_are_used(settings):
    assert models(settings).generation == ""
    assert models(settings).settings == settings


def test_the_generation_in_use_is_loaded_with_its_settings_and_kept(settings, device):
    device.root = root(settings.models)
    release = device.fleet.publish(1, {"m.gguf": b"weights", "more": b"x"}, settings={"mind.persona": "Be brief."})
    device.update()
    with leased(settings) as used:
        assert used.file(Kind.LLM) == root(settings.models) / release.id / "words" / "m.gguf"
        assert used.settings.mind.persona == "Be brief."
        assert device.generations.is_leased(release.id)
    assert not device.generations.is_leased(release.id)
    assert folders(settings, release.id)["llm"] == used.file(Kind.LLM).parent


def test_one_that_is_not_whole_is_not_loaded(settings, device):
    device.root = root(settings.models)
    release = device.fleet.publish(1, {"m.gguf": b"weights"})
    device.update()
    (device.root / release.id / "words" / "m.gguf").unlink()
    assert models(settings).generation == ""


def test_what_the_owner_set_stays(settings):
    told = {"mind.persona": "Be brief.", "mind.temperature": 1.5, "voice.speed": 1.2}
    own = settings.model_copy(update={"mind": MindSettings(persona="Be loud.")})
    after = overlaid(own, told)
    assert (after.mind.persona, after.mind.temperature, after.voice.speed) == ("Be loud.", 1.5, 1.2)


def test_a_setting_out_of_range_is_refused(settings):
    with pytest.raises(SettingsError, match=r"voice\.speed"):
        overlaid(settings, {"voice.speed": 99.0})


@pytest.mark.parametrize(
    ("needs", "why"),
    [
        (Requires(), ""),
        (Requires(agent_api_min=2, agent_api_max=3), "agents 2 to 3"),
        (Requires(arch=("aarch64",)), "aarch64"),
        (Requires(cpu=("avx2", "amx")), "lacks amx"),
        (Requires(ram_mb=4000), "4000 MB of memory"),
        (Requires(disk_mb=9000), "9000 MB of disk"),
    ],
)
def test_a_release_that_is_not_for_this_device_is_not_taken(small_release, settings, needs, why):
    assert why in why_not(replace(small_release, requires=needs), HERE, settings, 8000)
    assert bool(why) == bool(why_not(replace(small_release, requires=needs), HERE, settings, 8000))

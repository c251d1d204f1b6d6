"""Whether two sets of engines fit into memory at once."""

import pytest

from edge_agent.app.two_at_once import available, needed
from edge_agent.base.settings import Settings
from edge_agent.supply.fleet.models import Models
from edge_agent.supply.fleet.release import Component, File, Format, Part, Release

MB = 1_000_000


@pytest.fixture
def generation(tmp_path):
    """Make a generation whose three engines take so many bytes on the disk together."""

    def made(name, size):
        components = []
        for part in (Part.STT, Part.LLM, Part.TTS):
            file = tmp_path / name / part.value / "model"
            file.parent.mkdir(parents=True)
            with file.open("wb") as sparse:
                sparse.truncate(size // 3)
            components.append(Component(part.value, part, Format.PLAIN, "MIT", "", (File("model", size // 3, "", ()),)))
        return Models(Settings(), name, Release(name, "1.0.0", 1, tuple(components)), tmp_path / name)

    return made


def test_others_take_as_much_for_each_byte_as_those_that_were_measured(generation):
    small, large = generation("small", 30 * MB), generation("large", 90 * MB)
    assert needed(large, small, measured_mb=60) == 180 * MB
    assert needed(small, large, measured_mb=180) == 60 * MB
    assert needed(small, large, measured_mb=0) == 30 * MB, "before anything was measured, their files"


@pytest.fixture
def machine(tmp_path):
    """A machine with 2 GB left, whose control groups are described by files."""
    (tmp_path / "meminfo").write_text("MemTotal: 4000000 kB\nMemAvailable: 2000000 kB\n")
    (tmp_path / "cgroup").write_text("0::/system.slice/agent.service\n")

    def left(**limits):
        for group, (most, used, spare) in limits.items():
            folder = tmp_path / "groups" / {"slice": "system.slice", "unit": "system.slice/agent.service"}[group]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "memory.max").write_text(most)
            (folder / "memory.current").write_text(str(used * MB))
            (folder / "memory.stat").write_text(f"anon 5\ninactive_file {spare * MB}\n")
        return available(tmp_path / "meminfo", tmp_path / "cgroup", tmp_path / "groups")

    return left


def test_the_machine_limits_it(machine):
    assert machine() == 2_048_000_000
    assert machine(unit=("max", 900, 100)) == 2_048_000_000


def test_the_narrowest_group_around_it_limits_it(machine):
    limit = str(1000 * MB)
    assert machine(unit=(limit, 900, 100)) == 200 * MB
    assert machine(slice=(limit, 950, 0)) == 50 * MB
    assert machine(slice=(limit, 1200, 0)) == 0


def test_this_machine_can_be_asked():
    assert available() > 0

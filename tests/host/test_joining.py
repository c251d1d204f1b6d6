"""A device is let into a fleet by one command: whom it believes, where it asks, who guards its start."""

import json
from pathlib import Path

import pytest

from edge_agent.base.errors import InputError
from edge_agent.base.layers import load_with_origins
from edge_agent.base.paths import paths
from edge_agent.host.joining import after, before, fleet
from edge_agent.host.units import Place, Run, install, uninstall

PROGRAM = Path("/srv/agent/bin/edge-agent")
MIRRORS = ["https://models.example.com/fleet", "file:///media/usb/fleet"]


@pytest.fixture
def root(tmp_path):
    path = tmp_path / "1.root.json"
    path.write_text(json.dumps({"signed": {"_type": "root", "version": 1}, "signatures": []}))
    return path


@pytest.fixture
def system(tmp_path):
    return Place(False, tmp_path / "system", tmp_path / "sysusers.d" / "a.conf", tmp_path / "tmpfiles.d" / "a.conf")


def write(steps):
    for step in steps:
        if not isinstance(step, Run):
            step.do()


def test_the_settings_that_are_written_are_read_by_the_agent(system, root, tmp_path):
    write(before(system, PROGRAM, fleet(MIRRORS, root), settings=tmp_path / "etc" / "edge-agent"))
    places = paths({"STATE_DIRECTORY": "/x", "CONFIGURATION_DIRECTORY": str(tmp_path / "etc" / "edge-agent")})
    settings = load_with_origins(places=places, environment={}).settings
    assert list(settings.fleet.mirrors) == MIRRORS
    assert settings.fleet.root.read_bytes() == root.read_bytes()


def test_the_boot_guard_is_run_by_the_python_that_runs_the_agent(system, root, tmp_path):
    steps = before(system, PROGRAM, fleet(MIRRORS, root), settings=tmp_path)
    write(steps)
    guard = (tmp_path / "system" / "edge-agent.service.d" / "fleet.conf").read_text()
    assert "ExecStartPre=-/srv/agent/bin/python3 -I -m edge_agent.supply.fleet.boot_guard" in guard
    packaged = before(Place(False, tmp_path, packaged=True), PROGRAM, fleet(MIRRORS, root), settings=tmp_path)
    assert "ExecStartPre=-/opt/edge-agent/bin/python3 -I" in packaged[-1].text


def test_it_asks_from_now_on_and_with_the_machine(system):
    assert [step.told() for step in after(system)] == ["run systemctl enable --now edge-agent-fleet.timer"]


def test_uninstalling_ends_it_and_leaves_the_settings(system, root, tmp_path):
    write([*before(system, PROGRAM, fleet(MIRRORS, root), settings=tmp_path / "etc"), *install(system, PROGRAM)])
    steps = uninstall(system)
    write(steps)
    assert "edge-agent-fleet.timer" in steps[0].words
    assert not (tmp_path / "system" / "edge-agent.service.d").exists()
    assert (tmp_path / "etc" / "conf.d" / "fleet.toml").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"signed": {"_type": "timestamp"}}'])
def test_what_is_no_root_is_refused_before_anything_is_done(tmp_path, text):
    path = tmp_path / "root.json"
    path.write_text(text)
    with pytest.raises(InputError, match="no root metadata"):
        fleet(MIRRORS, path)
    with pytest.raises(InputError, match="No such file"):
        fleet(MIRRORS, tmp_path / "none")

"""The Debian package on a real systemd, from its installation to its removal, in one boot.

What happens in there is `inside.py`; here stands what should have come of it.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.sim import machine

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BOOT_S = 400
"""Ten times what it takes where nobody else is at work."""

pytestmark = [
    pytest.mark.models,
    pytest.mark.container,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(machine.why_not()), reason=machine.why_not() or "-"),
]


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """What was written down inside, by step."""
    folder = tmp_path_factory.mktemp("machine")
    lines = folder / "lines"
    lines.mkdir()
    said = [sys.executable, "-m", "edge_agent", "--set", "models.profile=tiny", "say", "What time is it?"]
    subprocess.run([*said, "--out", str(lines / "1-time.wav")], check=True, capture_output=True)
    binds = {ROOT / "docs/examples/dbus": "/srv/dbus", published(folder): "/srv/fleet"}
    return machine.lived(folder, HERE / "inside.py", lines, binds, timeout_s=BOOT_S)


FLEET = """
name = "spring"
version = "1.0.0"
[[components]]
name = "grammar"
kind = "data"
format = "plain"
licence = "CC0-1.0"
upstream = "nowhere"
files = ["grammar.yaml"]
"""


def published(folder):
    """A fleet with one release for everybody, as its operator publishes it."""
    (folder / "grammar.yaml").write_text("language: en\n")
    (folder / "spring.toml").write_text(FLEET)
    keys = folder / "fleet" / "keys"
    for words in (
        ["init", "fleet"],
        ["release", "build", "spring.toml", "--fleet", "fleet"],
        *(["release", "sign", "fleet/waiting/2.releases.json", "--key", keys / f"release-{n}.pem"] for n in (1, 2)),
        ["publish", "--fleet", "fleet"],
        ["rollout", "start", "spring-1.0.0", "--steps", "100%@0", "--fleet", "fleet"],
        ["publish", folder / "public", "--fleet", "fleet"],
    ):
        subprocess.run([sys.executable, "-m", "edge_agent.fleet", *words], check=True, capture_output=True, cwd=folder)
    return folder / "public"


@pytest.fixture
def told(steps, request):
    """What came of the step that the test is named after."""
    step = request.node.get_closest_marker("step").args[0]
    assert step in steps, f"it came only as far as {list(steps)}"
    assert "error" not in steps[step], steps[step]["error"] + steps[step]["journal"]
    return steps[step]


def step(name):
    return pytest.mark.step(name)


@step("installed")
def test_the_package_installs_and_starts_nothing_unasked(told):
    assert "edge-agent service install" in told["said"]
    assert "(audio)" in told["user"]
    assert not told["started_unasked"]


@step("ready")
def test_it_is_ready_once_its_engines_and_the_stream_are(told):
    assert (told["ActiveState"], told["UnitFileState"], told["NRestarts"]) == ("active", "enabled", "0")
    assert told["StatusText"] in ("listening", "hearing")
    assert told["status"]["ok"]
    assert told["status"]["data"]["state"] == "active"


@step("conversation")
def test_it_answers_somebody_in_the_room(told):
    assert told["kind"] == "skill"
    assert told["stages_ms"]["first_sample"] > 0
    assert "text" not in told


@step("confined")
def test_it_can_write_its_own_folders_and_nothing_else(told):
    assert not any(told["may_write"].values())
    assert all(told["own"].values())


@step("confined")
def test_it_sees_no_home_no_disk_and_no_network(told):
    assert told["home"] == []
    assert not [
        name for name in told["devices"] if name.startswith(("sd", "vd", "nvme", "mem", "kmsg", "input", "video"))
    ]
    assert told["interfaces"] == 1  # only its own loopback: --local-only


@step("confined")
def test_it_has_no_privilege_and_leaves_no_core(told):
    assert told["facts"]["NoNewPrivs"] == "1"
    assert told["facts"]["Seccomp"] == "2"
    assert {int(told["facts"][name], 16) for name in ("CapBnd", "CapEff")} == {0}
    assert told["core"][0].split()[4:6] == ["0", "0"]


@step("confined")
def test_at_most_one_of_its_threads_is_real_time_and_none_of_the_engines(told):
    (agent, *engines) = told["real_time"]
    assert agent[0] <= 1 < agent[1]  # none where the container is not allowed any
    assert [real_time for real_time, _ in engines] == [0, 0, 0]


@step("alone")
def test_a_second_one_is_told_who_runs(told):
    assert told["code"] == 75
    assert "runs on this device already" in told["said"]


@step("reloaded")
def test_settings_are_read_anew_without_a_restart_and_wrong_ones_change_nothing(told):
    assert told["same"]
    assert told["NRestarts"] == "0"
    assert any("now: floor.silence_ms" in line for line in told["said"])
    assert any("Did you mean floor.silence_ms?" in line for line in told["said"])


@step("watchdog")
def test_a_process_that_stands_still_is_ended_with_its_stacks_and_comes_back(told):
    assert told["watchdog"]
    assert told["stacks"]
    assert (told["ActiveState"], told["NRestarts"]) == ("active", "1")
    assert told["workers_left"] == []


@step("stopped")
def test_it_leaves_within_three_seconds(told):
    assert told["seconds"] < 3.5  # systemctl's own time is in there
    assert (told["result"], told["state"]) == ("success", "inactive")


@step("credential")
def test_the_key_is_the_agents_alone_and_nowhere_else(told):
    assert told["without"][0] == 66
    assert told["read"]
    assert told["source"]
    assert not told["leaked"]
    assert told["local_only_gone"]


@step("bus")
def test_whoever_may_start_units_presses_the_talk_key_over_d_bus_and_nobody_else(told):
    assert "404" in told["said"]  # a move that is none: its unit says so
    assert told["stranger"][0] == 1
    assert "Access denied" in told["stranger"][1]


@step("helpless")
def test_what_can_not_start_ends_in_the_safe_mode_which_asks_for_help(told):
    assert told["rollback_ran"]
    assert told["status"]["state"] == "safe mode"
    assert "needs help" in told["said"]
    assert told["words"] > 50_000  # its own voice, left behind while it was well


@step("crashes")
def test_a_crash_loop_is_rolled_back_and_ends_in_the_safe_mode_when_that_does_not_help(told):
    assert told["rollbacks"] == 2
    assert told["tried"] >= 12  # four restarts before each of them, and before the safe mode
    assert told["ActiveState"] == "active"  # after somebody helped


@step("session")
def test_a_user_has_it_in_a_session_of_his_own_with_the_talk_key_on_his_bus(told):
    assert told["before"][0] == 77
    assert "enable-linger" in told["before"][1]
    assert told["status"]["state"] == "active"
    assert told["status"]["at_boot"]
    assert told["left"] == []
    assert told["gone"][0] == 1
    assert "at boot   no" in told["gone"][1]  # the package's own unit is there for the next one


@step("fleet")
def test_it_joins_a_fleet_and_takes_its_release(told):
    assert told["timer"] == ["active", "enabled"]
    assert told["pointers"]["good"].startswith("1-")
    assert "boot_guard" in told["guard"]
    assert "status=0" in told["guard"]
    assert told["ActiveState"] == "active"


@step("upgraded")
def test_an_upgrade_restarts_what_runs_and_keeps_the_settings(told):
    assert (told["ActiveState"], told["settings"]) == ("active", True)


@step("removed")
def test_it_is_removed_without_a_trace(told):
    assert told["after_remove"] == {"state": True, "settings": True, "load": "not-found"}
    assert told["processes"] == []
    assert told["left"] == []
    assert not told["user"]

import os

import pytest

from edge_agent.workers.budget import cores, environment, share

HAVE = len(os.sched_getaffinity(0))


def cgroup(tmp_path, membership, files):
    (tmp_path / "cgroup").write_text(membership)
    for name, text in files.items():
        path = tmp_path / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return cores(tmp_path / "cgroup", tmp_path / "sys")


def test_without_control_groups_the_cores_are_those_we_may_run_on(tmp_path):
    assert cores(tmp_path / "nothing", tmp_path / "nothing") == HAVE


def test_a_quota_of_one_core_counts_more_than_the_machine(tmp_path):
    assert cgroup(tmp_path, "0::/a/b\n", {"a/b/cpu.max": "100000 100000\n"}) == 1


def test_a_quota_of_the_group_around_ours_holds_for_us(tmp_path):
    files = {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "100000 100000\n"}
    assert cgroup(tmp_path, "0::/a/b\n", files) == 1


def test_a_container_sees_its_own_group_at_the_top_of_the_mount(tmp_path):
    assert cgroup(tmp_path, "0::/docker/0123\n", {"cpu.max": "50000 100000\n"}) == 1


def test_the_older_control_groups_are_read_as_well(tmp_path):
    files = {"cpu/a/cpu.cfs_quota_us": "100000\n", "cpu/a/cpu.cfs_period_us": "100000\n"}
    assert cgroup(tmp_path, "4:memory:/x\n1:cpu,cpuacct:/a\n0::/\n", files) == 1


@pytest.mark.parametrize("text", ["max 100000", "6400000 100000"])
def test_no_quota_or_a_generous_one_leaves_the_machine(tmp_path, text):
    assert cgroup(tmp_path, "0::/\n", {"cpu.max": text}) == HAVE


def test_without_a_limit_the_older_ones_say_minus_one(tmp_path):
    files = {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}
    assert cgroup(tmp_path, "1:cpu:/\n", files) == HAVE


@pytest.mark.parametrize("membership", ["", "no form\n", "0::\0\n", "1:cpu:/a\n0::/a\n"])
@pytest.mark.parametrize("limit", ["", "all of it", "5 0", "5", "nan nan"])
def test_a_control_group_that_shows_another_form_limits_nothing(tmp_path, membership, limit):
    assert cgroup(tmp_path, membership, {"a/cpu.max": limit, "cpu/a/cpu.cfs_quota_us": limit}) == HAVE


def test_every_engine_gets_a_thread_even_on_one_core():
    assert (share(1).stt, share(1).llm, share(1).tts) == (1, 1, 1)


def test_on_two_cores_each_engine_may_take_both():
    assert (share(2).stt, share(2).llm, share(2).tts) == (2, 2, 2)


def test_by_itself_no_engine_takes_more_than_four():
    assert max(share(0).stt, share(0).llm, share(0).tts) <= min(4, HAVE)


def test_waiting_threads_sleep():
    assert int(environment(2)["GOMP_SPINCOUNT"]) < 1_000_000
    assert environment(2)["OMP_NUM_THREADS"] == "2"

"""A hundred thousand devices that are only numbers."""

import json

import numpy as np
import pytest

from edge_agent.fleet import cli, pacing, rehearsal, simulate

DEVICES, POLL_S = 100_000, 3600


@pytest.fixture(scope="module")
def names():
    return simulate.ids(DEVICES)


@pytest.mark.parametrize("steps", ["1%@0,5%@6h,25%@1d,100%@3d", "0%@0,0.1%@1h,50%@2h,99.9%@3h", "100%@0"])
def test_at_every_step_as_many_are_eligible_as_there_should_be(names, steps):
    shares = simulate.shares(pacing.planned(pacing.steps(steps)), names)
    assert [share for share in shares if not share.ok] == []


def test_polling_every_hour_asks_less_than_forty_times_a_second():
    load = simulate.load(DEVICES, POLL_S)
    assert 27 < load.mean_per_s < 29
    assert load.busiest_minute_per_s < 40
    assert load.metadata_gb_per_day < 5


def test_polls_come_as_often_as_they_should():
    waits = np.diff(simulate.polls(1000, POLL_S, 86_400))
    assert waits.min() >= 0.5 * POLL_S
    assert waits.max() <= 1.5 * POLL_S


def test_a_paused_rollout_stops_within_one_poll(names):
    pace = pacing.planned(pacing.steps("1%@0,50%@1h,100%@1d"))
    stop = simulate.stop(pace, names, POLL_S, 12 * 3600)
    assert stop.started_after == 0
    assert stop.would_have > 40_000
    assert stop.last_told_s <= 1.5 * POLL_S


@pytest.mark.parametrize(("failing", "took_at_most"), [("100%", 0.01), ("20%", 0.01), ("8%", 0.05)])
def test_a_bad_release_is_stopped_by_its_reports(names, failing, took_at_most):
    pace = pacing.planned(pacing.steps("1%@0,5%@6h,25%@1d,100%@3d"))
    done = simulate.damage(pace, names[:20_000], POLL_S, pacing.ppm(failing))
    assert done.stopped_after_s is not None
    assert done.took <= 1.2 * took_at_most * 20_000
    assert done.stopped_after_s > simulate.TAKES_S


def test_a_release_within_its_budget_goes_on(names):
    pace = pacing.planned(pacing.steps("1%@0,5%@6h,100%@1d"))
    done = simulate.damage(pace, names[:20_000], POLL_S, pacing.ppm("1%"))
    assert (done.stopped_after_s, done.took) == (None, 20_000)


def test_what_servers_send_adds_up_to_the_release_for_everybody():
    pace = pacing.planned(pacing.steps("1%@0,5%@6h,25%@1d,100%@3d"))
    sent, since = 0.0, 0
    for until, rate in simulate.egress_gb_per_s(pace, DEVICES, 5 * 10**9):
        sent += rate * (until - since)
        since = until
    assert sent == pytest.approx(500_000)


@pytest.mark.parametrize("updaters", [24, pytest.param(400, marks=[pytest.mark.long, pytest.mark.timeout(600)])])
def test_real_updaters_do_as_the_numbers_do(updaters):
    real = rehearsal.rehearse(updaters)
    assert real.least <= real.took <= real.most
    assert real.after_stop == 0
    assert real.requests_idle == updaters


def test_the_command_says_so(capsys):
    assert cli.perform(["simulate", "--devices", "2000", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "edge-agent/fleet-simulate/v1"
    assert told["data"]["stop"]["started_after"] == 0
    assert cli.perform(["simulate", "--devices", "2000"]) == 0
    assert "Stopped half-way" in capsys.readouterr().out
    assert cli.perform(["simulate", "--steps", "nonsense"]) == 66

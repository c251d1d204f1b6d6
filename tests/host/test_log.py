"""Log lines, for people and for the journal."""

import json
import logging
import stat
import sys

from edge_agent.host.log import CRASHES_MAX, Lines, crash


def record(**extra):
    made = logging.makeLogRecord({"name": "edge_agent.x", "levelno": 30, "levelname": "WARNING", "msg": "worker_died"})
    vars(made).update(extra)
    return made


def test_a_line_for_people_has_what_happened_and_the_numbers():
    line = Lines(as_json=False, priority=False).format(record(pid=7, after_ms=12.5))
    assert line.endswith("warning worker_died pid=7 after_ms=12.5 (edge_agent.x)")


def test_a_line_for_programs_is_one_object():
    line = Lines(as_json=True, priority=False).format(record(pid=7))
    told = json.loads(line)
    assert told.pop("ts").endswith("Z")
    assert told == {"level": "warning", "event": "worker_died", "logger": "edge_agent.x", "pid": 7}


def test_the_journal_gets_the_priority_in_front():
    assert Lines(as_json=True, priority=True).format(record()).startswith("<4>{")


def test_an_error_keeps_its_traceback_inside_of_the_line():
    try:
        raise ValueError("no")
    except ValueError:
        line = Lines(as_json=True, priority=False).format(record(exc_info=sys.exc_info()))
    assert len(line.splitlines()) == 1
    assert "ValueError: no" in json.loads(line)["error"]


def test_crash_files_are_few_and_this_users_alone_and_hold_no_key(tmp_path, in_environment):
    in_environment(XDG_STATE_HOME=str(tmp_path))
    for day in range(100):
        (tmp_path / "edge-agent").mkdir(exist_ok=True)
        (tmp_path / "edge-agent" / f"crash-9999-{day:02}.txt").touch()  # of a clock that ran ahead
    fresh = crash(ValueError("Bearer sk-canary-4815162342 was refused"))
    files = sorted((tmp_path / "edge-agent").iterdir())
    assert len(files) == CRASHES_MAX
    assert files[0] == fresh
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o600
    assert "canary" not in fresh.read_text()
    assert "was refused" in fresh.read_text()

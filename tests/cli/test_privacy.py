"""`edge-agent privacy`, and an agent that keeps to itself."""

import shutil
import sys
from datetime import date

import pytest

from edge_agent.base.settings import PrivacySettings
from edge_agent.talk.mind.cloud import budget
from edge_agent.talk.mind.privacy import Record, Sent

SENT = Sent(
    "a provider", "2026-11-26T12:00:00+00:00", (("system", "Be brief."), ("user", "Call [PHONE_1].")), {"phone": 1}
)


def test_what_was_sent_last_is_shown_as_it_was_sent(home):
    Record(PrivacySettings(keep_last=True), home.state).keep(SENT)
    shown = home.run("privacy", "last").out
    assert "to a provider, 2026-11-26T12:00:00+00:00" in shown
    assert "Call [PHONE_1]." in shown
    assert "held back: 1 phone" in shown
    told = home.run("privacy", "last", "--json").object
    assert told["data"]["sent"]["messages"] == [["system", "Be brief."], ["user", "Call [PHONE_1]."]]
    assert told["data"]["sent"]["held"] == {"phone": 1}


def test_where_nothing_is_kept_it_says_why(home):
    ended = home.run("privacy", "last")
    assert (ended.code, ended.out) == (0, "Nothing that was sent is on record.\n")
    assert "privacy.keep_last is false" in ended.err
    assert home.run("privacy", "last", "--json").object["data"]["sent"] is None


def test_what_was_heard_and_spoken_elsewhere_is_shown_and_what_was_spent_today(home):
    record = Record(PrivacySettings(keep_last=True), home.state)
    record.keep(Sent("an ear", "2026-11-26T12:00:00+00:00", (("sound", "2.5 s of what was said"),), {}, "sound"))
    budget.write(home.state / budget.FILE, budget.Spent(date.today().isoformat(), 40, 15_000, 1, 0, 0, 90_000, 120))
    shown = home.run("privacy", "last").out
    assert "to an ear" in shown
    assert "2.5 s of what was said" in shown
    assert "spent today: 0.0150 of 1; 1 questions, 40 of 100000 tokens; 1.5 min heard and 120 characters" in shown
    told = home.run("privacy", "last", "--json").object["data"]
    assert (told["sent"], told["speech"], told["spent"]["heard_ms"]) == (None, None, 90_000)


def test_nothing_is_no_text_to_check(home):
    ended = home.run("privacy", "check", " ")
    assert (ended.code, ended.out) == (66, "")


def test_a_damaged_record_is_an_error_with_a_hint(home):
    home.state.mkdir(parents=True)
    (home.state / "sent.json").write_text("{")
    ended = home.run("privacy", "last")
    assert ended.code == 66
    assert "Delete it" in ended.err


def test_check_shows_what_would_leave(home):
    home.configure('[privacy]\nnames = ["Ann Kowalski"]\nwhen_card = "block"\n')
    assert home.run("privacy", "check", "Ann has 555-0142").out == "[NAME_1] has [PHONE_1]\n"
    blocked = home.run("privacy", "check", "my card is 4111 1111 1111 1111", "--json").object["data"]
    assert blocked == {"class": "local_only", "leaves": None, "held": {"card": 1}}


WATCHED = """
import sys
opened = []
def hook(event, arguments):
    if event == "socket.__new__" and arguments[1] not in (1,):  # AF_UNIX: the loop's and the workers' own
        opened.append(arguments)
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"):
        opened.append((event, arguments))
sys.addaudithook(hook)
from edge_agent.cli import perform
code = perform(sys.argv[1:])
print(opened, file=sys.stderr)
sys.exit(code or (99 if opened else 0))
"""


def ask(*question):
    return ["--set", "privacy.local_only=true", "ask", *question]


def test_p11_an_agent_that_keeps_to_itself_opens_no_socket(home):
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *ask("What time is it?")],
        env=home.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.models
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_p11_nor_does_any_of_its_workers(tmp_path):
    import os
    import subprocess

    trace = tmp_path / "trace"
    done = subprocess.run(
        [
            "strace",
            "-f",
            "-e",
            "trace=network",
            "-o",
            trace,
            sys.executable,
            "-m",
            "edge_agent",
            *ask("Who was Ada Lovelace?"),
        ],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    if "PTRACE" in done.stderr or "Operation not permitted" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    calls = trace.read_text()
    assert "exited with" in calls
    assert [line for line in calls.splitlines() if "AF_INET" in line or "AF_NETLINK" in line] == []

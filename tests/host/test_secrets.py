"""What looks like a secret is in no log line, and everything else is left as it was."""

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.host.log import Lines
from edge_agent.host.secrets import HIDDEN, without_secrets

SECRET = "canary4f1c0ffee"


@pytest.mark.parametrize(
    "line",
    [
        f"Authorization: Bearer {SECRET}",
        f"headers={{'authorization': 'Bearer {SECRET}', 'host': 'x'}}",
        f'{{"api_key": "{SECRET}"}}',
        f"OPENAI_API_KEY={SECRET}",
        f"https://x.example/v1?token={SECRET}&page=2",
        f"https://user:{SECRET}@x.example/v1",
        f"the key sk-{SECRET} was refused",
        f"eyJ{SECRET}.eyJ{SECRET}.{SECRET}",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
        f"password: {SECRET}",
        f"password: 1234.5{SECRET}",
    ],
)
def test_p15_a_key_is_taken_out_in_whatever_form_it_comes(line):
    told = without_secrets(line)
    assert SECRET not in told
    assert HIDDEN in told
    assert without_secrets(told) == told


@pytest.mark.parametrize(
    "line",
    [
        "first_token 32 ms, tokens=41, token 7 of 8",
        "the worker is ready in 1.4 s",
        "https://x.example/v1/models?page=2",
        '{"stages_ms": {"first_token": 32.0}, "kind": "local"}',
        '{"stages_ms": {"first_token": 1560.0, "first_phrase": 1552.0}}',
        "first_token=123456.7 ms (first_token=1560.0)",
    ],
)
def test_what_is_none_is_left_alone(line):
    assert without_secrets(line) == line


@given(
    st.dictionaries(st.sampled_from(["first_token", "token", "total"]), st.floats(0, 1e7).map(lambda ms: round(ms, 1)))
)
def test_the_times_of_a_turn_are_no_secret_however_long_they_are(stages_ms):
    line = json.dumps({"stages_ms": stages_ms})
    assert without_secrets(line) == line


@given(st.text(max_size=200))
def test_any_line_goes_through_and_is_not_looked_at_twice(line):
    once = without_secrets(line)
    assert without_secrets(once) == once


@pytest.mark.parametrize("as_json", [True, False])
def test_p15_a_traceback_that_holds_a_key_is_told_without_it(as_json):
    try:
        raise RuntimeError(f"Bearer {SECRET}")
    except RuntimeError as error:
        record = logging.makeLogRecord({"msg": "it failed", "exc_info": (RuntimeError, error, error.__traceback__)})
    line = Lines(as_json=as_json, priority=False).format(record)
    assert SECRET not in line
    assert not as_json or "Traceback" in json.loads(line)["error"]

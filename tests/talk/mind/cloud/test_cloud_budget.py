"""What may be spent in a day, over restarts, crashes and wrong clocks."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.base.settings_cloud import CloudSettings, CloudVoice, Provider, Transcriber
from edge_agent.talk.mind.cloud import budget
from edge_agent.talk.mind.cloud.budget import (
    NOTHING,
    Cost,
    Spent,
    Usage,
    estimate,
    price,
    price_of_hearing,
    price_of_speaking,
    read,
    write,
)

TODAY = date(2026, 11, 26)
EAR = {"name": "any", "base_url": "https://a.example/v1", "model": "m"}
PROVIDER = Provider(name="any", base_url="https://a.example/v1", model="m", price_in=2.5, price_out=10)


def test_prices_are_for_a_million_tokens():
    assert price(PROVIDER, Usage(1_000_000, 0)) == Cost(1_000_000, 2_500_000)
    assert price(PROVIDER, Usage(100, 10)) == Cost(110, 350)


def test_sound_is_priced_by_the_minute_and_what_is_spoken_by_a_million_characters():
    ear = Transcriber(name="ear", base_url="https://a.example/v1", model="m", price_minute=0.006)
    voice = CloudVoice(name="mouth", base_url="https://a.example/v1", model="m", price_in=15)
    assert price_of_hearing(ear, 90.0) == Cost(micros=9000, heard_ms=90_000)
    assert price_of_speaking(voice, 200) == Cost(micros=3000, spoken_chars=200)


@pytest.mark.parametrize("limits", [{"stt": ({**EAR, "price_minute": 0.006},)}, {"tts": ({**EAR, "price_in": 15.0},)}])
def test_what_hearing_and_speaking_cost_counts_for_what_is_left(limits):
    spent = Spent(TODAY.isoformat(), micros=750_000)
    assert spent.left(CloudSettings(money_per_day=1.0)) == 1.0  # Nothing has a price.
    assert spent.left(CloudSettings(money_per_day=1.0, **limits)) == 0.25


def test_p16_either_limit_is_a_limit():
    spent = Spent(TODAY.isoformat(), tokens=900, micros=900_000)
    limits = CloudSettings(tokens_per_day=1000, money_per_day=1.0)
    assert spent.allows(Cost(100, 100_000), limits)
    assert not spent.allows(Cost(101, 0), limits)
    assert not spent.allows(Cost(0, 100_001), limits)


def test_a_new_day_begins_at_nothing_and_the_same_day_does_not():
    spent = Spent(TODAY.isoformat(), tokens=900)
    assert spent.on(TODAY) == spent
    assert spent.on(TODAY + timedelta(days=1)).tokens == 0


def test_a_clock_that_is_put_back_gives_nothing_back_and_one_that_was_wrong_locks_nobody_out():
    spent = Spent(TODAY.isoformat(), tokens=900)
    assert spent.on(TODAY - timedelta(days=1)).tokens == 900
    assert spent.on(TODAY - timedelta(days=400)).tokens == 0


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500), st.booleans())))
def test_what_is_settled_is_what_it_cost(questions):
    spent, real, wasted = Spent(TODAY.isoformat()), 0, 0
    for at_most, costs, for_nothing in questions:
        booked, cost = Cost(at_most, at_most), min(costs, at_most)
        spent = spent.booked(booked).settled(booked, Cost(cost, cost), wasted=for_nothing)
        real, wasted = real + cost, wasted + cost * for_nothing
    assert (spent.tokens, spent.micros, spent.questions) == (real, real, len(questions))
    assert (spent.wasted_tokens, spent.wasted_micros) == (wasted, wasted)


def test_what_is_booked_ahead_is_rather_too_much():
    text = "What is the capital of France, and how many people live there today?"
    assert estimate([text]) > len(text) / 4


def test_it_survives_a_restart(tmp_path):
    spent = Spent(TODAY.isoformat(), 5, 6, 1, 2, 3, 4, 7)
    write(tmp_path / "new" / "cloud.json", spent)
    assert read(tmp_path / "new" / "cloud.json") == spent
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["cloud.json"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"day": "yesterday"}', '{"day": "2026-11-26", "tokens": -5}', '{"tokens": "many"}']
)
def test_a_damaged_file_begins_at_nothing_and_is_told(tmp_path, text, caplog):
    (tmp_path / "cloud.json").write_text(text)
    assert read(tmp_path / "cloud.json") == Spent()
    assert "is damaged" in caplog.text


def test_no_file_is_no_damage(tmp_path, caplog):
    assert read(tmp_path / "cloud.json") == Spent()
    assert caplog.text == ""


def test_the_file_holds_figures_only(tmp_path):
    write(tmp_path / "cloud.json", Spent(TODAY.isoformat()).booked(NOTHING))
    assert set(json.loads((tmp_path / "cloud.json").read_text())) == set(budget.asdict(Spent()))


@pytest.mark.parametrize(
    ("cost", "questions"), [(Cost(5, 20), 1), (Cost(5, heard_ms=900), 0), (Cost(5, spoken_chars=12), 0)]
)
def test_only_what_is_asked_counts_as_a_question(cost, questions):
    assert Spent(TODAY.isoformat()).booked(cost).questions == questions

"""The owner is told once per loss, by ear, in the log, on the screen and in numbers; the conversation is kept."""

import asyncio
import logging

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.app.absences import Absences
from edge_agent.app.presence import Presence
from edge_agent.base.events import DeviceLost, DeviceRestored, MicrophoneSilent, MicrophoneSounds
from edge_agent.talk.floor.state import State
from edge_agent.talk.voice import earcon
from tests.app.test_speaking_over import Talk

RESTORED = DeviceRestored("headset", 16_000, 1.5)
NEWS = [DeviceLost("desk"), RESTORED, MicrophoneSilent("headset"), MicrophoneSounds("headset")]


def test_each_piece_of_news_is_told_once_in_every_way_and_a_lost_device_chimes_when_it_is_back(caplog):
    chimes, seen = [], []
    presence = Presence(chimes.append, seen.append)
    told = []
    with caplog.at_level(logging.WARNING):
        for news in NEWS:
            presence.tell(news)
            told.append((len(chimes), len(caplog.records)))
    assert told == [(0, 1), (1, 2), (2, 3), (3, 4)]
    assert chimes == [earcon.rising, earcon.falling, earcon.rising]
    assert [one.news for one in seen] == NEWS
    assert "headset" in seen[1].text
    assert seen[-1].absences == Absences(lost=1, restored=1, silent=1, away_s=1.5, longest_s=1.5)


@given(st.lists(st.floats(0, 1000)))
def test_the_numbers_are_those_of_all_losses(away):
    absences = Absences()
    for away_s in away:
        absences = absences.after(DeviceLost("a")).after(DeviceRestored("b", 48_000, away_s))
    assert (absences.lost, absences.restored, absences.silent) == (len(away), len(away), 0)
    assert absences.away_s == sum(away)
    assert absences.longest_s == max(away, default=0)


def test_a_conversation_is_kept_over_a_loss_and_the_earcon_is_heard_at_return():
    async def story():
        talk = Talk()
        await talk.asks("tell me a story")
        await talk.until_silent()
        await talk.begins("and then")
        talk.conversation.post(DeviceLost("desk"))
        talk.voice = 0.0
        assert talk.state is State.LISTENING
        assert not (await talk.passes(0.5)).any()
        talk.conversation.post(RESTORED)
        assert np.abs(await talk.passes(0.5)).max() > 0.01
        assert talk.conversation.absences == Absences(lost=1, restored=1, away_s=1.5, longest_s=1.5)
        await talk.asks("tell me another")
        assert "tell me a story" in [text for _, text in talk.world.llm.asked[-1]]
        await talk.conversation.close()
        talk.world.chores.close()

    asyncio.run(story())

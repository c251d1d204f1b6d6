"""Secrets that are put in where secrets are, and looked for in everything that is logged, at every level."""

import asyncio
import logging
import os
from contextlib import aclosing

import pytest

from edge_agent.base.settings import PrivacySettings
from edge_agent.host.log import Lines, setup
from edge_agent.talk.mind.cloud.client import Client
from edge_agent.talk.mind.cloud.failures import ProviderError
from edge_agent.talk.mind.cloud.outgoing import nothing_hidden, outgoing
from edge_agent.talk.mind.llm import Message
from edge_agent.talk.mind.privacy.redact import redact_all
from tests.sim.clouds import Fault, provider, proxy

KEY = "sk-canary-7d1f0c5e"
SAID = "canarysaid"
PERSONA = "canarypersona"
ANSWER = "canaryanswer"
CARD = "4111 1111 1111 1111"
CANARIES = (KEY, SAID, PERSONA, ANSWER, CARD)
VARIABLE = "EDGE_AGENT_TEST_CANARY"


class Kept(logging.Handler):
    """Every record of every logger, as the agent would write it in either form."""

    def __init__(self):
        super().__init__(logging.NOTSET)
        self.text = ""
        self._forms = [Lines(as_json=as_json, priority=True) for as_json in (True, False)]

    def emit(self, record):
        self.text += "".join(form.format(record) + "\n" for form in self._forms)


@pytest.fixture
def kept():
    """What is logged after the owner has asked for everything (`EDGE_AGENT_LOG=debug`)."""
    root = logging.getLogger()
    before = root.level, root.handlers
    setup("debug")
    handler = Kept()
    root.handlers = [handler]
    yield handler
    root.setLevel(before[0])
    root.handlers = before[1]


@pytest.fixture
def key():
    os.environ[VARIABLE] = KEY
    yield
    del os.environ[VARIABLE]


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_no_key_and_no_word_is_logged_whatever_the_provider_does(kept, key, fault):
    question = outgoing((Message("system", PERSONA), Message("user", f"{SAID} {CARD}")), nothing_hidden)

    async def told():
        async with proxy(words=f"{ANSWER} is the answer.", fault=fault) as cloud:
            client = Client(provider("moon", cloud.url, timeout_s=0.3, key_env=VARIABLE), 64)
            try:
                async with aclosing(client.answer(question)) as pieces:
                    async for _ in pieces:
                        pass
            except ProviderError as error:
                logging.getLogger("edge_agent.test").warning("%s", error, exc_info=error)
            finally:
                await client.close()

    asyncio.run(told())
    assert "HTTP Request" in kept.text or "connect_tcp" in kept.text, "nothing was logged, so nothing was looked at"
    assert [canary for canary in CANARIES if canary in kept.text] == []


def test_what_is_redacted_is_not_logged_either(kept):
    redact_all([f"{SAID} {CARD}"], PrivacySettings(names=("Ada Canary",)))
    assert [canary for canary in CANARIES if canary in kept.text] == []

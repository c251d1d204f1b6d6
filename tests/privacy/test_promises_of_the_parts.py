"""Promises that one part keeps, each tried on that part."""

import asyncio
import getpass
import json
import os
import platform
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

import numpy as np

from edge_agent.base.events import Woken
from edge_agent.base.frames import CHUNK, Heard
from edge_agent.base.settings import Settings
from edge_agent.talk.ear.rings import Exchange
from edge_agent.talk.ear.utterance import HISTORY_S, Utterance
from edge_agent.talk.ear.waking import LATE_CHUNKS, Waking
from edge_agent.talk.mind.cloud.client import Client
from edge_agent.talk.mind.cloud.outgoing import nothing_hidden, outgoing
from edge_agent.talk.mind.llm import Message
from tests.house.house import calls, imported, name, sources, written
from tests.sim.clouds import provider, proxy

SOUND = np.ones(CHUNK, np.float32)


def heard(number):
    return Heard(number * CHUNK, SOUND.copy(), 0.9, -30.0)


def test_p06_no_core_is_dumped(tmp_path):
    dying = "from edge_agent.base.memory import keep_to_itself; import os; keep_to_itself(); os.abort()"
    done = subprocess.run([sys.executable, "-c", dying], cwd=tmp_path, check=False)
    assert done.returncode < 0
    assert list(tmp_path.iterdir()) == []


def test_p06_what_it_starts_dumps_no_core_and_it_is_closed_to_debuggers():
    asking = """
import ctypes, resource, subprocess, sys
from edge_agent.base.memory import keep_to_itself
keep_to_itself()
child = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[0])"
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), subprocess.check_output([sys.executable, "-c", child], text=True).strip())
"""
    done = subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "0"]


def test_p07_the_memory_of_what_was_heard_is_short_and_is_overwritten_when_it_is_muted():
    utterance, chunks = Utterance(400), [heard(number) for number in range(200)]
    for one in chunks[:150]:
        utterance.hear(one)
    utterance.open(100 * CHUNK)
    for one in chunks[150:]:
        utterance.hear(one)
    assert len(utterance._history) * CHUNK <= HISTORY_S * 16_000
    utterance.forget()
    assert utterance.samples().size == 0
    kept = [one for one in chunks[90:] if one.samples.any()]
    assert kept == [one for one in chunks[90:] if one.position < 150 * CHUNK - HISTORY_S * 16_000]


def test_p07_a_turns_sound_is_overwritten_when_the_turn_is_over():
    utterance, chunks = Utterance(400), [heard(number) for number in range(300)]
    utterance.open(0)
    for one in chunks:
        utterance.hear(one)
    utterance.close()
    assert not any(one.samples.any() for one in chunks[: -len(utterance._history)])


def test_p07_the_rings_are_overwritten_when_the_microphone_is_closed():
    exchange = Exchange(16_000, 30)
    exchange.capture(np.ones(160, np.float32))
    assert exchange._near.any()
    exchange.erase()
    assert not exchange._near.any()


def test_p08_what_was_said_before_the_wake_word_gets_no_further_than_the_ear():
    class FakeSpotter:
        """Is woken at the hundredth chunk."""

        heard = 0

        def feed(self, samples):
            self.heard += 1
            return self.heard == 100

        def reset(self):
            pass

    waking, passed = Waking(FakeSpotter()), []
    waking.wanted = True
    for number in range(120):
        passed += waking.take(heard(number))
    first = next(one for one in passed if isinstance(one, Heard))
    woken = next(one for one in passed if isinstance(one, Woken))
    assert woken.position == 100 * CHUNK
    assert woken.position - first.position == LATE_CHUNKS * CHUNK <= 0.2 * 16_000


def test_p09_sound_is_written_where_a_command_was_given_a_file_for_it_and_nowhere_else():
    writers = {name(path) for path in sources() if "edge_agent.talk.ear.wav.WavWriter" in set(imported(path))}
    assert writers == {
        "edge_agent/cli/aloud.py",  # say --out
        "edge_agent/talk/ear/wavfile.py",  # run-wav --out
        "edge_agent/bench/rehearsal.py",  # talk in a virtual room
        "edge_agent/app/safe_mode.py",  # its own call for help, for a start without engines
    }


def sent(question):
    """The body of a request as it goes over the wire."""

    async def asked():
        async with proxy() as cloud:
            client = Client(provider("sky", cloud.url, timeout_s=5), 64)
            try:
                async with aclosing(client.answer(outgoing(question, nothing_hidden))) as answer:
                    async for _ in answer:
                        pass
            finally:
                await client.close()
            return cloud.asked[0].body

    return asyncio.run(asked())


def test_p10_what_is_sent_is_text():
    body = json.loads(sent((Message("system", "Be short."), Message("user", "Why is the sky blue?"))))
    assert [set(message) for message in body["messages"]] == [{"role", "content"}] * 2
    assert all(isinstance(message["content"], str) for message in body["messages"])
    assert len(json.dumps(body)) < 1000


def test_p10_nothing_that_sends_knows_sound_but_the_ear_elsewhere_which_is_off_until_it_is_named():
    sound = {"numpy", "edge_agent.base.frames.Samples"}
    senders = [path for path in sources() if "talk/mind/cloud" in name(path)]
    assert {name(path) for path in senders if sound & set(imported(path))} == {"edge_agent/talk/mind/cloud_stt.py"}
    assert Settings().cloud.stt == ()


def test_p13_what_is_sent_names_neither_device_nor_user_nor_place():
    body = sent((Message("user", "Why is the sky blue?"),))
    machine = Path("/etc/machine-id")
    secrets = [platform.node(), str(Path.home()), os.uname().release]
    secrets += [machine.read_text().strip()] if machine.exists() else []
    secrets += [getpass.getuser()] if len(getpass.getuser()) > 4 else []
    assert [one for one in secrets if one and one in body] == []
    assert not {"user", "metadata", "safety_identifier"} & set(json.loads(body))


def test_p27_nothing_is_loaded_that_could_run_code():
    for path in sources():
        risky = {"pickle", "torch", "joblib", "dill", "shelve", "marshal", "cloudpickle"}
        assert not risky & {module.split(".")[0] for module in imported(path)}, name(path)
        for call in calls(path):
            if written(call.func).endswith("np.load"):
                assert all(
                    keyword.arg != "allow_pickle" or written(keyword.value) == "False" for keyword in call.keywords
                )
            assert written(call.func) not in ("yaml.unsafe_load", "eval", "exec"), name(path)
            if written(call.func) == "yaml.load":
                assert "SafeLoader" in written(call), name(path)


def test_p28_a_model_that_is_missing_is_not_fetched_behind_the_owners_back(home):
    watched = """
import sys
opened = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen"):
        opened.append(event)
sys.addaudithook(hook)
from edge_agent.cli import perform
code = perform(sys.argv[1:])
sys.exit(99 if opened else code)
"""
    done = subprocess.run(
        [sys.executable, "-c", watched, "ask", "why is the sky blue"],
        env=home.environment(EDGE_AGENT_MODELS__FOLDER="/nowhere"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 69, done.stderr
    assert "edge-agent models pull" in done.stderr

"""A release that answers wrongly, is twice as slow, does not load or leaks: real models, real processes, never kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent.app.timeline import Stage, Timeline
from edge_agent.app.wellbeing import Wellbeing
from edge_agent.base.frames import RATE_HZ
from edge_agent.base.paths import paths
from edge_agent.supply import catalogue
from edge_agent.supply.catalogue import Kind
from edge_agent.supply.fleet.proving import InACanary
from edge_agent.supply.fleet.release import Answer, Component, Format, Part, Release
from edge_agent.supply.store import Store

MB = 1 << 20


def folder(profile, kind):
    return Store(paths().models).folder(catalogue.load().profile(profile)[kind])


def component(device, name, part, source, first=lambda path: -path.stat().st_size):
    """Publish a folder as a model; its first file is the one that is loaded."""
    files = []
    for path in sorted(source.iterdir(), key=first):
        with path.open("rb") as file:
            files.append(device.fleet.store(file, path.name))
    return Component(name, part, Format.PLAIN, "MIT", "nowhere", tuple(files))


def announce(device, counter, components, answers):
    return device.fleet.announce(Release("spring", f"1.0.{counter}", counter, tuple(components), answers=answers))


@pytest.fixture
def careful(device):
    """A device whose canary is the real one."""
    device.canary = InACanary(threads=2, context_tokens=512)
    return device


def refused(device, first) -> str:
    """Let the device take what is offered, twice, for once might be its own mistake; return why it did not."""
    for _ in range(2):
        device.now += 8 * 3600
        record = device.update()
        assert device.pointers.current == device.pointers.good == first.id
    (reason,) = record.denied.values()
    assert device.generations.sealed() == [first.id]
    assert "trial" not in device.history()[device.history().index("commit") :]
    return reason


@pytest.mark.models
@pytest.mark.long
@pytest.mark.timeout(1200)
def test_one_that_answers_wrongly_or_does_not_load(careful, tmp_path):
    words = component(careful, "words", Part.LLM, folder("tiny", Kind.LLM))
    question = "Say the word yes."
    first = announce(careful, 1, [words], (Answer("words", question, ("yes",)),))
    careful.update()
    assert careful.pointers.good == first.id

    announce(careful, 2, [words], (Answer("words", question, ("aubergine",)),))
    assert "another answer" in refused(careful, first)

    shutil.copytree(folder("tiny", Kind.LLM), tmp_path / "half")
    model = next((tmp_path / "half").glob("*.gguf"))
    os.truncate(model, model.stat().st_size // 2)
    broken = component(careful, "words", Part.LLM, tmp_path / "half")
    careful.update(forgiving=True)
    announce(careful, 3, [broken], (Answer("words", question, ("yes",)),))
    careful.now += 8 * 3600
    careful.update()
    assert careful.pointers.good == first.id
    assert "does not start" in careful.update().reason


@pytest.mark.models
@pytest.mark.long
@pytest.mark.timeout(1200)
def test_one_that_is_twice_as_slow(careful, tmp_path):
    llama_cpp = pytest.importorskip("llama_cpp")
    small = folder("tiny", Kind.LLM)
    question = (Answer("words", "Count from one to thirty.", ("two", "2", "one", "1")),)
    first = announce(careful, 1, [component(careful, "words", Part.LLM, small)], question)
    careful.update()
    assert careful.pointers.good == first.id
    # The same weights in 32 bits: the same answers, and several times the bytes to read for each word of them.
    shutil.copytree(small, tmp_path / "large")
    model = next((tmp_path / "large").glob("*.gguf"))
    wanted = llama_cpp.llama_model_quantize_default_params()
    wanted.ftype, wanted.allow_requantize = 0, True
    fat = str(model).encode() + b".fat"
    assert llama_cpp.llama_model_quantize(str(model).encode(), fat, wanted) == 0
    Path(fat.decode()).replace(model)
    announce(careful, 2, [component(careful, "words", Part.LLM, tmp_path / "large")], question)
    careful.now += 8 * 3600
    assert "where the models in use take" in careful.update().reason
    assert careful.pointers.current == careful.pointers.good == first.id


TURN = Timeline(1, {Stage.SPEECH_END: 0, Stage.FIRST_SAMPLE: RATE_HZ // 2})
ENGINE = """
import sys
kept = []
for line in sys.stdin:
    kept.append(b"x" * int(line))
    print(len(kept), flush=True)
"""


@pytest.mark.parametrize(("leak", "kept"), [(50 * MB, False), (0, True)])
def test_one_whose_engine_leaks_at_work(device, leak, kept):
    first = device.fleet.publish(1, {"m": b"weights"})
    device.update()
    second = device.fleet.publish(2, {"m": b"other weights"})
    with subprocess.Popen([sys.executable, "-c", ENGINE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as engine:

        def memory_mb() -> float:
            pages = int(Path(f"/proc/{engine.pid}/statm").read_text().split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE") / MB

        book = Wellbeing(device.root, second.id, memory_mb)

        def work(seconds):
            """The agent answers a turn while the updater watches; its engine keeps something of each."""
            device.now += seconds
            engine.stdin.write(b"%d\n" % leak)
            engine.stdin.flush()
            engine.stdout.readline()
            book.turn(TURN)
            return False

        device.wait = work
        device.now += 8 * 3600
        began = device.now
        record = device.update()
        book.close()
        engine.stdin.close()
    assert device.pointers.good == (second.id if kept else first.id)
    assert kept or "memory grew" in record.denied[second.sha256]
    assert kept or device.now - began < 60

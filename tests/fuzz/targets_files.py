"""Files that people write, carry about and damage: settings, catalogues, grammars, recordings, our own notes."""

import json
from datetime import date

import numpy as np
from fuzzing import Target, mutated, texts, trees, written
from hypothesis import strategies as st
from seeds import (
    CATALOGUE,
    CGROUPS,
    CPUINFO,
    CT2,
    KIOSK,
    MANIFESTS,
    MEMINFO,
    ONNX,
    SCENARIOS,
    SENTENCES_SMALL,
    SETTINGS,
    SOUNDS,
    TOML_WORDS,
    YAML_WORDS,
)

from edge_agent.base.layers import check, keys, load_with_origins
from edge_agent.base.paths import Paths
from edge_agent.base.settings import ModelSettings
from edge_agent.bench.scenarios import read as scenarios
from edge_agent.host import doctor
from edge_agent.supply import catalogue, fitting
from edge_agent.talk.ear.remembered import Remembered
from edge_agent.talk.ear.wav import WavReader
from edge_agent.talk.mind.cloud import budget
from edge_agent.talk.mind.privacy.record import FILE as SENT
from edge_agent.talk.mind.privacy.record import KINDS, last_kept
from edge_agent.talk.mind.skills.by_sound import BySound
from edge_agent.talk.mind.skills.grammar import Sentences
from edge_agent.talk.mind.skills.rhino import Rhino
from edge_agent.workers import budget as threads
from edge_agent.workers.ct2_file import Ct2File
from edge_agent.workers.onnx_graph import Graph


def _places(folder):
    return Paths(True, folder / "vendor", folder, folder, folder, folder, folder)


def _settings(data, folder):
    written(folder, "config.toml", data)
    check(places=_places(folder), environment={})
    load_with_origins(places=_places(folder), environment={})


def _environment(named, folder):
    load_with_origins(places=_places(folder / "none"), environment={f"EDGE_AGENT_{name}": text for name, text in named})


def _command_line(named, folder):
    load_with_origins(dict(named), places=_places(folder / "none"), environment={})


_KEYS = st.sampled_from(list(keys())) | texts(["mind.persona", "audio", "floor.silence_ms.x", "cloud.providers"])
_VALUES = texts(["500", "true", "[1, 2]", '"a"', "{a = 1}", "1e400", "nan", "[{name = 'a', base_url = 'http://x'}]"])
_NAMES = _KEYS.map(lambda key: key.upper().replace(".", "__"))


def _catalogue(data, folder):
    found = catalogue.load(written(folder, "catalogue.toml", data))
    found.chosen(ModelSettings(profile="tiny"))


def _catalogue_tree(tree, _):
    catalogue.parse(tree, where="here").chosen(ModelSettings(profile="tiny"))


def _sentences(data, folder):
    own = Sentences(written(folder, "own/own.yaml", data).parent)
    for words in ("turn on the light in the kitchen", "set a timer for 5 minutes", "open"):
        own.understand(words)
        own.can_go_on(words)


def _rhino(data, folder):
    kiosk = Rhino(written(folder, "kiosk.yaml", data))
    for words in ("can i get a large latte with soy milk please", "switch on the lights"):
        kiosk.understand(words)
        kiosk.can_go_on(words)


def _grammar_by_sound(data, folder):
    own = BySound(Rhino(written(folder, "kiosk.yaml", data)))
    near = own.nearest("can i get a large lawn tea with so your milk")
    own.is_sure(near)


def _scenario(data, folder):
    scenarios.read(written(folder, "one.yaml", data))


def _manifest(which, name):
    def read(data, folder):
        which(written(folder, name, data).parents[1])

    return read


def _wav(data, folder):
    file = WavReader(written(folder, "one.wav", data))
    try:
        got = 0
        while (samples := file.read(4096)).size:
            assert samples.dtype == np.float32
            assert np.abs(samples).max() <= 1
            got += samples.size
        assert got == file.frames
    finally:
        file.close()


def _remembered(data, folder):
    delay_ms = Remembered(written(folder, "echo.json", data)).known("Headset", 48000).delay_ms
    assert delay_ms is None or delay_ms >= 0


def _spent(data, folder):
    found = budget.read(written(folder, "cloud.json", data))
    date.fromisoformat(found.day or "2026-01-01")
    assert found.tokens >= 0


def _sent(data, folder):
    found = last_kept(written(folder, SENT, data).parent)
    assert set(found) <= set(KINDS)


def _onnx(data, _):
    graph = Graph(data)
    graph.part(graph.outputs)
    for node in graph.nodes:
        graph.inputs_of(node.outputs)


def _ct2(data, folder):
    model = Ct2File(written(folder, "model.bin", data))
    assert all(model[name].size >= 0 for name in model)
    model.forget()


def _processor(data, folder):
    assert fitting.fitting(written(folder, "cpuinfo", data)) in ("standard", "tiny")


def _memory(data, folder):
    doctor.memory(ModelSettings(profile="tiny"), written(folder, "meminfo", data))


def _quota(pair, folder):
    membership, limit = pair
    written(folder, "cgroup/a/cpu.max", limit)
    assert threads.cores(written(folder, "membership", membership), folder / "cgroup") >= 1


def _json(*seeds):
    return mutated([json.dumps(seed).encode() for seed in seeds], [b"null", b"1e999", b"-1", b"[", b'"', b"{}"]) | (
        trees().map(lambda tree: json.dumps(tree).encode())
    )


def _with(base):
    """A file of the right names with values of any kind."""
    return st.fixed_dictionaries({}, optional={name: trees() | st.just(value) for name, value in base.items()}).map(
        lambda tree: json.dumps(tree).encode()
    )


_SENT = {"provider": "sky", "at": "2026-11-27T00:00:00Z", "messages": [["user", "Hello."]], "held": {"card": 1}}
_SPENT = {"day": "2026-11-27", "tokens": 100, "micros": 5}

TSV_WORDS = [b"\t", b"\n", b"\r", b'"', b"[[", b"nan", b"\0"]

TARGETS = [
    Target("settings file", mutated(SETTINGS, TOML_WORDS), _settings),
    Target("settings in the environment", st.lists(st.tuples(_NAMES, _VALUES), max_size=3), _environment),
    Target("settings of the command line", st.lists(st.tuples(_KEYS, _VALUES), max_size=3), _command_line),
    Target("catalogue", mutated([CATALOGUE], TOML_WORDS), _catalogue),
    Target("catalogue's tree", st.dictionaries(st.sampled_from(("models", "profiles")), trees()), _catalogue_tree),
    Target("skill sentences", mutated([SENTENCES_SMALL], YAML_WORDS), _sentences),
    Target("kiosk grammar", mutated([KIOSK], YAML_WORDS), _rhino),
    Target("kiosk grammar, by sound", mutated([KIOSK], YAML_WORDS), _grammar_by_sound),
    Target("scenario", mutated(SCENARIOS, YAML_WORDS), _scenario),
    *(
        Target(f"manifest of {name}", mutated([row], TSV_WORDS), _manifest(which, name))
        for name, which, row in MANIFESTS
    ),
    Target("wav", mutated(SOUNDS, (b"data", b"fmt ", b"LIST", b"\xff\xff\xff\xff")), _wav),
    Target("remembered echo", _json({"Headset at 48000 Hz": 12.5}), _remembered),
    Target("what the cloud cost", _json(_SPENT) | _with(_SPENT), _spent),
    Target("what was sent last", _json(_SENT) | _with(_SENT), _sent),
    Target("CTranslate2 file", mutated([CT2], (b"\x80", b"\xff" * 4, b"\x00" * 8, b"\x06\x00\x00\x00")), _ct2),
    Target("ONNX graph", mutated([ONNX], (b"\x80", b"\xff" * 9, b"\x3a\x04")), _onnx),
    Target("cpuinfo", mutated([CPUINFO]), _processor),
    Target("meminfo", mutated([MEMINFO]), _memory),
    Target("cgroup", st.tuples(*(mutated([seed], (b"max", b"0", b":")) for seed in CGROUPS)), _quota),
]

"""Which file may know which other, and which foreign library."""

import re
import sys

import pytest
from house import imported, name, sources

FENCES = {
    "apsw": {"edge_agent/supply/fleet/", "edge_agent/talk/mind/notes/index.py"},
    "sounddevice": {"edge_agent/talk/ear/portaudio.py"},
    "httpx": {"edge_agent/supply/", "edge_agent/fleet/object_store.py"},
    "httpx2": {"edge_agent/talk/mind/cloud/", "edge_agent/talk/mind/tools/"},
    "mcp": {"edge_agent/talk/mind/tools/mcp_servers.py"},
    "openai": {"edge_agent/talk/mind/cloud/client.py", "edge_agent/talk/mind/cloud/speech_client.py"},
    "piper": {"edge_agent/workers/piper.py"},
    "llama_cpp": {"edge_agent/workers/gguf.py", "edge_agent/workers/widening.py", "edge_agent/workers/llama.py"},
    "jinja2": {"edge_agent/workers/llama.py"},
    "faster_whisper": {
        "edge_agent/workers/whisper.py",
        "edge_agent/bench/recordings.py",
        "edge_agent/talk/ear/wavfile.py",
    },
    "onnxruntime": {
        "edge_agent/talk/ear/vad.py",
        "edge_agent/workers/onnx_session.py",
        "edge_agent/supply/fleet/canary.py",
    },
    "hassil": {"edge_agent/talk/mind/skills/"},
    "yaml": {"edge_agent/talk/mind/", "edge_agent/bench/scenarios/read.py"},
    "tokenizers": {"edge_agent/workers/whisper.py"},
    "av": {"edge_agent/bench/recordings.py"},
    "unicode_rbnf": {"edge_agent/talk/", "edge_agent/bench/wer.py"},
    "soxr": {"edge_agent/talk/ear/", "edge_agent/talk/voice/", "edge_agent/bench/"},
    "speexdsp": {"edge_agent/talk/ear/echo.py"},
    "pywebrtc_audio": {"edge_agent/talk/ear/echo.py", "edge_agent/talk/ear/suppress.py"},
    "structlog": {"edge_agent/host/structured.py"},
    "opentelemetry": {"edge_agent/host/traces.py"},
    "tuf": {"edge_agent/supply/fleet/trust.py", "edge_agent/fleet/"},
    "securesystemslib": {"edge_agent/fleet/"},
    "cryptography": {"edge_agent/fleet/"},
    "prometheus_client": {"edge_agent/host/metrics.py", "edge_agent/host/update_metrics.py"},
    "pyopen_wakeword": {"edge_agent/talk/ear/wakeword.py", "edge_agent/supply/fleet/canary.py"},
    "pipecat": {"edge_agent/bench/peers/pipecat_local.py"},
    "matplotlib": {"edge_agent/bench/endpoint_plot.py"},
    "typer": {"edge_agent/cli/", "edge_agent/fleet/"},
    "rich": {"edge_agent/cli/"},
    "pydantic": {
        "edge_agent/base/",
        "edge_agent/supply/",
        "edge_agent/bench/scenarios/",
        "edge_agent/talk/mind/tools/skill.py",
    },
    "jsonschema": {"edge_agent/talk/mind/tools/"},
    "referencing": {"edge_agent/talk/mind/tools/"},
}
"""Where each library lives. A library with one home can be replaced; one that is everywhere can't."""

OURS = {"edge_agent", "numpy"}


@pytest.mark.parametrize("library", FENCES)
def test_a_library_stays_behind_its_fence(library):
    homes = tuple(FENCES[library])
    users = {name(path) for path in sources() if library in {module.split(".")[0] for module in imported(path)}}
    assert {user for user in users if not user.startswith(homes)} == set()


def test_every_foreign_library_has_a_fence():
    used = {module.split(".")[0] for path in sources() for module in imported(path)}
    foreign = used - sys.stdlib_module_names - OURS
    assert foreign - set(FENCES) == set()


def test_llama_cpp_keeps_nothing_on_disk():
    """Its disk cache unpickles what it finds (CVE-2025-69872); `make audit` passes over that because of this."""
    for path in sources():
        assert not re.search(r"\b(LlamaDiskCache|set_cache)\b", path.read_text(encoding="utf-8")), name(path)

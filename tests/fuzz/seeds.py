"""Real examples, small ones: what the targets' files look like where nothing is wrong."""

import struct
from pathlib import Path

from edge_agent.bench import recordings
from edge_agent.workers.onnx_graph import field

_ROOT = Path(__file__).parents[2]

SETTINGS = [
    b'[audio]\ninput = "Jabra"\nrate_hz = 48000\n[floor]\nsilence_ms = 500\nfinished_at = 0.9\n',
    b'[cloud]\nproviders = [{name = "sky", base_url = "https://sky.example/v1", model = "m", key_env = "KEY"}]\n',
    b'[privacy]\nnames = ["Ada"]\nwhen_card = "block"\n[ear]\nplace = "car"\ncanceller = "auto"\n',
]
TOML_WORDS = [b'"', b"[", b"]", b"[[", b"=", b"\n", b"'''", b"1e999", b"inf", b"1979-05-27T07:32:00Z", b"true", b"\\u"]

CATALOGUE = (_ROOT / "models" / "catalogue.toml").read_bytes()[:6000]

SCENARIOS = [path.read_bytes() for path in sorted((_ROOT / "tests" / "scenarios").glob("*.yaml"))]
YAML_WORDS = [b": ", b"- ", b"\n", b"  ", b"*a", b"&a ", b"!!python/object:os.system ", b"[", b"(", b"|", b"{", b"<a>"]

SENTENCES_SMALL = b"""
intents:
  Light:
    data:
      - sentences: ["(turn|switch) {state} [the] light [in [the] {room}]", "light {state}"]
  Timer:
    data:
      - sentences: ["set [a] timer for {minutes} minutes <now>"]
lists:
  state: {values: [{in: "on", out: 1}, "off"]}
  room: {values: [kitchen, hall]}
  minutes: {range: {from: 1, to: 60}}
expansion_rules:
  now: "[now|please]"
skip_words: [please, um]
answers: {Light: "The light is {state}."}
"""

KIOSK = b"""
context:
  expressions:
    order:
      - "[can I get, I'd like] [a, an] $size:size (hot) $drink:drink (with $milk:milk)"
    lights:
      - "[turn, switch] $state:state the lights"
  slots:
    size: [small, large, eight ounce]
    drink: [latte, americano, iced mocha]
    milk: [milk, soy milk]
    state: ["on", "off"]
"""

MANIFESTS = [
    (
        "turns/manifest.tsv",
        recordings.turns,
        b"path\ttext\tspeech_spans\tsource\tlicence\na.wav\tHello\t[[0.1, 0.5], [0.7, 1]]\tx\ty\n",
    ),
    (
        "intents/manifest.tsv",
        recordings.intents,
        b'path\tintent\tslots\tspeech_start_s\tspeech_end_s\na.wav\torder\t{"size": "large"}\t0.1\t1.5\n',
    ),
    (
        "interrupt/manifest.tsv",
        recordings.interruptions,
        b"path\tlabel\ttext\tspeech_start_s\na.wav\tstop\tStop\t0.2\n",
    ),
    ("noise/manifest.tsv", recordings.noises, b"path\tlabel\na.wav\tcar\n"),
    ("rir/manifest.tsv", recordings.rooms, b"path\tlabel\na.wav\thall\n"),
    ("echo/manifest.tsv", recordings.echoes, b"scenario\tmic\tlpb\tnear\none\ta.wav\tb.wav\t\n"),
    ("routing/manifest.tsv", recordings.questions, b"text\tclass\nWhat time is it?\tlocal_tool\n"),
    ("routing/turn_text.tsv", recordings.turn_texts, b"label\ttext\nfinished\tStop it.\n"),
]


def _wav(form: int, channels: int, bits: int) -> bytes:
    sound = bytes(range(240)) * 2
    width = channels * bits // 8
    fmt = struct.pack("<HHIIHH", form, channels, 16_000, 16_000 * width, width, bits)
    chunks = b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"LIST\x04\0\0\0INFO"
    chunks += b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


SOUNDS = [_wav(1, 1, 16), _wav(1, 2, 24), _wav(1, 1, 8), _wav(3, 1, 32), _wav(3, 2, 64)]


def _node(operator: bytes, given: bytes, made: bytes) -> bytes:
    return field(1, field(1, given) + field(2, made) + field(4, operator))


def _called(name):
    return struct.pack("<H", len(name) + 1) + name + b"\0"


CT2 = (
    struct.pack("<I", 6)
    + _called(b"WhisperSpec")
    + struct.pack("<II", 3, 2)
    + (_called(b"encoder/weight") + struct.pack("<BIIBI", 2, 2, 3, 4, 12) + b"\0\x3c" * 6)
    + (_called(b"heads") + struct.pack("<BBI", 0, 2, 2) + b"\6\0")
    + struct.pack("<I", 1)
    + (_called(b"decoder/weight") + _called(b"encoder/weight"))
)

ONNX = field(2, b"edge") + field(
    7,
    _node(b"Conv", b"input", b"middle")
    + _node(b"Relu", b"middle", b"output")
    + field(5, field(8, b"weight") + field(9, b"\0" * 16))
    + field(11, field(1, b"input"))
    + field(12, field(1, b"output")),
)

CPUINFO = b"processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu sse2 avx2 avx512f avx512_vnni\n\n"
MEMINFO = b"MemTotal:       24561234 kB\nMemFree:        10000000 kB\nMemAvailable:   22000000 kB\n"
CGROUPS = (b"0::/a\n5:cpu,cpuacct:/a/b\n", b"150000 100000\n")

GGUF = b"GGUF" + struct.pack("<IQQ", 3, 0, 2)
GGUF += struct.pack("<Q", 20) + b"general.architecture" + struct.pack("<IQ", 8, 5) + b"llama"
GGUF += struct.pack("<Q", 20) + b"llama.context_length" + struct.pack("<II", 4, 2048)

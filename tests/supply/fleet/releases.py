"""Releases of small files."""

import hashlib

from edge_agent.supply.fleet.release import Answer, Chunk, Component, File, Format, Part, Release


def file(path: str, data: bytes) -> File:
    sha256 = hashlib.sha256(data).hexdigest()
    return File(path, len(data), sha256, (Chunk(sha256, len(data)),) if data else ())


def release(counter: int = 1, **changed) -> Release:
    voice = Component("voice", Part.TTS, Format.ONNX, "CC0-1.0", "nowhere", (file("voice.onnx", b"la"),))
    model = Component("words", Part.LLM, Format.GGUF, "MIT", "nowhere", (file("model.gguf", b"weights"),))
    told = {
        "name": "spring",
        "version": "1.2.3",
        "counter": counter,
        "components": (model, voice),
        "answers": (Answer("words", "Say yes.", ("yes",)), Answer("voice", "Hello.", min_ms=300, max_ms=900)),
        "settings": {"mind.persona": "You are kind."},
    }
    return Release(**{**told, **changed})

"""Weights of a kind that llama.cpp multiplies slowly are read as a kind that it multiplies fast.

1. What is in the file stays what the model knows: a weight of 4 bits with its block's offset is one of 8 bits. A prompt
   takes half of the time then, and a token no more.
2. Only where it was measured to be so: x86 with 8-bit products. On a board whose memory is slow a token would wait
   for twice the bytes.
3. It lies in memory and nowhere else, for as long as it is used. What can't be widened is loaded as it is.
"""

import contextlib
import ctypes
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import llama_cpp

from edge_agent.workers.gguf import begin

BYTES_MAX = 256_000_000
"""Of a file. It takes half as much memory again when it is widened, and half a second for 100 MB."""

_SLOW, _FAST = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_1, llama_cpp.LLAMA_FTYPE_MOSTLY_Q8_0
_TYPE = b"general.file_type"

log = logging.getLogger(__name__)


def multiplies_bytes(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this is an x86 processor with 8-bit products."""
    flags = cpuinfo.read_text(errors="replace").split() if cpuinfo.exists() else []
    return "avx512_vnni" in flags or "avx_vnni" in flags


@contextlib.contextmanager
def widened(path: Path, threads: int) -> Iterator[Path]:
    """Yield from where to load a GGUF: its own `path`, or the same in 8 bits, in memory while anybody has it open."""
    begin()
    slow = multiplies_bytes() and path.stat().st_size <= BYTES_MAX and file_type(path) == _SLOW
    if not slow:
        yield path
        return
    memory = os.memfd_create("weights")
    try:
        there = Path(f"/proc/self/fd/{memory}")
        how = llama_cpp.llama_model_quantize_default_params()
        how.ftype, how.allow_requantize, how.nthread = _FAST, True, threads
        failed = llama_cpp.llama_model_quantize(str(path).encode(), str(there).encode(), ctypes.byref(how))
        if failed:
            log.warning("no memory to read the language model's weights in 8 bits: its prompts take twice as long")
        yield path if failed else there
    finally:
        os.close(memory)


def file_type(path: Path) -> int | None:
    """Return the kind of most weights in a GGUF (`LLAMA_FTYPE_MOSTLY_…`); None if it does not say, or is no GGUF."""
    asked = llama_cpp.llama_model_default_params()
    asked.vocab_only = True
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), asked)
    if not model:
        return None
    try:
        said = ctypes.create_string_buffer(16)
        known = llama_cpp.llama_model_meta_val_str(model, _TYPE, said, len(said)) > 0
        return int(said.value) if known and said.value.isdigit() else None
    finally:
        llama_cpp.llama_model_free(model)

"""A GGUF model through llama.cpp: text to tokens, tokens to logits, and a cache of what was evaluated last.

This is the C interface as llama-cpp-python declares it, not that package's own `Llama`: it offers neither the switch
that rule 1 needs nor a way to stop in the middle of a long prompt.

1. Where the processor has AMX, the repacked weight buffers stay off: llama.cpp dies in `ggml_backend_amx_mul_mat` on
   many such machines, virtual ones above all. The ordinary kernels use AVX-512 there.
2. Tokens already in the cache are not evaluated again. `keep` says how many of a new prompt that is.
3. A prompt is evaluated in small batches, so that whoever asks can stop between two of them.
4. Where others hold the processor, one thread works alone (`crowded.py`).
"""

import ctypes
import logging
import time
from collections.abc import Sequence
from pathlib import Path

import llama_cpp
import numpy as np
from numpy.typing import NDArray

from edge_agent.base.errors import EngineError, InputError, ModelError
from edge_agent.workers.crowded import Crowded

BATCH_TOKENS = 64
"""Evaluated in one go: a cancel waits for no more. Half of it costs 40 % more a token, more of it gains nothing."""

_PIECE_BYTES_MAX = 256
_LIKELIEST = 64
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
_WARN, _ERROR = 3, 4

log = logging.getLogger(__name__)


@llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
def _log(level: int, text: bytes, _: ctypes.c_void_p) -> None:
    # What it tells about itself below a warning is a hundred lines at every start.
    if level in (_WARN, _ERROR):
        log.warning("%s", text.decode(errors="replace").rstrip())


def begin() -> None:
    """Begin to use llama.cpp, as often as one likes. What it logs goes where everything goes."""
    llama_cpp.llama_log_set(_log, None)
    llama_cpp.llama_backend_init()


class Gguf:
    """One loaded model with one conversation in its cache."""

    def __init__(self, path: Path, context_tokens: int, threads: int) -> None:
        begin()
        model = llama_cpp.llama_model_default_params()
        model.n_gpu_layers = 0
        model.use_extra_bufts = not _has_amx()
        self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), model)
        if not self._model:
            raise ModelError(f"{path} is no model that llama.cpp can load", hint="Run `edge-agent models verify`.")
        context = llama_cpp.llama_context_default_params()
        context.n_ctx = context_tokens
        context.n_batch = context.n_ubatch = BATCH_TOKENS
        # Flash attention is slower on processors: with 500 tokens of conversation, twice as slow.
        context.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
        context.n_threads = context.n_threads_batch = threads
        self._reading, self._speaking = Crowded(threads), Crowded(threads)
        self._context = llama_cpp.llama_init_from_model(self._model, context)
        if not self._context:
            raise EngineError(
                f"there is no memory for a context of {context_tokens} tokens", hint="Lower `mind.context_tokens`."
            )
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._vocab = llama_cpp.llama_model_get_vocab(self._model)
        self.vocab_size: int = llama_cpp.llama_vocab_n_tokens(self._vocab)
        """How many tokens the model knows."""
        self._kept: list[int] = []
        self._batch = llama_cpp.llama_batch_init(BATCH_TOKENS, 0, 1)
        self._marked = np.zeros(self.vocab_size, np.float32)
        template = llama_cpp.llama_model_chat_template(self._model, None)
        self.template: str = template.decode() if template else ""
        """How the model wants a conversation written, in Jinja; empty if its file does not say."""

    def tokenize(self, text: str) -> list[int]:
        """Return the tokens of `text`, control tokens included where it spells them."""
        data = text.encode()
        tokens = (llama_cpp.llama_token * (len(data) + 8))()
        count = llama_cpp.llama_tokenize(self._vocab, data, len(data), tokens, len(tokens), True, True)
        if count < 0:
            raise EngineError(f"llama.cpp can't tokenize {len(data)} bytes of text")
        return list(tokens[:count])

    def piece(self, token: int) -> bytes:
        """Return the bytes that `token` stands for: often not whole characters, none for a control token."""
        buffer = ctypes.create_string_buffer(_PIECE_BYTES_MAX)
        count = llama_cpp.llama_token_to_piece(self._vocab, token, buffer, _PIECE_BYTES_MAX, 0, False)
        return buffer.raw[: max(count, 0)]

    def is_end(self, token: int) -> bool:
        """Whether `token` ends a reply."""
        return bool(llama_cpp.llama_vocab_is_eog(self._vocab, token))

    def keep(self, tokens: Sequence[int]) -> int:
        """Forget what does not begin `tokens`; return how many are evaluated already.

        The last one never is: its logits are what the reply begins with, and only the latest evaluation has logits.
        """
        same = 0
        for old, new in zip(self._kept, tokens[:-1], strict=False):
            if old != new:
                break
            same += 1
        if not llama_cpp.llama_memory_seq_rm(self._memory, 0, same, -1):
            # Some architectures can't forget a part of what they read.
            llama_cpp.llama_memory_clear(self._memory, True)
            same = 0
        del self._kept[same:]
        return same

    def evaluate(self, tokens: Sequence[int], marked: int | None = None) -> None:
        """Append at most `BATCH_TOKENS` to the conversation. The one at `marked` has logits of its own."""
        batch = self._batch
        batch.n_tokens = len(tokens)
        for place, token in enumerate(tokens):
            batch.token[place] = token
            batch.pos[place] = len(self._kept) + place
            batch.n_seq_id[place] = 1
            batch.seq_id[place][0] = 0
            batch.logits[place] = place in (marked, len(tokens) - 1)
        llama_cpp.llama_set_n_threads(self._context, self._speaking.threads, self._reading.threads)
        began, got = time.perf_counter(), time.process_time()
        code = llama_cpp.llama_decode(self._context, batch)
        kind = self._speaking if len(tokens) == 1 else self._reading
        kind.took(time.perf_counter() - began, time.process_time() - got)
        if code != 0:
            raise EngineError(f"llama.cpp could not evaluate {len(tokens)} tokens after {len(self._kept)}: code {code}")
        self._kept += tokens
        if marked is not None:
            self._marked = self._logits(marked).copy()

    def grammar(self, text: str) -> "Grammar":
        """Return what keeps a reply to a GBNF grammar whose root is `root`. InputError if it is none."""
        return Grammar(self._vocab, self.vocab_size, text)

    def logits(self, *, marked: bool = False) -> NDArray[np.float32]:
        """Return what the model thinks of every token as the next one, or thought after the last one that was marked.

        Valid until the next evaluation.
        """
        return self._marked if marked else self._logits(-1)

    def _logits(self, place: int) -> NDArray[np.float32]:
        values = llama_cpp.llama_get_logits_ith(self._context, place)
        return np.ctypeslib.as_array(values, shape=(self.vocab_size,))


class Grammar:
    """What may come next in one reply. Used as a context, which frees it."""

    def __init__(self, vocab: object, vocab_size: int, text: str) -> None:
        self._sampler = llama_cpp.llama_sampler_init_grammar(vocab, text.encode(), b"root")
        if not self._sampler:
            raise InputError("llama.cpp can't read the grammar", hint="Give the tool a plainer schema.")
        self._candidates = np.zeros(vocab_size, _CANDIDATE)

    def __enter__(self) -> "Grammar":
        return self

    def __exit__(self, *_: object) -> None:
        llama_cpp.llama_sampler_free(self._sampler)

    def likeliest(self, logits: NDArray[np.float32]) -> int:
        """Return the likeliest token that may come next."""
        best = np.argpartition(logits, -_LIKELIEST)[-_LIKELIEST:]
        token = self._allowed(best, logits)
        if token is None:  # It would rather say something else; the whole vocabulary takes some milliseconds.
            token = self._allowed(np.arange(logits.size), logits)
        if token is None:
            raise EngineError("the grammar allows no token")
        return token

    def accept(self, token: int) -> None:
        """Go on behind `token`."""
        llama_cpp.llama_sampler_accept(self._sampler, token)

    def _allowed(self, tokens: NDArray[np.intp], logits: NDArray[np.float32]) -> int | None:
        """The likeliest of these that may come next; None where none may."""
        candidates = self._candidates[: tokens.size]
        candidates["id"], candidates["logit"] = tokens, logits[tokens]
        data = candidates.ctypes.data_as(llama_cpp.llama_token_data_p)
        array = llama_cpp.llama_token_data_array(data, tokens.size, -1, False)
        llama_cpp.llama_sampler_apply(self._sampler, ctypes.byref(array))
        place = int(candidates["logit"].argmax())
        return int(candidates["id"][place]) if np.isfinite(candidates["logit"][place]) else None


def _has_amx() -> bool:
    return " amx_" in Path("/proc/cpuinfo").read_text(errors="replace")

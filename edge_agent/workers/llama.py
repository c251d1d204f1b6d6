"""The language model's worker: a conversation in, the reply in pieces out. Run as `python -m edge_agent.workers.llama`.

Options: `folder` with one .gguf file, `context_tokens`, `threads`.

1. A job is ``{do: "reply", messages: [{role, content}…], words, reply_tokens, temperature, stop}`` or, with
   `do: "warm"`, the same without a reply: it only fills the cache with what the next reply will begin with. `words` is
   the last message without the punctuation at its end. Before the reply comes `sentence_end` (0-1), how likely the
   model finds the end of a sentence after them: the weight of all tokens that end one against all others. Both are
   read in one go. It is None where there are no words.
2. A conversation that does not fit loses its oldest exchanges, several at a time: losing one each turn would change
   the beginning of the prompt each turn, and nothing cached could be used. The system prompt and the last exchange
   stay; if these alone do not fit, that is an InputError.
3. `{do: "value", messages, schema, reply_tokens}` is answered with a JSON value that is valid for the schema, as one
   text: a grammar leaves the model no other words (`gbnf.py`). One that does not come to its end in time is cut.
4. While the prompt is evaluated, each batch is reported (`evaluated`, `prompt_tokens`); a slow machine is not a hung
   one. Then text comes as it is made, never half a character, never a piece of a stop string; in the second half of its
   tokens by the sentence, and what the limit cuts off is not said. A token that says nothing yet is an empty text.
5. A cancel is seen before every token and every batch.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from edge_agent.base.errors import EngineError, InputError, ModelError
from edge_agent.workers.child import Engine, serve
from edge_agent.workers.gbnf import grammar
from edge_agent.workers.gguf import BATCH_TOKENS, Gguf
from edge_agent.workers.sampling import Sampler
from edge_agent.workers.text import Sentences, Text
from edge_agent.workers.widening import widened
from edge_agent.workers.wire import JSON, Item

EXCHANGES_LOST_AT_ONCE = 4
"""A forgotten block costs one full evaluation, and pays for itself over the next four turns."""

STOPS = {b".", b"?", b"!", b"\n"}
"""What ends a sentence, as the first byte of a token."""

Chat = Sequence[Mapping[str, str]]


class LlamaEngine:
    """One model, one conversation in its cache."""

    def __init__(self, options: Mapping[str, JSON]) -> None:
        self._context_tokens: int = options["context_tokens"]
        threads = options["threads"]
        with widened(_only_gguf(Path(options["folder"])), threads) as weights:
            self._model = Gguf(weights, self._context_tokens, threads)
        self._template = _Template(self._model.template)
        self._ends = _sentence_ends(self._model)

    def prove(self) -> None:
        """Let it count: any language model goes on with six, and no broken kernel does."""
        # A template that can't write the plainest conversation is to fail now, not in the first turn.
        self._prompt([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello."}], 0, True)
        prompt = self._model.tokenize("one, two, three, four, five,")
        for _ in self._fill(prompt, _never):
            pass
        said = "".join(self._speak(Sampler(temperature=0), 3, Text(()), _never))
        if "six" not in said:
            raise EngineError(f"asked to count on after five, the language model said {said!r}")

    def run(self, fields: Mapping[str, JSON], payload: bytes, cancelled: Callable[[], bool]) -> Iterator[Item]:
        """Reply, warm the cache, or make a value."""
        if fields["do"] == "value":
            yield from self._value(fields, cancelled)
            return
        replying = fields["do"] == "reply"
        prompt = self._prompt(fields["messages"], fields["reply_tokens"], replying)
        weighed = self._end_of_words(fields, prompt) if replying else 0
        yield from self._fill(prompt, cancelled, weighed)
        if replying and not cancelled():
            yield Item({"sentence_end": self._sentence_end() if weighed else None})
            text = Text(fields.get("stop", ()))
            sampler = Sampler(fields["temperature"])
            for piece in self._speak(sampler, fields["reply_tokens"], text, cancelled):
                yield Item({"text": piece})

    def _value(self, fields: Mapping[str, JSON], cancelled: Callable[[], bool]) -> Iterator[Item]:
        prompt, said = self._prompt(fields["messages"], fields["reply_tokens"], True), bytearray()
        with self._model.grammar(grammar(fields["schema"])) as allowed:
            yield from self._fill(prompt, cancelled)
            for _ in range(fields["reply_tokens"]):
                if cancelled() or self._model.is_end(token := allowed.likeliest(self._model.logits())):
                    break
                said += self._model.piece(token)
                allowed.accept(token)
                self._model.evaluate([token])
                yield Item({"made": len(said)})
        yield Item({"text": said.decode(errors="ignore")})

    def _end_of_words(self, fields: Mapping[str, JSON], prompt: Sequence[int]) -> int:
        """How many tokens of the prompt there are up to the last of the words; 0 where that is between no two."""
        *before, last = fields["messages"]
        if not fields["words"]:
            return 0
        told = self._prompt([*before, {**last, "content": fields["words"]}], fields["reply_tokens"], replying=False)
        closing = max((place for place, token in enumerate(told) if self._model.is_end(token)), default=len(told))
        return closing if list(prompt[:closing]) == told[:closing] else 0

    def _sentence_end(self) -> float:
        logits = self._model.logits(marked=True).astype(np.float64)
        weights = np.exp(logits - logits.max())
        return float(weights[self._ends].sum() / weights.sum())

    def _fill(self, prompt: list[int], cancelled: Callable[[], bool], weighed: int = 0) -> Iterator[Item]:
        """Evaluate the prompt; what the model thinks after the first `weighed` tokens of it is kept (0: nothing)."""
        kept = self._model.keep(prompt[:weighed] or prompt)
        for start in range(kept, len(prompt), BATCH_TOKENS):
            if cancelled():
                return
            batch = prompt[start : start + BATCH_TOKENS]
            marked = weighed - 1 - start
            self._model.evaluate(batch, marked if 0 <= marked < len(batch) else None)
            yield Item({"evaluated": start + len(batch) - kept, "prompt_tokens": len(prompt)})

    def _speak(self, sampler: Sampler, tokens_max: int, text: Text, cancelled: Callable[[], bool]) -> Iterator[str]:
        said: list[int] = []
        sentences, cut_off = Sentences(), False
        while not self._model.is_end(token := sampler.choose(self._model.logits(), said)):
            said.append(token)
            yield sentences.add(text.add(self._model.piece(token)), late=2 * len(said) > tokens_max)
            cut_off = len(said) == tokens_max
            if text.stopped or cut_off or cancelled():
                break
            self._model.evaluate([token])
        left = sentences.add(text.rest(), late=cut_off) + sentences.rest(cut_off=cut_off and not text.stopped)
        if left and not cancelled():
            yield left

    def _prompt(self, messages: Chat, reply_tokens: int, replying: bool) -> list[int]:
        system, exchanges = exchanges_of(messages)
        budget = self._context_tokens - reply_tokens
        while True:
            kept = [message for exchange in exchanges for message in exchange]
            prompt = self._model.tokenize(self._template.write([*system, *kept], replying))
            if len(prompt) <= budget:
                return prompt
            if len(exchanges) <= 1:
                raise InputError(
                    f"{len(prompt)} tokens are too long for a context of {budget} beside the reply",
                    hint="Say less at once, or raise `mind.context_tokens`.",
                )
            exchanges = exchanges[min(EXCHANGES_LOST_AT_ONCE, len(exchanges) - 1) :]


class _Template:
    """How this model wants a conversation written."""

    def __init__(self, source: str) -> None:
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        if not source:
            raise ModelError("the language model's file has no chat template", hint="Choose an instruction-tuned one.")
        self._template = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(source)

    def write(self, messages: Chat, replying: bool) -> str:
        # What a user types may spell a control token; it must not end his own message and begin the system's.
        safe = [{"role": m["role"], "content": m["content"].replace("<|", "< |")} for m in messages]
        # The tokenizer adds the beginning of the sequence where the model wants one.
        return self._template.render(messages=safe, add_generation_prompt=replying, bos_token="", eos_token="")


def exchanges_of(messages: Chat) -> tuple[list[Mapping[str, str]], list[list[Mapping[str, str]]]]:
    """Divide into the system's messages and exchanges: what the user said, and all until he speaks again."""
    system = [message for message in messages if message["role"] == "system"]
    exchanges: list[list[Mapping[str, str]]] = []
    for message in messages:
        if message["role"] == "user" or (message["role"] != "system" and not exchanges):
            exchanges.append([message])
        elif message["role"] != "system":
            exchanges[-1].append(message)
    return system, exchanges


def _sentence_ends(model: Gguf) -> list[int]:
    """Return the tokens that end a sentence: a stop, a line break, the end of the message."""
    return [token for token in range(model.vocab_size) if model.is_end(token) or model.piece(token)[:1] in STOPS]


def _only_gguf(folder: Path) -> Path:
    files = sorted(folder.glob("*.gguf"))
    if len(files) != 1:
        raise ModelError(
            f"{folder} holds {len(files)} .gguf files instead of one", hint="Run `edge-agent models pull`."
        )
    return files[0]


def _never() -> bool:
    return False


def make(options: Mapping[str, JSON]) -> Engine:
    """Load the model that `options` names."""
    return LlamaEngine(options)


if __name__ == "__main__":
    # Behind the voice: once the first phrase is being made into sound, the words after it have time.
    serve(make, niceness=10)

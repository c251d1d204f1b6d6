"""Train the router's classifier on the sentences in `tools/routing`, and say what it is worth.

    python tools/train_router.py [--out FILE]

1. `routing/<kind>.txt` holds sentences with alternatives, `(this|that)`, options, `[maybe]`, and slots, `{room}`, which
   `routing/slots.txt` fills. Each is spelled out into as many texts as give every kind about `TEXTS` of them; a
   courtesy before or behind some of them, in all kinds alike, teaches that courtesies mean nothing.
2. A multinomial logistic regression with an L2 prior, by full-batch Adam; each kind counts as often as `MIX` says it
   is said to a voice agent. No randomness but that of seeds: the same sentences give the same weights.
3. Cross-validation by sentence: a text is judged by weights that never saw another text of the same sentence. On these
   judgements the temperature is fitted, and the table of shares and the calibration error are printed.
4. The weights, rounded to 8 bits, go into `edge_agent/talk/mind/router/weights.npz` with the digest of the sentences.
"""

import argparse
import random
import re
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_agent.talk.mind.learned import WEIGHTS, digest, save
from edge_agent.talk.mind.router.classifier import BUCKETS, KINDS, Kind, Weights, bucket
from edge_agent.talk.mind.router.features import features
from edge_agent.talk.mind.router.policy import GAIN, SURE
from edge_agent.talk.mind.router.situation import ASK

SENTENCES = Path(__file__).parent / "routing"
TEXTS = 1200
MIX = {Kind.TOOL: 0.42, Kind.CHITCHAT: 0.09, Kind.KNOWLEDGE: 0.12, Kind.CLOUD: 0.24, Kind.OOS: 0.13}
"""Share of each kind among what is said to a voice agent: an assumption, and the prior of the classifier."""

COURTESIES = ("please", "hey", "could you", "can you please", "i want you to", "would you", "okay", "so", "tell me")
COURTEOUS = 0.15
FOLDS = 5
STEPS = 150
RATE = 0.1
PRIOR = 3e-4
"""L2, for each text."""

Slots = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Text:
    """A text, its kind, and the number of the sentence that it was made of."""

    words: str
    kind: Kind
    sentence: int


def main() -> None:
    """Train, judge, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    texts = spelled_out()
    logits, truth = cross_validated(texts)
    temperature = best_temperature(logits, truth, importance(texts))
    report(_shares(logits / temperature), truth)
    save(trained(texts, temperature), digest(sources()), arguments.out)
    sys.stdout.write(f"{len(texts)} texts, temperature {temperature:.2f} -> {arguments.out}\n")


# Sentences to texts.


def sources() -> list[Path]:
    """All that the weights follow from, besides numpy: sentences, features, and this file."""
    package = WEIGHTS.parent
    return [*sorted(SENTENCES.glob("*.txt")), package / "features.py", Path(__file__)]


def spelled_out() -> list[Text]:
    """Return all texts, of every kind about as many."""
    slots = dict(_slot(line) for line in _lines("slots"))
    texts: list[Text] = []
    sentence = 0
    for kind in KINDS:
        lines = _lines(kind.value)
        for line in lines:
            sentence += 1
            texts += [Text(words, kind, sentence) for words in _spell(line, slots, round(TEXTS / len(lines)))]
    return texts


def _lines(name: str) -> list[str]:
    lines = (SENTENCES / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def _slot(line: str) -> tuple[str, list[str]]:
    name, values = line.split(":", 1)
    return name.strip(), [value.strip() for value in values.split("|")]


def _spell(line: str, slots: Slots, number: int) -> list[str]:
    """Return at most `number` different texts of a sentence."""
    chance = random.Random(zlib.crc32(line.encode()))
    texts = {" ".join(_courteous(_one(line, slots, chance), chance).split()): None for _ in range(number)}
    return list(texts)


def _one(line: str, slots: Slots, chance: random.Random) -> str:
    while match := re.search(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]", line):
        chosen = chance.choice((match[1] if match[1] is not None else match[2]).split("|"))
        if match[2] is not None and chance.random() < 0.5:
            chosen = ""
        line = line[: match.start()] + chosen + line[match.end() :]
    while match := re.search(r"\{(\w+)\}", line):
        line = line[: match.start()] + chance.choice(slots[match[1]]) + line[match.end() :]
    return line


def _courteous(text: str, chance: random.Random) -> str:
    if chance.random() > COURTEOUS:
        return text
    return f"{text} please" if chance.random() < 0.3 else f"{chance.choice(COURTESIES)} {text}"


# Texts to weights.


@dataclass(frozen=True, slots=True)
class Design:
    """The features of all texts: entry k says that text `row[k]` has `value[k]` in bucket `column[k]`."""

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    value: NDArray[np.float64]
    rows: int

    def times(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits, a row for each text."""
        return np.stack(
            [
                np.bincount(self.row, self.value * table[self.column, kind], minlength=self.rows)
                for kind in range(table.shape[1])
            ],
            axis=1,
        )

    def back(self, residual: NDArray[np.float64]) -> NDArray[np.float64]:
        """Gradient, a row for each bucket."""
        return np.stack(
            [
                np.bincount(self.column, self.value * residual[self.row, kind], minlength=BUCKETS)
                for kind in range(residual.shape[1])
            ],
            axis=1,
        )


def design(texts: Sequence[Text]) -> Design:
    """Return the features of `texts`."""
    entries = [
        (row, bucket(name), value) for row, text in enumerate(texts) for name, value in features(text.words).items()
    ]
    rows, columns, values = zip(*entries, strict=True)
    return Design(np.array(rows), np.array(columns), np.array(values, np.float64), len(texts))


def labels(texts: Sequence[Text]) -> NDArray[np.intp]:
    """Return the number of each text's kind."""
    return np.array([KINDS.index(text.kind) for text in texts])


def importance(texts: Sequence[Text]) -> NDArray[np.float64]:
    """Return how much each text counts: each sentence of a kind alike, each kind by its share. Their mean is 1."""
    sentences = np.array([text.sentence for text in texts])
    of_kind = labels(texts)
    weight = 1.0 / np.bincount(sentences)[sentences]
    for number, kind in enumerate(KINDS):
        weight[of_kind == number] *= MIX[kind] / weight[of_kind == number].sum()
    return weight * len(texts)


def fit(texts: Sequence[Text]) -> NDArray[np.float64]:
    """Return the table of weights."""
    shape, truth = design(texts), np.eye(len(KINDS))[labels(texts)]
    weight = importance(texts)[:, None] / len(texts)
    table, mean, square = (np.zeros((BUCKETS, len(KINDS))) for _ in range(3))
    for step in range(1, STEPS + 1):
        gradient = shape.back((_shares(shape.times(table)) - truth) * weight) + PRIOR * table
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        rate = RATE * (1 - step / (STEPS + 1))
        table -= rate * mean / (1 - 0.9**step) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return table


def trained(texts: Sequence[Text], temperature: float) -> Weights:
    """Return the weights as they ship."""
    table = fit(texts)
    scale = np.abs(table).max(axis=0) / 127
    return Weights(np.rint(table / scale).astype(np.int8), scale.astype(np.float32), temperature)


def cross_validated(texts: Sequence[Text]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the logits of each text by weights that never saw its sentence, and its kind's number."""
    logits = np.zeros((len(texts), len(KINDS)))
    fold = np.array([text.sentence * 7919 % FOLDS for text in texts])
    for number in range(FOLDS):
        held = np.flatnonzero(fold == number)
        table = fit([text for text, part in zip(texts, fold, strict=True) if part != number])
        logits[held] = design([texts[index] for index in held]).times(table)
    return logits, labels(texts)


def best_temperature(logits: NDArray[np.float64], truth: NDArray[np.intp], weight: NDArray[np.float64]) -> float:
    """Return the temperature under which the truth is likeliest."""

    def loss(temperature: float) -> float:
        likely = _shares(logits / temperature)[np.arange(len(truth)), truth]
        return float(-(weight * np.log(likely)).sum())

    return min(np.arange(0.5, 4, 0.05).round(2).tolist(), key=loss)


def _shares(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def report(shares: NDArray[np.float64], truth: NDArray[np.intp]) -> None:
    """Print how the texts were judged by weights that never saw their sentences."""
    names = [kind.value for kind in KINDS]
    _row("taken for", names)
    said = shares.argmax(axis=1)
    for number, name in enumerate(names):
        row = np.bincount(said[truth == number], minlength=len(KINDS)) / (truth == number).sum()
        _row(name, [f"{100 * share:.1f} %" for share in row])
    _row("need from", names)
    need = shares @ np.array([GAIN[kind] for kind in KINDS])
    for ask in (0.4, 0.5, 0.6, ASK, 0.8):
        _row(f"{ask:.2f}", [f"{100 * (need[truth == number] >= ask).mean():.1f} %" for number in range(len(KINDS))])
    surely = shares[:, KINDS.index(Kind.TOOL)] >= SURE
    _row("surely a command", [f"{100 * surely[truth == number].mean():.1f} %" for number in range(len(KINDS))])
    sys.stdout.write(f"expected calibration error {100 * calibration_error(shares, truth):.1f} %\n")


def _row(title: str, cells: Sequence[str]) -> None:
    sys.stdout.write(f"{title:>16}" + "".join(f"{cell:>16}" for cell in cells) + "\n")


def calibration_error(shares: NDArray[np.float64], truth: NDArray[np.intp], bins: int = 10) -> float:
    """Return the mean distance between how sure the judgements are and how often they are right."""
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == truth
    place = np.minimum((sure * bins).astype(int), bins - 1)
    return sum(
        abs(sure[place == one].mean() - right[place == one].mean()) * (place == one).mean() for one in np.unique(place)
    )


if __name__ == "__main__":
    main()

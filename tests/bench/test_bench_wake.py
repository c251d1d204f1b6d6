"""The benchmark of false wakes: that it counts what wakes, hears everything once, and says how sure it is."""

import wave

import numpy as np
import pytest

from edge_agent.base.errors import InputError
from edge_agent.base.frames import CHUNK, RATE_HZ
from edge_agent.bench import wake


class Spotter:
    """A fake that is woken by what is loud."""

    def __init__(self):
        self.resets = self.heard = 0

    def feed(self, samples):
        assert samples.shape == (CHUNK,)
        self.heard += 1
        return bool(np.abs(samples).max() > 0.5)

    def reset(self):
        self.resets += 1


def folder(root, *sounds):
    (root / "noise").mkdir(parents=True)
    rows = ["path\tlabel"]
    for number, sound in enumerate(sounds):
        with wave.open(str(root / "noise" / f"{number}.wav"), "wb") as file:
            file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
            file.writeframes((sound * 32767).astype(np.int16).tobytes())
        rows += [f"{number}.wav\tnoise"] * 2
    (root / "noise" / "manifest.tsv").write_text("\n".join(rows) + "\n")
    return root


HUSH = np.full(RATE_HZ * 9, 0.1)


def test_every_waking_is_counted_once_and_named(tmp_path):
    bangs = HUSH.copy()
    bangs[[RATE_HZ, 5 * RATE_HZ]] = 0.9
    spotter = Spotter()
    told = wake.run(folder(tmp_path, HUSH, bangs), spotter, lambda *_: None)
    assert (told["false_wakes"], told["recordings"], spotter.resets) == (2, 2, 2)
    assert told["per_hour"] == pytest.approx(2 / (18 / 3600))
    assert [path.rpartition("/")[2] for path in told["woken_by"]] == ["1.wav", "1.wav"]
    assert told["per_hour_at_most"] is None


def test_who_saw_nothing_says_how_little_that_proves(tmp_path):
    told = wake.run(folder(tmp_path, HUSH), Spotter(), lambda *_: None)
    assert (told["false_wakes"], told["per_hour"]) == (0, 0)
    assert told["per_hour_at_most"] == pytest.approx(3 * 3600 / 9)


def test_a_folder_without_recordings_is_told(tmp_path):
    with pytest.raises(InputError, match="has no recordings"):
        wake.run(tmp_path, Spotter(), lambda *_: None)

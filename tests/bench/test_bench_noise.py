"""The benchmark of noises and strangers: what its scenes hold, and that it can tell a good ear from a bad one."""

import wave

import numpy as np
import pytest

from edge_agent.base.errors import InputError
from edge_agent.base.events import VoiceStarted, VoiceStopped
from edge_agent.base.frames import FRAME, RATE_HZ
from edge_agent.base.settings import EarSettings, Place
from edge_agent.bench import noise, noise_scenes
from edge_agent.bench.echo_life import Ear
from edge_agent.bench.interrupt_cases import active_dbfs
from edge_agent.bench.noise_scenes import Cast, Kind, Scene
from edge_agent.workers.utterance import utterance
from tests.sim.engines import model_folder

RESPONSE = np.exp(-np.arange(4000) / 600).astype(np.float32)
HISS = np.random.default_rng(0).standard_normal(10 * RATE_HZ).astype(np.float32) * np.float32(0.1)
CAST = Cast([utterance(), utterance()[::-1].copy()], [HISS], [RESPONSE])


@pytest.mark.parametrize("snr_db", [-3, 12])
def test_a_voice_is_so_much_louder_than_the_noise(snr_db):
    scene = noise_scenes.in_noise(CAST, 0, snr_db)
    ((begin, _),) = scene.spans
    # Where both sound their powers add up.
    wanted = active_dbfs(scene.near[:begin]) + 10 * np.log10(1 + 10 ** (snr_db / 10))
    assert active_dbfs(scene.near[begin : begin + CAST.voices[0].size]) == pytest.approx(wanted, abs=2.5)


def test_a_car_is_loud_below_a_voice():
    powers = np.square(np.abs(np.fft.rfft(noise_scenes.car(0))))
    hz = np.fft.rfftfreq(noise_scenes.CAR_SIZE, 1 / RATE_HZ)
    octave_db = 10 * np.log10(powers[(hz > 400) & (hz < 420)].mean() / powers[(hz > 800) & (hz < 840)].mean())
    assert octave_db == pytest.approx(12, abs=1)
    assert powers[hz < 100].sum() > 0.9 * powers.sum()


@pytest.mark.parametrize("kind", [Kind.ALONE, Kind.CROWD, Kind.AFTER, Kind.BESIDE])
def test_the_same_number_is_the_same_scene(kind):
    one, other = (noise_scenes.stranger(CAST, 3, kind, 15) for _ in range(2))
    assert np.array_equal(one.near, other.near)
    assert one.near.size % FRAME == 0
    assert not np.array_equal(one.near[:FRAME], noise_scenes.stranger(CAST, 4, kind, 15).near[:FRAME])


def test_a_stranger_is_so_much_softer_than_the_user():
    scene = noise_scenes.stranger(CAST, 1, Kind.AFTER, 15)
    ((begin, end),) = scene.spans
    assert active_dbfs(scene.near[begin:end]) - active_dbfs(scene.near[scene.strange :]) == pytest.approx(15, abs=1)


def test_over_the_agent_both_sides_are_heard():
    scene = noise_scenes.over_agent(CAST, 1, 15)
    ((_, end),) = scene.spans
    assert not scene.far[: end + RATE_HZ].any()
    assert scene.far[scene.strange - RATE_HZ :].any()


SCENE = Scene(np.zeros(10 * RATE_HZ, np.float32), np.zeros(10 * RATE_HZ, np.float32), ((2 * RATE_HZ, 4 * RATE_HZ),))


def told(*edges_s):
    """Ears that tell of a voice from the first to the second time, and so on; an odd one stays open."""
    kinds = (VoiceStarted, lambda position: VoiceStopped(position, 0.064))
    return Ear(events=[kinds[number % 2](int(at * RATE_HZ)) for number, at in enumerate(edges_s)])


def test_a_good_ear():
    verdict = noise.judged(SCENE, told(2.1, 4.1))
    assert (verdict.missed, verdict.kept_open, verdict.early, verdict.taken) == (False, False, 0, False)
    assert verdict.kept == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize(
    ("edges_s", "wrong"),
    [((), "missed"), ((2.6, 4.0), "missed"), ((2.1,), "kept_open"), ((0.5, 1.0, 2.1, 4.0), "early")],
)
def test_what_an_ear_can_do_wrong(edges_s, wrong):
    assert getattr(noise.judged(SCENE, told(*edges_s)), wrong)


@pytest.mark.parametrize("edges_s", [(2.1, 4.1, 7.5, 8.0), (2.1, 4.1, 7.5)])
def test_a_voice_that_begins_with_a_stranger_is_taken(edges_s):
    scene = Scene(SCENE.near, SCENE.far, SCENE.spans, 7 * RATE_HZ)
    assert noise.judged(scene, told(*edges_s)).taken
    assert not noise.judged(scene, told(*edges_s[:2])).taken


@pytest.fixture
def data(tmp_path):
    """A folder with one voice, one noise and one room."""
    for folder, samples, columns, row in (
        ("turns", utterance(), "path\ttext\tspeech_spans", "a.wav\t\t[[0.3, 1.6]]"),
        ("noise", HISS, "path\tlabel", "a.wav\thiss"),
        ("rir", RESPONSE, "path\tlabel", "a.wav\troom"),
    ):
        (tmp_path / folder).mkdir()
        with wave.open(str(tmp_path / folder / "a.wav"), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE_HZ)
            out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
        (tmp_path / folder / "manifest.tsv").write_text(f"{columns}\n{row}\n")
    return tmp_path


@pytest.mark.models
def test_an_ear_that_knows_the_user_is_told_from_one_that_hears_everybody(data):
    vad = next(model_folder("silero-vad").glob("*.onnx"))

    def strangers(place):
        report = noise.run(data, vad, EarSettings(place=place), 2, lambda *_: None)
        assert report["by_snr"]["24"]["missed"] == 0
        assert 0 < report["cpu_pct"] < 100
        return report["stranger"]["20"]["after"]["taken"]

    assert strangers(Place.ANYWHERE) > 0
    assert strangers(Place.ROOM) == 0


def test_a_folder_without_noises_is_refused(data):
    (data / "noise" / "manifest.tsv").unlink()
    with pytest.raises(InputError, match="noise"):
        noise.run(data, data, EarSettings(), 1, lambda *_: None)

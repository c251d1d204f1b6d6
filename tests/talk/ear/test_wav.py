"""Wav files of every kind come in, only whole ones go out, and what is no wav is told apart."""

import os
import resource
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edge_agent.base.errors import InputError, OutputError
from edge_agent.base.frames import RATE_HZ
from edge_agent.talk.ear.rings import Exchange
from edge_agent.talk.ear.wav import EXTENSIBLE, FLOAT, PCM, WavReader, WavWriter
from edge_agent.talk.ear.wavfile import WavFile


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def wav(path, sound, *, rate_hz=RATE_HZ, bits=16, channels=1, form=PCM, between=b"", length=None):
    """Write one as other programs do, with whatever is wrong with it."""
    width = channels * bits // 8
    fields = struct.pack("<HHIIHH", form, channels, rate_hz, rate_hz * width, width, bits)
    if form == EXTENSIBLE:
        fields += struct.pack("<HHIH14s", 22, bits, 0, PCM, bytes(14))
    data = b"data" + struct.pack("<I", len(sound) if length is None else length) + sound
    body = b"WAVE" + chunk(b"fmt ", fields) + between + data
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


def heard(path):
    reader = WavReader(path)
    samples = reader.read(reader.frames + 10)
    reader.close()
    return samples


WANTED = np.array([0, 0.5, -0.5, 0.25, -1], np.float32)


@pytest.mark.parametrize(
    ("bits", "form", "sound"),
    [
        (8, PCM, (WANTED * 128 + 128).astype(np.uint8).tobytes()),
        (16, PCM, (WANTED * 2**15).astype("<i2").tobytes()),
        (16, EXTENSIBLE, (WANTED * 2**15).astype("<i2").tobytes()),
        (24, PCM, b"".join(int(one * 2**23).to_bytes(3, "little", signed=True) for one in WANTED)),
        (32, PCM, (WANTED * 2.0**31).astype("<i4").tobytes()),
        (32, FLOAT, WANTED.astype("<f4").tobytes()),
        (64, FLOAT, WANTED.astype("<f8").tobytes()),
    ],
)
def test_every_kind_of_sample_means_the_same(tmp_path, bits, form, sound):
    assert heard(wav(tmp_path / "a.wav", sound, bits=bits, form=form)).tolist() == WANTED.tolist()


@pytest.mark.parametrize("channels", [2, 6])
def test_many_channels_become_one(tmp_path, channels):
    sound = np.repeat(WANTED, channels) * np.tile([1.0] + [0.0] * (channels - 1), WANTED.size)
    path = wav(tmp_path / "a.wav", sound.astype("<f4").tobytes(), bits=32, form=FLOAT, channels=channels)
    assert heard(path) == pytest.approx(WANTED / channels)


def test_notes_between_the_format_and_the_sound_are_passed_over(tmp_path):
    sound = (WANTED * 2**15).astype("<i2").tobytes()
    path = wav(tmp_path / "a.wav", sound, between=chunk(b"LIST", b"odd") + chunk(b"cue ", b"even"))
    assert heard(path).tolist() == WANTED.tolist()


def test_a_file_of_unknown_length_is_read_to_its_end(tmp_path):
    sound = (WANTED * 2**15).astype("<i2").tobytes()
    assert heard(wav(tmp_path / "a.wav", sound, length=0xFFFFFFFF)).size == WANTED.size


def bad(tmp_path, name, make):
    path = tmp_path / name
    make(path)
    return path


@pytest.mark.parametrize(
    ("said", "make"),
    [
        ("can't be read", lambda path: None),
        ("is empty", lambda path: path.write_bytes(b"")),
        ("is not a wav file", lambda path: path.write_bytes(b"ID3\x03 a song, not a wave")),
        ("is not a wav file", lambda path: path.write_bytes(b"RIFF")),
        ("truncated", lambda path: path.write_bytes(b"RIFF\x10\0\0\0WAVEfmt ")),
        ("holds 4 of 400 bytes", lambda path: wav(path, b"\0" * 4, length=400)),
        ("holds no sound", lambda path: wav(path, b"")),
        ("unknown kind", lambda path: wav(path, b"\0" * 8, form=6, bits=8)),
        ("unknown kind", lambda path: wav(path, b"\0" * 8, bits=12)),
        ("unknown kind", lambda path: wav(path, b"\0" * 8, channels=0)),
        ("4000 samples per second", lambda path: wav(path, b"\0" * 8, rate_hz=4000)),
    ],
)
def test_what_is_no_sound_is_one_plain_error(tmp_path, said, make):
    with pytest.raises(InputError, match=said) as told:
        WavReader(bad(tmp_path, "sound.wav", make))
    assert "sound.wav" in str(told.value)
    assert told.value.hint


def test_an_hour_is_not_held_in_memory(tmp_path):
    path = tmp_path / "hour.wav"
    wav(path, b"", length=3600 * 48_000 * 2)
    with path.open("r+b") as file:
        file.truncate(44 + 3600 * 48_000 * 2)  # zeros that take no place on the disk
    program = (
        "import resource, sys; from pathlib import Path; from edge_agent.talk.ear.wav import WavReader\n"
        "reader = WavReader(Path(sys.argv[1])); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "read = sum(iter(lambda: reader.read(48_000).size, 0))\n"
        "print(read, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    read, grown_kb = map(int, done.stdout.split())
    assert read == 3600 * 48_000
    assert grown_kb < 20_000


def test_what_is_written_can_be_read(tmp_path):
    path = tmp_path / "out.wav"
    with WavWriter(path, 22_050) as writer:
        assert not path.exists()
        for sample in WANTED:
            writer.write(np.array([sample]))
    assert heard(path) == pytest.approx(WANTED, abs=1e-4)
    assert WavReader(path).rate_hz == 22_050
    assert [one.name for one in tmp_path.iterdir()] == ["out.wav"]


def test_what_is_given_up_leaves_nothing(tmp_path):
    def fail():
        with WavWriter(tmp_path / "out.wav", RATE_HZ) as writer:
            writer.write(WANTED)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_takes_nothing_is_told(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        WavWriter(tmp_path / "nowhere" / "out.wav", RATE_HZ)


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_full_disk_is_told_and_nothing_is_left(tmp_path, size):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))  # Of a file: as a disk that is full after so many bytes.
    try:
        with pytest.raises(OutputError, match="can't be written"), WavWriter(tmp_path / "out.wav", RATE_HZ) as writer:
            writer.write(np.zeros(size, np.float32))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_nothing_but_a_file_is_replaced(tmp_path):
    folder, pipe = tmp_path / "folder", tmp_path / "pipe"
    folder.mkdir()
    os.mkfifo(pipe)
    for taken in (folder, pipe, Path("/dev/null")):
        with pytest.raises(OutputError, match="no file"):
            WavWriter(taken, RATE_HZ)
    assert not Path("/dev/null").is_file()
    assert {one.name for one in tmp_path.iterdir()} == {"folder", "pipe"}


def test_an_answer_is_not_written_over_what_is_heard(tmp_path):
    path = wav(tmp_path / "in.wav", b"\0" * 3200)
    (tmp_path / "link.wav").symlink_to(path)
    for same in (path, tmp_path / "link.wav"):
        with pytest.raises(OutputError, match="the recording itself"):
            WavFile(path, same)


def test_a_file_that_was_never_opened_leaves_no_answer(tmp_path):
    WavFile(wav(tmp_path / "in.wav", b"\0" * 3200), tmp_path / "out.wav").finish()
    assert [one.name for one in tmp_path.iterdir()] == ["in.wav"]


def run(device, blocks):
    """Hear the device out; play a counter."""
    exchange = Exchange(device.rate_hz, 100)
    exchange.write(np.full(exchange.wanted, 0.5, np.float32))
    device.open(exchange)
    heard = []
    while len(heard) < blocks and (block := exchange.read(5)) is not None:
        heard.append(block.near)
        exchange.write(np.full(exchange.wanted, 0.5, np.float32))
    device.close()
    return np.concatenate(heard)


def test_a_file_that_was_taken_for_lost_goes_on_where_it_stood(tmp_path):
    counted = np.arange(2 * 4800, dtype="<i2")
    device = WavFile(wav(tmp_path / "in.wav", counted.tobytes(), rate_hz=48_000), tmp_path / "out.wav")
    first = run(device, 3)
    device.find()
    rest = run(device, 30)
    device.finish()
    heard = np.round(np.concatenate((first, rest)) * 2**15)
    steps = np.diff(heard[heard > 0])
    assert ((steps == 1) | (steps >= 480)).all()  # Nothing twice; what nobody read in time is skipped, as ever.
    reader = WavReader(tmp_path / "out.wav")
    assert reader.frames >= 33 * 480
    reader.close()


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 96_000])
def test_a_file_is_a_microphone_in_real_time(tmp_path, rate_hz):
    sound = np.sin(2 * np.pi * 500 * np.arange(rate_hz // 2) / rate_hz)
    path = wav(tmp_path / "in.wav", (sound * 2**14).astype("<i2").tobytes(), rate_hz=rate_hz)
    device = WavFile(path, tmp_path / "out.wav")
    assert device.length == RATE_HZ // 2
    begun = os.times().elapsed
    heard = run(device, 70)
    device.finish()
    assert 0.6 < os.times().elapsed - begun < 10
    assert device.ended.is_set()
    voiced = heard[4800:19_200]
    assert np.sqrt(np.mean(voiced**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert not heard[-2400:].any()
    reader = WavReader(tmp_path / "out.wav")
    spoken = reader.read(reader.frames)
    assert spoken.size >= 70 * 480
    assert spoken[: 10 * 480] == pytest.approx(0.5, abs=1e-3)


def test_a_file_without_an_answer_file_is_only_heard(tmp_path):
    device = WavFile(wav(tmp_path / "in.wav", b"\0" * 3200))
    assert run(device, 12).size == 12 * 480
    assert [one.name for one in tmp_path.iterdir()] == ["in.wav"]


@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_what_is_no_number_is_silence_and_what_is_too_loud_is_full_scale(tmp_path, kind):
    sound = np.array([np.nan, np.inf, -np.inf, 1e30, 0.25], kind)
    path = wav(tmp_path / "a.wav", sound.tobytes(), bits=8 * sound.itemsize, form=FLOAT)
    assert heard(path).tolist() == [0, 1, -1, 1, 0.25]

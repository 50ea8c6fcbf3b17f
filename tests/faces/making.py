"""What the face tests share: the astronaut picture, the loaded nets, and made-up faces."""

from __future__ import annotations

import functools

import numpy as np

from media_screen.arrays import Array, Floats, Image
from media_screen.faces.align import Quality
from media_screen.faces.detect import FaceDetector
from media_screen.faces.embed import FaceEmbedder
from media_screen.faces.track import Face
from tests.places import SAMPLES

_EDGE, _SCALE = 10, 6  # px around a face of 25 px, and by how much it is enlarged


def of_skimage(name: str) -> Array:
    """Return pictures that scikit-image ships; its functions have no types."""
    import skimage.data

    return np.asarray(getattr(skimage.data, name)())


@functools.cache
def astronaut() -> Image:
    """Return the public-domain portrait of scikit-image, 512 x 512 RGB."""
    return np.asarray(of_skimage("astronaut"), dtype=np.uint8)


@functools.cache
def detector() -> FaceDetector:
    return FaceDetector.load()


@functools.cache
def embedder() -> FaceEmbedder:
    return FaceEmbedder.load()


@functools.cache
def strangers() -> tuple[Image, ...]:
    """Return grey pictures of about a hundred people, 270 x 270 RGB: scikit-image's part of LFW.

    The faces are cut out tightly at 25 px, so that they are blurred, and a few are no longer found.
    """
    import cv2

    pictures = []
    for face in of_skimage("lfw_subset")[:100]:
        grey = np.asarray(face * 255, np.uint8)
        framed = cv2.copyMakeBorder(grey, _EDGE, _EDGE, _EDGE, _EDGE, cv2.BORDER_REPLICATE)
        large = cv2.resize(framed, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_CUBIC)
        pictures.append(np.repeat(np.asarray(large, np.uint8)[:, :, None], 3, axis=2))
    return tuple(pictures)


def picture(name: str) -> Image:
    """Return a picture of the samples as RGB."""
    import cv2

    read = cv2.imread(str(SAMPLES / name))
    assert read is not None, name
    return np.asarray(read[:, :, ::-1], dtype=np.uint8)


def frames(name: str, *, count: int) -> list[tuple[float, Image]]:
    """Return evenly spaced (time in s, RGB frame) of a video of the samples."""
    import av

    with av.open(str(SAMPLES / name)) as container:
        every = list(container.decode(container.streams.video[0]))
    picked = [every[i] for i in np.linspace(0, len(every) - 1, count).round().astype(int)]
    return [(float(frame.time or 0), frame.to_ndarray(format="rgb24")) for frame in picked]


def person(seed: int) -> Floats:
    """Return the embedding of a made-up person; those of different seeds are near orthogonal."""
    vector = np.random.default_rng(seed).normal(size=128).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def look(who: int, *, likeness: float = 0.9, seed: int = 0) -> Floats:
    """Return one frame's embedding of a person, at a cosine of `likeness` to the person's own."""
    own, other = person(who), person(1000 + seed)
    other = other - (other @ own) * own
    other /= np.linalg.norm(other)
    return np.asarray(likeness * own + np.sqrt(1 - likeness**2) * other, dtype=np.float32)


def face(
    time_s: float,
    who: int,
    x: float,
    *,
    y: float = 200.0,
    width: float = 100.0,
    likeness: float = 0.9,
    sharpness: float = 0.5,
) -> Face:
    """Return a frontal face of a made-up person, centred at (x, y)."""
    half = width / 2
    return Face(
        time_s=time_s,
        box=(x - half, y - half, x + half, y + half),
        landmarks=np.zeros((5, 2), dtype=np.float32),
        score=0.95,
        quality=Quality(
            size_px=width,
            sharpness=sharpness,
            yaw_deg=0.0,
            pitch_deg=0.0,
            roll_deg=0.0,
            inside=1.0,
            score=0.95,
        ),
        crop=np.zeros((256, 256, 3), dtype=np.uint8),
        embedding=look(who, likeness=likeness, seed=int(time_s * 100)),
    )

"""Exposed parts of bodies are scored and told; what is not sexual is not flagged."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from media_screen import weights
from media_screen.case import Case
from media_screen.detectors import explicit
from media_screen.detectors.explicit import NETWORK, PARTS, SIDE, Explicit, Exposure, exposure
from media_screen.evidence import Abstention, Evidence
from media_screen.fusion.judge import judge
from media_screen.fusion.thresholds import EXPLICIT_THRESHOLD
from tests.fakes import stand_in

GREY = np.full((90, 160, 3), 128, np.uint8)
BREAST, FEET = 3, 7  # rows of the network's parts


class Network:
    """A network that finds a part with a score, in full size and in half."""

    def __init__(self, part: int = BREAST, full: float = 0.0, half: float | None = None) -> None:
        self.part = part
        self.scores = (full, full if half is None else half)
        self.seen: list[np.ndarray] = []

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="images")]

    def run(self, _: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
        (image,) = given.values()
        self.seen.append(image)
        output = np.zeros((1, 22, 2100), np.float32)
        output[0, :4] = 300.0  # boxes are larger than any score
        output[0, 4 + self.part, 7] = self.scores[(len(self.seen) - 1) % 2]
        return [output]


def told(network: Network, *times: float, monkeypatch: pytest.MonkeyPatch) -> Evidence:
    detector = Explicit()
    monkeypatch.setattr(detector, "_open", lambda _: network)
    (piece,) = detector.examine(
        stand_in(Case, stills=[(time_s, GREY) for time_s in times], device="cpu")
    )
    assert isinstance(piece, Evidence)
    return piece


def test_the_highest_score_is_told_and_flags_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    piece = told(Network(BREAST, 0.875), 1.5, 3.0, monkeypatch=monkeypatch)
    assert (piece.score, piece.llr, piece.person) == (0.875, 0.0, None)
    assert "female breast scores highest: 0.88 of 1 at 1.5 s, in 2 stills" in piece.why
    assert set(piece.values) == set(PARTS.values())
    judged = judge([piece])
    assert "explicit" in judged.flags and judged.llr == {}
    assert judged.label == "unable_to_evaluate", "it is no evidence of anything else"


def test_no_part_is_named_that_is_hardly_there() -> None:
    piece = explicit.told([Exposure(1.5, dict.fromkeys(PARTS.values(), 0.01))])
    assert piece.why == "no exposed body was seen (stills looked at: 1; at most 0.01 of 1)"
    assert piece.score == 0.01 and set(piece.values) == set(PARTS.values())


@pytest.mark.parametrize(
    "network",
    [
        pytest.param(Network(FEET, 0.99), id="another-part"),
        pytest.param(Network(BREAST, 0.9, EXPLICIT_THRESHOLD - 0.01), id="only-full-size"),
        pytest.param(Network(BREAST, EXPLICIT_THRESHOLD - 0.01, 0.9), id="only-half-size"),
        pytest.param(Network(), id="nothing"),
    ],
)
def test_what_is_not_sure_is_not_flagged(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge([told(network, 0.0, monkeypatch=monkeypatch)]).flags == ()


@pytest.mark.parametrize("size", [(90, 160), (1, 1), (2000, 3), (SIDE, SIDE)])
def test_pictures_of_any_size_stand_in_the_middle(size: tuple[int, int]) -> None:
    network = Network()
    exposure(network, np.full((*size, 3), 255, np.uint8), 0.0)
    full, half = network.seen
    for image, share in ((full, 1.0), (half, 0.5)):
        assert image.shape == (1, 3, SIDE, SIDE) and image.dtype == np.float32
        assert image.max() == 1.0
        lit = np.argwhere(image[0, 0] > 0)
        assert np.ptp(lit, axis=0).max() + 1 == round(SIDE * share)
        assert np.abs(lit.mean(axis=0) - (SIDE - 1) / 2).max() <= 1


def test_without_stills_or_network_it_abstains(monkeypatch: pytest.MonkeyPatch) -> None:
    (piece,) = Explicit().examine(stand_in(Case, stills=[], device="cpu"))
    assert isinstance(piece, Abstention) and piece.reason == "unreadable"
    monkeypatch.setattr(weights, "_find", lambda _: None)
    weights.path.cache_clear()
    (piece,) = Explicit().examine(stand_in(Case, stills=[(0.0, GREY)], device="cpu"))
    assert isinstance(piece, Abstention) and piece.reason == "missing_package"
    assert "nudenet" in piece.why and f"--fetch {NETWORK}" in piece.why


def test_the_recorded_network_knows_the_parts_by_these_rows() -> None:
    nudenet = pytest.importorskip("nudenet.nudenet")
    labels = vars(nudenet)["__labels"]
    assert [labels[row] for row in PARTS] == [
        "BUTTOCKS_EXPOSED",
        "FEMALE_BREAST_EXPOSED",
        "FEMALE_GENITALIA_EXPOSED",
        "ANUS_EXPOSED",
        "MALE_GENITALIA_EXPOSED",
    ]


def test_the_real_network_sees_nothing_in_a_plain_picture() -> None:
    pytest.importorskip("nudenet")
    (piece,) = Explicit().examine(stand_in(Case, stills=[(0.0, GREY)], device="cpu"))
    assert isinstance(piece, Evidence) and 0.0 <= piece.score < EXPLICIT_THRESHOLD

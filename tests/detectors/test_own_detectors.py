"""A detector of another package is added by one flag, and counts when its user says how much."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from media_screen import Config, Screener
from media_screen.cli.main import main
from media_screen.detectors import DETECTORS, UnknownDetector, choose
from media_screen.fusion import combination
from media_screen.fusion.combination import Weight
from media_screen.screen.settings import settings_digest
from media_screen.testing import make_sample
from tests.places import PLUGINS


@pytest.fixture(autouse=True)
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PLUGINS))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("sample"), seconds=0.4)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments], env={"COLUMNS": "200"})


def test_an_added_one_comes_besides_the_others() -> None:
    names = [one.name for one in choose(added=["accusing"])]
    assert names == [*(kind.name for kind in DETECTORS), "accusing"]
    assert [one.name for one in choose(["channel"], added=["accusing"])] == ["channel", "accusing"]
    assert [one.name for one in choose(["accusing"], added=["accusing"])] == ["accusing"]


@pytest.mark.parametrize(
    ("weights", "added"),
    [
        ((), None),
        ((Weight("accusing", "picture", 0.25),), 2.0),
        ((Weight("accusing", "sound", 0.5),), 4.0),
        ((Weight("accusing", "sound", 0.0),), None),
    ],
    ids=["none", "quarter", "half", "nothing"],
)
def test_it_counts_as_much_as_its_user_says(
    weights: tuple[Weight, ...], added: float | None, sample: Path
) -> None:
    config = Config(device="cpu", detectors=("accusing",), weights=weights)
    assert Screener(config).screen(sample).llr.get("manipulation") == added


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--add-detector", "nonsense"), "no detector named 'nonsense'"),
        (("--weight", "accusing=picture:0.5"), "--add-detector"),
        (("--add-detector", "accusing", "--weight", "other=picture:0.5"), "'other' is not one"),
        (("--weight", "lip_sync=picture:0.5"), "of another package"),
        (("--add-detector", "accusing", *["--weight", "accusing=sound:1"] * 2), "two weights"),
        (("--weight", "accusing"), "expected NAME=picture:0.5 or NAME=sound:0.5"),
        (("--weight", "accusing=0.5"), "expected NAME=picture:0.5 or NAME=sound:0.5"),
        (("--weight", "accusing=picture:"), "expected NAME=picture:0.5 or NAME=sound:0.5"),
        (("--weight", "accusing=smell:0.5"), "judges one of"),
        (("--weight", "accusing=picture:1.5"), "0 to 1"),
        (("--weight", "accusing=picture:-1"), "0 to 1"),
        (("--weight", "accusing=picture:nan"), "0 to 1"),
        (("--weight", "=picture:0.5"), "needs the name"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_can_not_be_is_a_usage_error(
    arguments: tuple[str, ...], told: str, sample: Path, tmp_path: Path
) -> None:
    result = invoke("scan", sample, "--out", tmp_path / "out", *arguments)
    assert result.exit_code == 2 and told in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()


def test_a_weight_given_to_the_api_for_nobody_is_refused() -> None:
    config = Config(device="cpu", weights=(Weight("accusing", "picture", 0.5),))
    with pytest.raises(UnknownDetector):
        Screener(config).prepare()


def test_the_settings_know_it() -> None:
    added = Config(device="cpu", add_detectors=("accusing",))
    half, whole = (
        Config(device="cpu", add_detectors=("accusing",), weights=(Weight("accusing", "sound", w),))
        for w in (0.5, 1.0)
    )
    assert len({settings_digest(one) for one in (Config(device="cpu"), added, half, whole)}) == 4


@pytest.mark.parametrize("subject", ["picture", "sound"])
def test_more_suspicion_never_lowers_the_sum(subject: combination.Subject) -> None:
    joined = combination.shipped().joined_by([Weight("accusing", subject, 0.7)])
    values = (-9.0, -1.0, 0.0, 1.0, 9.0)
    names = ("accusing", *(name for own in joined.weights.values() for name in own))
    for one, other in itertools.permutations(dict.fromkeys(names), 2):
        for still in values:
            sums = [joined.total(joined.contributions({one: v, other: still})) for v in values]
            assert sums == sorted(sums)


def test_a_shipped_weight_is_not_replaced() -> None:
    shipped = combination.shipped()
    name = next(iter(shipped.weights["picture"]))
    with pytest.raises(ValueError, match="has a weight already"):
        shipped.joined_by([Weight(name, "sound", 0.1)])


def test_it_says_what_it_does_when_it_is_named() -> None:
    assert "Finds every file forged." not in invoke("detectors").output
    assert "Finds every file forged." in invoke("detectors", "accusing").output
    assert invoke("detectors", "nonsense").exit_code == 2

"""Splits the labelled files into folds that share no collection, method or person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from training.face_artifact.crops import CropSource

# People who appear under other names, or in files of several collections (seen by eye).
SAME_PERSON: tuple[tuple[str, ...], ...] = (
    ("eyecantell-0002", "hyperlips-0001", "edtalk-0004", "lia-0004", "makeittalk-0025"),
    ("sadtalker-0001", "edtalk-0002"),
    ("web-talking-004", "web-talking-018", "web-talking-027"),
    ("web-talking-024", "web-talking-039"),
    ("web-talking-009", "web-talking-025"),
)
# Names under which one tool goes in several collections.
SAME_METHOD = {"Wav2Lip on AI-generated avatar": "Wav2Lip", "Wav2Lip-GAN": "Wav2Lip"}
# Methods that one collection or more show: their name alone, without what the manifest adds.
_ANY_METHOD = ("real", "")


def split(sources: Sequence[CropSource], count: int) -> Mapping[str, int]:
    """Return the fold, 0 to `count` - 1, of each file by its path.

    Collections that share a person or a method of forging are kept together; the groups are dealt
    out, largest first, to the fold that has fewest of their files, clips counting more than stills.
    """
    groups = joined(sources)
    sizes = [[0.0, 0.0] for _ in range(count)]
    folds: dict[str, int] = {}
    for group in sorted(groups, key=lambda group: (-sum(map(_weight, group)), group[0].path)):
        load = (
            sum(_weight(one) for one in group if not one.fake),
            sum(_weight(one) for one in group if one.fake),
        )
        # The fold in which the kinds that this group holds are rarest.
        fold = min(
            range(count),
            key=lambda k: (sizes[k][0] * load[0] + sizes[k][1] * load[1], sum(sizes[k]), k),
        )
        for k in (0, 1):
            sizes[fold][k] += load[k]
        folds.update((one.path, fold) for one in group)
    return folds


def _weight(source: CropSource) -> float:
    return 1.0 if source.kind.endswith("video") else 0.1


def joined(sources: Sequence[CropSource]) -> list[list[CropSource]]:
    """Join files that share a collection, a forging method or a person, however indirectly."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for source in sources:
        own = root("collection " + source.collection)
        for key in _keys(source):
            parent[root(key)] = own = root(own)
    groups: dict[str, list[CropSource]] = defaultdict(list)
    for source in sources:
        groups[root("collection " + source.collection)].append(source)
    return [groups[key] for key in sorted(groups)]


def _keys(source: CropSource) -> list[str]:
    keys = []
    for people in SAME_PERSON:
        if source.stem in people or source.identity in people:
            keys.append("person " + people[0])
    if source.person:
        keys.append("face " + source.person)
    if source.identity:
        keys.append("person " + source.identity)
    if source.method not in _ANY_METHOD:
        method = source.method.split(" (")[0]
        keys.append("method " + SAME_METHOD.get(method, method))
    return keys

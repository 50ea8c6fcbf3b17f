"""Takes what people decided on files of a scan as the labels of an evaluation."""

from __future__ import annotations

from pathlib import Path

from media_screen.evaluation.manifest import Item, ManifestError
from media_screen.results.deciding import decidable
from media_screen.results.plain import counted

CHOSEN = (
    "The labels are what people decided, mostly on files that the program had ranked, and after "
    "they had seen what it said. Such files are no sample of all: the figures hold for them alone."
)
_FAKE = {"confirmed_fake": True, "genuine": False}


def decided_items(out: Path) -> tuple[Item, ...]:
    """Return the files of a scan that people called fake or genuine, each content once.

    What they dismissed or are still to check has no label. Raises ManifestError when there are not
    both kinds, and OSError.
    """
    known = decidable(out)
    found: dict[str, Item] = {}
    for row in known.rows:
        answer = known.ledger.of_content(row.sha256, row.path).answer
        if row.sha256 and answer in _FAKE:
            item = Item(Path(row.path), _FAKE[answer], collection=row.platform, identity=row.person)
            found.setdefault(row.sha256, item)
    items = tuple(found.values())
    fakes = sum(item.fake for item in items)
    if not 0 < fakes < len(items):
        raise ManifestError(
            f"the ledger of {out} must call files genuine and others fake, got "
            f"{counted(len(items) - fakes, 'genuine file')} and {counted(fakes, 'confirmed fake')}"
        )
    return items

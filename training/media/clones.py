"""Lays files out of clones of repositories, each checked against its hash."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class MissingFileError(LookupError):
    """A file can't be had: there is no clone, or the clone has it not, or another one."""


@dataclass(frozen=True)
class RepositoryFile:
    """A file at a commit of a repository, OWNER/NAME, with its SHA-256."""

    repo: str
    commit: str
    path: str
    sha256: str

    def place(self, clones: Path, target: Path) -> None:
        """Write it to a path, unless it lies there; raises MissingFileError."""
        if target.is_file() and _sha256(target.read_bytes()) == self.sha256:
            return
        folder = git_folder(clones, self.repo)
        if folder is None:
            raise MissingFileError(f"{self.repo}: no clone of it in {clones}")
        shown = subprocess.run(
            ["git", "--git-dir", str(folder), "cat-file", "blob", f"{self.commit}:{self.path}"],
            capture_output=True,
            check=False,
        )
        if _sha256(shown.stdout) != self.sha256:
            raise MissingFileError(
                f"{self.repo}: {self.path} at {self.commit[:12]} is missing or another file"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(shown.stdout)


def tell_missing(told: Iterable[str], *, total: int, what: str, into: Path) -> None:
    """Print what can't be had, a line each as it is found, and how many of all are laid out."""
    missing = 0
    for line in told:
        missing += 1
        print(line, flush=True)
    print(f"{total - missing} of {total} {what} lie in {into}")


def git_folder(clones: Path, repo: str) -> Path | None:
    """Return the git directory of a clone, or None when there is none."""
    joined = clones / repo.replace("/", "+")
    tries = (
        clones / repo / ".git",
        clones / repo,
        joined / ".git",
        joined / "repo" / ".git",
        joined / "repo",
        joined,
    )
    return next((one for one in tries if (one / "objects").is_dir()), None)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

"""Contents as files, each of a tenant's once.

A file is ``<data directory>/<room>/<tenant>/<aa>/<sha256>``. It is written under another name, flushed to disk and renamed, so
it is whole or not there, for any number of nodes that share the directory.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from lrs_bridge.errors import Invalid, Unavailable

CHUNK_BYTES = 64 * 1024
BATCH = 5000

_COMING = ".coming-"
_CONTENT = re.compile(r"[0-9a-f]{64}")


def folder_of(data_dir: Path, room: str, tenant: str) -> Path:
    """Where a tenant's content of one room (attachments, packages) is; the folder is made when something comes."""
    return data_dir / room / tenant


@contextmanager
def _on_disk() -> Iterator[None]:
    """Tells callers that the disk is full or broken, and that they may come again."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"files can't be stored right now ({error.strerror}); try again later") from error


class Incoming:
    """Content on its way in: a file without a name of its own yet, summed up as it grows.

    Every method raises Unavailable when the disk won't have it. ``discard`` is to be called in the end, whatever happened.
    """

    def __init__(self, folder: Path, algorithm: str) -> None:
        """``algorithm`` is the SHA-2 that the sender used, as ``hashlib`` names it."""
        self.length = 0
        self._placed = False
        self._folder = folder
        self._sha256 = hashlib.sha256()
        self._said = self._sha256 if algorithm == "sha256" else hashlib.new(algorithm)
        with _on_disk():
            folder.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(prefix=_COMING, dir=folder)
        self._path = Path(name)
        self._file: BinaryIO = os.fdopen(number, "w+b")

    def write(self, content: bytes) -> None:
        """Some more of it."""
        with _on_disk():
            self._file.write(content)
        self.length += len(content)
        for total in {self._sha256, self._said}:
            total.update(content)

    def close(self) -> None:
        """That was all."""
        with _on_disk():
            self._file.close()

    def read(self, most: int) -> bytes:
        """Its first bytes, when it is closed and not yet placed."""
        with _on_disk(), self._path.open("rb") as file:
            return file.read(most)

    def flush(self) -> None:
        """Has it on disk for good; when it is closed."""
        with _on_disk():
            _flush(self._path)

    def place(self, *, flush: bool = True) -> None:
        """Gives it the name under which it is found; in the transaction that names it, which may run more than once.

        Without ``flush`` the name is on disk for good only after ``flush_all``: for many that come together.
        """
        if self._placed:
            return
        place = _path(self._folder, self.sha256)
        with _on_disk():
            if not place.parent.exists():
                place.parent.mkdir(exist_ok=True)
                if flush:
                    _flush(self._folder)
            self._path.replace(place)
            if flush:
                _flush(place.parent)
        self._placed = True

    def discard(self) -> None:
        """Removes what was not placed."""
        with suppress(OSError):  # what can't be written out any longer is not wanted either
            self._file.close()
        self._path.unlink(missing_ok=True)

    @property
    def sha256(self) -> bytes:
        """The sum by which it is kept."""
        return self._sha256.digest()

    @property
    def said(self) -> str:
        """The sum by the sender's algorithm, in hexadecimal digits."""
        return self._said.hexdigest()


def _path(folder: Path, sha256: bytes) -> Path:
    return folder / sha256.hex()[:2] / sha256.hex()


def _flush(path: Path) -> None:
    """Has a file's bytes on disk, or a folder's names."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def flush_all() -> None:
    """Has on disk for good whatever was written so far."""
    os.sync()


def path_of(folder: Path, sha256: bytes) -> Path:
    """Where a content's file is, if it is there: for who sends it on without reading it."""
    return _path(folder, sha256)


def length_on_disk(folder: Path, sha256: bytes) -> int | None:
    """How many bytes of a content are there, None when its file is gone."""
    try:
        return _path(folder, sha256).stat().st_size
    except FileNotFoundError:
        return None


def pieces(folder: Path, sha256: bytes) -> Iterator[bytes]:
    """A content's bytes, read as they are asked for."""
    with _path(folder, sha256).open("rb") as file:
        while piece := file.read(CHUNK_BYTES):
            yield piece


def read_content(folder: Path, sha256: bytes, most: int) -> bytes | None:
    """A content of ``most`` bytes at most, None when its file is gone or longer."""
    try:
        with _path(folder, sha256).open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        return None
    return content if len(content) <= most else None


@dataclass(frozen=True, slots=True)
class File:
    """A file of ours; ``sha256`` names its content, None when it never became one."""

    path: Path
    sha256: bytes | None


def old_files(folder: Path, before: datetime) -> Iterator[list[File]]:
    """The files that were last written before then, some at a time."""
    files = (_file(path) for path in folder.glob("**/*"))
    old = (file for file in files if file is not None and is_older(file, before))
    while some := list(islice(old, BATCH)):
        yield some


def _file(path: Path) -> File | None:
    """None for what is not ours."""
    if path.name.startswith(_COMING):
        return File(path, None)
    return File(path, bytes.fromhex(path.name)) if _CONTENT.fullmatch(path.name) else None


def is_older(file: File, before: datetime) -> bool:
    """Whether it was last written before then; not when it is gone."""
    try:
        return datetime.fromtimestamp(file.path.stat().st_mtime, UTC) < before
    except FileNotFoundError:
        return False


def remove(files: Iterable[File]) -> int:
    """Removes the files and tells how many there were."""
    removed = 0
    for file in files:
        with suppress(FileNotFoundError):  # another node was quicker
            file.path.unlink()
            removed += 1
    return removed


def changed_at(path: Path) -> int:
    """When a file was last written, in nanoseconds. Raises Invalid when it is gone."""
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise Invalid(f"{path} can't be read: {error.strerror}") from error


def read_file(path: Path) -> bytes:
    """A file's bytes."""
    return path.read_bytes()

"""The queries of exports and imports, and the files on both sides."""

import gzip
import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import and_, func, insert, select, update

from lrs_bridge.db import Session
from lrs_bridge.xapi.statements.log.store import find_stretch
from lrs_bridge.xapi.statements.tables import statement
from lrs_bridge.xapi.transfer.tables import statement_import

CHUNK = 1024 * 1024
GZIP = b"\x1f\x8b"
NAMED_BY = "sha256"


class Stored(NamedTuple):
    """A statement as it stands in the store."""

    seq: int
    voided: bool
    payload: str


# Statements


def find_range(
    session: Session, tenant: str, low: int, high: int, *, ascending: bool, voided: bool, limit: int
) -> tuple[list[Stored], int | None]:
    """The first statements with numbers from ``low`` to below ``high``, in order, those that were voided only if asked for.

    Also the number beyond which there may be more, None at the end. There are fewer than ``limit`` when they are large.
    """
    columns = statement.c
    where = [columns.tenant_id == tenant, columns.seq >= low, columns.seq < high]
    if not voided:
        where.append(~columns.voided)
    stretch = find_stretch(session, *where, ascending=ascending, limit=limit)
    if stretch is None:
        return [], None
    where.append(columns.seq <= stretch.last if ascending else columns.seq >= stretch.last)
    query = select(columns.seq, columns.voided, columns.payload).where(*where)
    rows = session.execute(query.order_by(columns.seq.asc() if ascending else columns.seq.desc()))
    return [Stored(*row) for row in rows], stretch.last if stretch.more else None


def find_voided(session: Session, tenant: str, seqs: Collection[int]) -> set[int]:
    """Those of the numbers whose statements were voided."""
    query = select(statement.c.seq).where(statement.c.tenant_id == tenant, statement.c.seq.in_(seqs), statement.c.voided)
    return set(session.execute(query).scalars())


def find_ends(session: Session, tenant: str, low: int, high: int) -> tuple[int, int]:
    """The least and the greatest number of the statements in a range; zeros when there is none."""
    in_range = statement.c.tenant_id == tenant, statement.c.seq >= low, statement.c.seq < high
    ends = (session.execute(select(end(statement.c.seq)).where(*in_range)).scalar_one() for end in (func.min, func.max))
    first, last = ends
    return first or 0, last or 0


# Imports


class Progress(NamedTuple):
    """How far an import of a file has come: how many of its statements were dealt with, and how."""

    dealt_with: int
    stored: int
    present: int
    refused: int
    began_at: datetime
    ended_at: datetime | None


def find_import(session: Session, tenant: str, digest: bytes) -> Progress | None:
    """The import of the file with this SHA-256, None when there was none; locked against another run of it."""
    columns = (statement_import.c[name] for name in Progress._fields)
    row = session.execute(select(*columns).where(_one_import(tenant, digest)).with_for_update()).one_or_none()
    return None if row is None else Progress(*row)


def insert_import(session: Session, tenant: str, digest: bytes, credential_key: str, now: datetime) -> None:
    """An import begins."""
    row = {"tenant_id": tenant, "digest": digest, "credential_key": credential_key, "began_at": now, "updated_at": now}
    session.execute(insert(statement_import), row | dict.fromkeys(("dealt_with", "stored", "present", "refused"), 0))


def update_import(session: Session, tenant: str, digest: bytes, values: dict[str, Any]) -> None:
    """Writes how far it has come."""
    session.execute(update(statement_import).where(_one_import(tenant, digest)).values(**values))


def _one_import(tenant: str, digest: bytes) -> Any:
    return and_(statement_import.c.tenant_id == tenant, statement_import.c.digest == digest)


@contextmanager
def savepoint(session: Session) -> Iterator[None]:
    """What raises within leaves nothing behind, and the transaction goes on."""
    with session.begin_nested():
        yield


# Files


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name only when everything is in it and on the disk; its owner alone may read it.

    Nothing is left of one that was not finished.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def is_there(path: Path, length: int) -> bool:
    """Whether there is a file of that length; makes its folder, for its owner alone, if there is none."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path.is_file() and path.stat().st_size == length


class Folder:
    """Contents of attachments as an export puts them beside it: files named by their SHA-256."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._others: dict[str, dict[str, Path]] = {}

    def find(self, sum_: str, algorithm: str) -> Iterator[bytes] | None:
        """The bytes of the file with that sum, in chunks; None when there is none.

        Files have no other sum in their names: for each other algorithm that is asked for, all of them are summed up once.
        """
        path = self._path / sum_ if algorithm == NAMED_BY else self._by(algorithm).get(sum_)
        return _chunks(path) if path is not None and path.is_file() else None

    def _by(self, algorithm: str) -> dict[str, Path]:
        if algorithm not in self._others:
            self._others[algorithm] = {_sum(path, algorithm): path for path in self._path.iterdir() if path.is_file()}
        return self._others[algorithm]


def _sum(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def digest_of(path: Path) -> bytes:
    """The file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


class Reading:
    """A file read in chunks, unpacked where it is gzip. ``share`` of it, as it lies on the disk, was read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._size = max(path.stat().st_size, 1)
        self._is_packed = self._file.read(len(GZIP)) == GZIP
        self._file.seek(0)

    def chunks(self) -> Iterator[bytes]:
        """What is in it. Raises EOFError and OSError when it is packed and broken."""
        source: Any = gzip.GzipFile(fileobj=self._file) if self._is_packed else self._file
        while chunk := source.read(CHUNK):
            yield chunk

    def share(self) -> float:
        """Between 0 and 1."""
        return min(self._file.tell() / self._size, 1.0)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

"""Packages kept and found again: each file once a tenant, by its digest."""

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar
from unicodedata import normalize
from uuid import UUID

import msgspec

from lrs_bridge.db import Session
from lrs_bridge.errors import NotFound, Unavailable
from lrs_bridge.files import store as disk
from lrs_bridge.files.store import CHUNK_BYTES, File, Incoming
from lrs_bridge.packages import store
from lrs_bridge.packages.archive import Archive
from lrs_bridge.packages.package import Content, Package
from lrs_bridge.ports import InTransaction

T = TypeVar("T", bound=msgspec.Struct)

FOLDER = "packages"
SWEEP_AGE = timedelta(days=1)
"""How long a file may lie there before the package that it is of is known."""

log = logging.getLogger(__name__)


def keep_contents(archive: Archive, *, data_dir: Path, tenant: str) -> dict[str, Content]:
    """Writes every file of the archive to disk, in pieces, and gives what each path holds; nothing names them yet.

    Raises Invalid for an archive that lies about a file, and Unavailable when the disk won't have it: then nothing is left there.
    """
    folder = disk.folder_of(data_dir, FOLDER, tenant)
    with ExitStack() as coming:
        came = {path: _take_in(folder, archive.pieces(path), coming) for path in archive.files}
        for each in came.values():
            each.place(flush=False)
    disk.flush_all()
    return {path: Content(each.sha256, each.length) for path, each in came.items()}


def _take_in(folder: Path, pieces: Iterable[bytes], coming: ExitStack) -> Incoming:
    incoming = Incoming(folder, "sha256")
    coming.callback(incoming.discard)
    for piece in pieces:
        incoming.write(piece)
    incoming.close()
    return incoming


def digest_of(file: BinaryIO) -> Content:
    """What an uploaded file is, read from its beginning."""
    file.seek(0)
    total, length = hashlib.sha256(), 0
    while piece := file.read(CHUNK_BYTES):
        total.update(piece)
        length += len(piece)
    return Content(total.digest(), length)


def add_package(session: Session, new: Package, structure: msgspec.Struct, contents: Mapping[str, Content]) -> None:
    """Keeps a package whose contents are on disk."""
    store.insert_package(session, new, msgspec.json.encode(structure).decode())
    store.insert_files(session, new.tenant, new.package_id, contents)


def get_package(session: Session, tenant: str, package_id: UUID) -> Package:
    """The package. Raises NotFound."""
    found = store.find_packages(session, tenant, [package_id])
    if not found:
        raise NotFound("there is no such package", field="package_id")
    return found[package_id]


def find_packages(session: Session, tenant: str, ids: Sequence[UUID]) -> dict[UUID, Package]:
    """The packages with those ids."""
    return store.find_packages(session, tenant, ids)


def structure_of(session: Session, tenant: str, package_id: UUID, kind: type[T]) -> T:
    """What a package's manifest says. Raises NotFound."""
    found = store.find_structure(session, tenant, package_id)
    if found is None:
        raise NotFound("there is no such package", field="package_id")
    return msgspec.json.decode(found, type=kind)


def count_contents(session: Session, tenant: str, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many files each of these packages has."""
    return store.count_contents(session, tenant, ids)


def get_content(session: Session, tenant: str, package_id: UUID, path: str) -> Content:
    """What a path of a package holds, whichever way its letters are composed: macOS takes them apart. Raises NotFound."""
    for spelling in dict.fromkeys((path, normalize("NFC", path), normalize("NFD", path))):
        found = store.find_content(session, tenant, package_id, spelling)
        if found is not None:
            return found
    raise NotFound("there is no such file in the package", field="path")


def file_of(content: Content, *, data_dir: Path, tenant: str) -> Path:
    """Where a content lies on disk. Raises Unavailable when it is gone."""
    folder = disk.folder_of(data_dir, FOLDER, tenant)
    if disk.length_on_disk(folder, content.sha256) != content.length:
        log.error("a file of a package is not on disk", extra={"fields": {"tenant": tenant, "sha256": content.sha256.hex()}})
        raise Unavailable("this file of the course can't be read right now")
    return disk.path_of(folder, content.sha256)


def sweep(write: InTransaction, tenant: str, *, data_dir: Path, now: datetime) -> int:
    """Removes the tenant's files that no package has, and tells how many: imports that were given up leave them."""
    before = now - SWEEP_AGE
    batches = disk.old_files(disk.folder_of(data_dir, FOLDER, tenant), before)
    return sum(write(partial(_sweep, tenant=tenant, files=files, before=before)) for files in batches)


def _sweep(session: Session, *, tenant: str, files: Sequence[File], before: datetime) -> int:
    known = store.known(session, tenant, [file.sha256 for file in files if file.sha256])
    return disk.remove(file for file in files if file.sha256 not in known and disk.is_older(file, before))

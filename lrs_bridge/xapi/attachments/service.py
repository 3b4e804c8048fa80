"""Attachments from the wire to the disk and back, and what signatures among them are worth.

How they come in (``receive``, ``keep``) is told by ``intake``; here is how they are given out, judged and forgotten.
"""

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from cryptography.x509 import Certificate

from lrs_bridge.db import Session
from lrs_bridge.errors import NotFound, Unavailable
from lrs_bridge.files import store as disk
from lrs_bridge.files.store import File
from lrs_bridge.ports import InTransaction
from lrs_bridge.xapi.attachments import store
from lrs_bridge.xapi.attachments.intake.service import FOLDER, Parse, Received, keep, receive
from lrs_bridge.xapi.attachments.matching import BINARY, ENCODING_HEADER, HASH_HEADER, JSON
from lrs_bridge.xapi.attachments.multipart import MEDIA_TYPE, Part, write, written_length
from lrs_bridge.xapi.attachments.reason import Reason, Why
from lrs_bridge.xapi.attachments.report import GRAVITY, SignatureReport, State, parse_trusted, report
from lrs_bridge.xapi.attachments.signature import MAX_SIGNATURE_BYTES
from lrs_bridge.xapi.attachments.store import Kept
from lrs_bridge.xapi.exchange import Answer
from lrs_bridge.xapi.model.formats import parse_timestamp
from lrs_bridge.xapi.model.statement import SIGNATURE
from lrs_bridge.xapi.statements import store as statements

__all__ = [
    "SWEEP_AGE",
    "Kept",
    "Parse",
    "Received",
    "answer",
    "forget",
    "keep",
    "of",
    "pieces",
    "receive",
    "signature_report",
    "sweep",
    "trusted",
]

SWEEP_AGE = timedelta(days=1)
"""How old a file is that a sweep may remove; no request lasts as long."""

log = logging.getLogger(__name__)


def of(session: Session, tenant: str, statement_ids: Iterable[UUID]) -> list[Kept]:
    """The attachments of these statements whose contents are here, in the order of the statements."""
    position = {statement_id: number for number, statement_id in enumerate(statement_ids)}
    return sorted(store.find(session, tenant, position), key=lambda one: (position[one.statement_id], one.sha2))


def pieces(data_dir: Path, tenant: str, one: Kept) -> Iterator[bytes]:
    """A content, read as it is asked for. Raises Unavailable at once when its file is gone or has another length."""
    folder = disk.folder_of(data_dir, FOLDER, tenant)
    if disk.length_on_disk(folder, one.sha256) != one.length:
        log.error("an attachment is not on disk", extra={"fields": {"tenant": tenant, "sha256": one.sha256.hex()}})
        raise Unavailable(f"the content of the attachment {one.sha2} can't be read right now")
    return disk.pieces(folder, one.sha256)


def answer(whole: Answer, kept: Iterable[Kept], *, data_dir: Path, tenant: str, boundary: str) -> Answer:
    """The answer with attachments (1.5.2, 2.1.3): its JSON first, then each content once, sent as it is read.

    ``whole`` has its body in one piece; ``boundary`` must be unforeseeable. Raises Unavailable when a content is not on disk.
    """
    assert isinstance(whole.body, bytes)  # noqa: S101  a page is put together whole
    distinct: dict[str, Kept] = {}
    for one in kept:
        distinct.setdefault(one.sha2.lower(), one)
    parts = [Part({"Content-Type": JSON}, (whole.body,), len(whole.body))]
    for one in distinct.values():
        headers = {"Content-Type": one.content_type, ENCODING_HEADER: BINARY, HASH_HEADER: one.sha2}
        parts.append(Part(headers, pieces(data_dir, tenant, one), one.length))
    length = {"Content-Length": str(written_length(parts, boundary))}
    return replace(
        whole,
        body=write(parts, boundary),
        content_type=f"{MEDIA_TYPE}; boundary={boundary}",
        headers={**whole.headers, **length},
    )


# --- signatures ------------------------------------------------------------------------------------------------------------


def trusted(trust_file: Path | None) -> Sequence[Certificate]:
    """The certificates that signers are trusted by, none without a list. Read anew when the file changes. Raises Invalid."""
    return () if trust_file is None else _trusted(trust_file, disk.changed_at(trust_file))


@lru_cache(maxsize=4)
def _trusted(trust_file: Path, _changed_at: int) -> Sequence[Certificate]:
    return parse_trusted(disk.read_file(trust_file))


def signature_report(
    session: Session,
    tenant: str,
    statement_id: UUID,
    *,
    data_dir: Path,
    trusted: Sequence[Certificate],
    now: datetime,
    writer: str | None = None,
) -> SignatureReport:
    """What the statement's signature is worth; of several, the least.

    Raises NotFound when there is no such statement, voided or not, of that ``writer`` unless None.
    """
    found = statements.find_one(session, tenant, statement_id, voided=None, writer=writer)
    if found is None:
        raise NotFound(f"there is no statement {statement_id}", field="statementId")
    value = orjson.loads(found[1])
    sums = [one["sha2"] for one in value.get("attachments", ()) if one["usageType"] == SIGNATURE]
    if not sums:
        return SignatureReport(State.UNSIGNED, now)
    kept = {one.sha2: one for one in store.find(session, tenant, [statement_id])}
    folder = disk.folder_of(data_dir, FOLDER, tenant)
    reports = [_report(folder, kept.get(sha2), value, now=now, trusted=trusted) for sha2 in sums]
    return max(reports, key=lambda one: GRAVITY.index(one.state))


def _report(
    folder: Path, one: Kept | None, value: Mapping[str, Any], *, now: datetime, trusted: Sequence[Certificate]
) -> SignatureReport:
    if one is None:  # taken before signatures were asked to come along
        return SignatureReport(State.UNTRUSTED, now, reasons=(Reason(Why.NOT_HERE),))
    content = disk.read_content(folder, one.sha256, MAX_SIGNATURE_BYTES)
    if content is None or hashlib.sha256(content).digest() != one.sha256:
        return SignatureReport(State.ALTERED, now, reasons=(Reason(Why.GONE),))
    return report(content, value, stored_at=parse_timestamp(value["stored"]) or now, now=now, trusted=trusted)


# --- gone ------------------------------------------------------------------------------------------------------------------


def forget(session: Session, tenant: str, statement_ids: Iterable[UUID]) -> int:
    """Forgets what these statements had, and the contents that no other has; tells how many contents.

    A sweep removes their files later.
    """
    removed = store.delete_names(session, tenant, statement_ids)
    if not removed:
        return 0
    store.lock_alone(session, tenant)
    return store.delete_unnamed(session, tenant, removed)


def sweep(write: InTransaction, tenant: str, *, data_dir: Path, now: datetime) -> int:
    """Removes the tenant's files that no statement names, in short transactions, and tells how many.

    They are left by transactions that were rolled back, workers that were killed, and ``forget``. Files of less than SWEEP_AGE
    stay, so what a request is about to name does too.
    """
    before = now - SWEEP_AGE
    batches = disk.old_files(disk.folder_of(data_dir, FOLDER, tenant), before)
    return sum(write(partial(_sweep, tenant=tenant, files=files, before=before)) for files in batches)


def _sweep(session: Session, *, tenant: str, files: Sequence[File], before: datetime) -> int:
    orphans = _orphans(session, tenant, files)
    if not orphans:
        return 0
    store.lock_alone(session, tenant)
    return disk.remove(file for file in _orphans(session, tenant, orphans) if disk.is_older(file, before))


def _orphans(session: Session, tenant: str, files: Sequence[File]) -> list[File]:
    known = store.known(session, tenant, [file.sha256 for file in files if file.sha256])
    return [file for file in files if file.sha256 not in known]

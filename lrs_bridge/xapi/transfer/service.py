"""Exports and imports, a bounded number of statements at a time, each in a transaction of its own.

Memory does not grow with the number of statements: an export goes by sequence numbers, an import as the file streams by. It knows
each file by its SHA-256 and writes how far it has come in the transaction that stores, so that a run which was cut short
goes on where it was, with nothing lost and nothing doubled.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import UUID

import orjson

from lrs_bridge.db import Session, hold
from lrs_bridge.errors import Conflict, Invalid, LrsBridgeError, Unavailable
from lrs_bridge.ports import CompletionSink, InTransaction
from lrs_bridge.xapi.attachments import service as attachments
from lrs_bridge.xapi.attachments.intake import service as intake
from lrs_bridge.xapi.attachments.intake.service import Received
from lrs_bridge.xapi.attachments.matching import ALGORITHMS
from lrs_bridge.xapi.attachments.store import Kept
from lrs_bridge.xapi.credentials.credential import Credential
from lrs_bridge.xapi.model.equivalence import is_equivalent
from lrs_bridge.xapi.model.statement import attachments_of
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.statements import service as statements
from lrs_bridge.xapi.statements import store as statement_store
from lrs_bridge.xapi.statements.pages import store as pages
from lrs_bridge.xapi.statements.query import Query, confirms
from lrs_bridge.xapi.transfer import store
from lrs_bridge.xapi.transfer.incoming import (
    Fate,
    Incoming,
    Refusal,
    erased,
    read_piece,
    refusal,
    require_same_tenant,
)
from lrs_bridge.xapi.transfer.splitting import Piece, in_batches, split
from lrs_bridge.xapi.transfer.store import Stored

PAGE = 1000
"""Statements a query of an export, at most; fewer when they are large."""

BATCH = 200
"""Statements a transaction of an import, at most."""
BATCH_BYTES = 8 * 1024 * 1024
"""A batch ends with the statement by which it comes to so much."""


# --- out -------------------------------------------------------------------------------------------------------------------


class Exported(NamedTuple):
    """A page of an export, and what share of the whole lies behind it, by time."""

    statements: list[Stored]
    share: float


def written_whole(path: Path) -> AbstractContextManager[BinaryIO]:
    """A file that is there only when everything is in it, and that its owner alone may read."""
    return store.written_whole(path)


def export_statements(read: InTransaction, tenant: str, query: Query, *, voided: bool) -> Iterator[Exported]:
    """The statements that the query asks for, in its order, and those that were voided if asked for.

    What is stored while it runs is not among them. Each page is read in a transaction of its own, so that nobody waits for it.
    """
    low, high = query.numbers()
    first, last = read(partial(store.find_ends, tenant=tenant, low=low, high=high))
    low, high = first, last + 1
    filtered = bool(query.agent or query.verb or query.activity or query.registration)
    while low < high:
        find = (
            partial(_find_filtered, query=query) if filtered else partial(store.find_range, ascending=query.ascending, limit=PAGE)
        )
        found, beyond = read(partial(find, tenant=tenant, low=low, high=high, voided=voided))
        if beyond is None:
            low = high
        elif query.ascending:
            low = beyond + 1
        else:
            high = beyond
        done = low - first if query.ascending else last + 1 - high
        yield Exported(found, 1.0 if beyond is None else done / (last + 1 - first))


def _find_filtered(
    session: Session, tenant: str, low: int, high: int, *, query: Query, voided: bool
) -> tuple[list[Stored], int | None]:
    """By the same search as the API's, which counts ``beyond`` from the side where the query begins."""
    page = replace(query, limit=PAGE, beyond=low - 1 if query.ascending else high)
    sheet = pages.find_page(session, tenant, page, writer=None, voided=voided)
    fitting = [one for one in sheet.found if low <= one.seq < high and confirms(one.evidence, query.wanted)]
    marked = store.find_voided(session, tenant, [one.seq for one in fitting]) if voided else set()
    return [Stored(one.seq, one.seq in marked, one.payload) for one in fitting], sheet.last


@dataclass
class Contents:
    """Where the contents of attachments go beside an export: each once, in a file named by its SHA-256.

    ``copied`` counts those that are there now, ``missing`` those whose file the LRS could not read.
    """

    data_dir: Path
    folder: Path
    copied: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    @cached_property
    def _files(self) -> store.Folder:
        return store.Folder(self.folder)

    def find(self, sum_: str) -> Iterator[bytes] | None:
        """The bytes of the file with that sum, as an attachment names it; None when there is none."""
        return self._files.find(sum_, ALGORITHMS[len(sum_)])


def copy_attachments(read: InTransaction, tenant: str, found: Sequence[Stored], contents: Contents) -> None:
    """Copies what these statements have, as far as it is not there yet."""
    ids = [UUID(orjson.loads(each.payload)["id"]) for each in found if '"attachments"' in each.payload]
    if not ids:
        return
    for one in read(partial(attachments.of, tenant=tenant, statement_ids=ids)):
        name = one.sha256.hex()
        if name not in contents.copied | contents.missing:
            _copy(tenant, one, contents, contents.folder / name)


def _copy(tenant: str, one: Kept, contents: Contents, path: Path) -> None:
    if not store.is_there(path, one.length):
        try:
            pieces = attachments.pieces(contents.data_dir, tenant, one)
        except Unavailable:
            contents.missing.add(path.name)
            return
        with store.written_whole(path) as file:
            file.writelines(pieces)
    contents.copied.add(path.name)


# --- in --------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Import:
    """An import on its way. ``read`` and ``write`` each do one piece of work in a transaction of its own.

    ``told`` hears of every statement that is not taken, ``progress`` of the share of the file that was read. ``contents`` is
    where the contents of attachments are, and where they go, as ``export`` has it; without it they stay where a fileUrl says.
    """

    read: InTransaction
    write: InTransaction
    credential: Credential
    home_page: str
    sink: CompletionSink
    clock: Callable[[], datetime]
    max_bytes: int
    keep_authority: bool = False
    contents: Contents | None = None
    told: Callable[[Refusal], None] = lambda _refusal: None
    progress: Callable[[float], None] = lambda _share: None


@dataclass(slots=True)
class Result:
    """What became of the statements of a file. ``skipped`` were dealt with by an earlier run, whose counts are not in ``fates``.

    ``finished_at`` is when an earlier run came to the end of this very file, and then nothing was done.
    """

    fates: Counter[Fate] = field(default_factory=Counter)
    completions: int = 0
    skipped: int = 0
    finished_at: datetime | None = None

    @property
    def refused(self) -> int:
        """How many were not taken."""
        return self.fates[Fate.INVALID] + self.fates[Fate.CONFLICTING] + self.fates[Fate.ERASED]


@dataclass(slots=True)
class _Batch:
    """What became of one batch."""

    fates: Counter[Fate] = field(default_factory=Counter)
    refusals: list[Refusal] = field(default_factory=list)
    completions: int = 0
    brought: Mapping[int, Received] = field(default_factory=dict)

    def refuse(self, told: Refusal) -> None:
        self.fates[told.fate] += 1
        self.refusals.append(told)


def import_statements(work: Import, path: Path, tenant: str, *, dry_run: bool = False, again: bool = False) -> Result:
    """Stores the statements of a file as if they had come in at the door, and leaves out those that break a rule.

    A file that was dealt with in part is gone on with, one that was dealt with wholly is left alone, unless ``again``. A dry run
    changes nothing and looks at the whole file; a statement that stands in it twice is counted as if it came twice.

    Raises Invalid when the file is broken as a whole; what came before that is stored. Raises Conflict when another run is at it.
    """
    require_same_tenant(work.credential, tenant)
    work.credential.require_write()
    digest = store.digest_of(path)
    result = Result()
    if not dry_run:
        before = work.write(partial(_begin, tenant=tenant, digest=digest, key=work.credential.key, again=again, now=work.clock()))
        result.skipped, result.finished_at = before.dealt_with, before.ended_at
        work.read(partial(statements.observe, tenant=tenant, now=work.clock()))  # what is stored now comes last
    if result.finished_at is None:
        _go_through(work, path, tenant, result, None if dry_run else digest)
    return result


def _begin(session: Session, tenant: str, digest: bytes, key: str, *, again: bool, now: datetime) -> store.Progress:
    found = store.find_import(session, tenant, digest)
    if found is None:
        store.insert_import(session, tenant, digest, key, now)
        return store.Progress(0, 0, 0, 0, now, None)
    if again:
        found = store.Progress(0, 0, 0, 0, now, None)
        store.update_import(session, tenant, digest, found._asdict() | {"credential_key": key, "updated_at": now})
    return found


def _go_through(work: Import, path: Path, tenant: str, result: Result, digest: bytes | None) -> None:
    reading = store.Reading(path)
    try:
        pieces = islice(split(_readable(reading)), result.skipped, None)
        for batch in in_batches(pieces, most=BATCH, most_bytes=BATCH_BYTES):
            done = _deal_with(work, tenant, batch, digest)
            result.fates.update(done.fates)
            result.completions += done.completions
            for each in done.refusals:
                work.told(each)
            work.progress(reading.share())
    finally:
        reading.close()
    if digest is not None:
        work.write(partial(store.update_import, tenant=tenant, digest=digest, values={"ended_at": work.clock()}))
    work.progress(1.0)


def _readable(reading: store.Reading) -> Iterator[bytes]:
    try:
        yield from reading.chunks()
    except (EOFError, OSError) as error:
        raise Invalid("the file can't be unpacked to its end; it is not whole", field="file") from error


def _deal_with(work: Import, tenant: str, pieces: Sequence[Piece], digest: bytes | None) -> _Batch:
    read = [read_piece(piece, max_bytes=work.max_bytes, contents_follow=work.contents is not None) for piece in pieces]
    with ExitStack() as until_kept:
        brought: dict[int, Received] = {}
        if work.contents is not None:
            read = [_bring(one, work.contents, tenant, brought, until_kept) for one in read]
        if digest is None:
            return work.read(partial(_foretell, tenant=tenant, read=read))
        dealt_with = pieces[0].number - 1
        work_on = partial(_store, work=work, tenant=tenant, read=read, brought=brought, digest=digest, dealt_with=dealt_with)
        return work.write(work_on)


def _bring(
    one: Incoming | Refusal, contents: Contents, tenant: str, brought: dict[int, Received], until_kept: ExitStack
) -> Incoming | Refusal:
    """Brings the contents of a statement's attachments, by the number of its piece; refuses it when one is missing."""
    if isinstance(one, Refusal) or next(attachments_of(one.statement.value), None) is None:
        return one
    try:
        received = intake.receive_files(one.statement, contents.find, data_dir=contents.data_dir, tenant=tenant)
    except Invalid as error:
        return one.refused(Fate.INVALID, error)
    brought[one.piece.number] = until_kept.enter_context(received)
    return one


def _foretell(session: Session, tenant: str, read: Sequence[Incoming | Refusal]) -> _Batch:
    """What storing would come to, as far as can be told without it."""
    batch = _Batch()
    new = _sort_out(session, tenant, read, batch)
    batch.fates += Counter({Fate.STORED: len(new)})
    return batch


def _store(  # noqa: PLR0917  named by who calls it
    session: Session,
    work: Import,
    tenant: str,
    read: Sequence[Incoming | Refusal],
    brought: Mapping[int, Received],
    digest: bytes,
    dealt_with: int,
) -> _Batch:
    _require_alone(session, tenant, digest, dealt_with)
    batch = _Batch(brought=brought)
    new = _sort_out(session, tenant, read, batch)
    locks = statements.locks_for([one.statement for one in new], tenant, work.clock())
    hold(session, *locks, *work.sink.locks(tenant))  # here, since going back to a savepoint lets go of what was taken after it
    if new:
        _store_all(session, work, new, batch)
    _count(session, tenant, digest, batch, work.clock())
    return batch


def _require_alone(session: Session, tenant: str, digest: bytes, dealt_with: int) -> None:
    """Raises Conflict when the import is not where this run left it, and keeps others from it until the transaction ends."""
    found = store.find_import(session, tenant, digest)
    if found is None or found.dealt_with != dealt_with:
        raise Conflict("another run is importing this very file; let it end, then run this one again", field="file")


def _sort_out(session: Session, tenant: str, read: Sequence[Incoming | Refusal], batch: _Batch) -> list[Incoming]:
    """Those that are to be stored. The others are counted: broken, erased here, there already, or there with another content."""
    ids = {one.statement.id for one in read if isinstance(one, Incoming) and one.statement.id is not None}
    gone = retention.find_erased(session, tenant, ids)
    kept = (
        {each: orjson.loads(payload) for each, payload in statement_store.payloads(session, tenant, ids).items()} if ids else {}
    )
    new: list[Incoming] = []
    for one in read:
        if isinstance(one, Refusal):
            batch.refuse(one)
        elif one.statement.id in gone:
            batch.refuse(one.refused(Fate.ERASED, erased(one.statement.id)))
        elif one.statement.id in kept:
            _compare(one, kept[one.statement.id], batch)
        else:
            new.append(one)
            if one.statement.id is not None:
                kept[one.statement.id] = one.statement.value
    return new


def _compare(one: Incoming, present: dict[str, object], batch: _Batch) -> None:
    if is_equivalent(one.statement.value, present):
        batch.fates[Fate.PRESENT] += 1
    else:
        batch.refuse(one.refused(Fate.CONFLICTING, _conflict(one.statement.id)))


def _conflict(id: UUID | None) -> Conflict:
    return Conflict(f"another statement with the id {id} is stored", field="id", rule="xAPI 1.0.3 Communication 2.1.2")


def _store_all(session: Session, work: Import, new: list[Incoming], batch: _Batch) -> None:
    """Stores them together; if a rule that only storing can tell is broken, one by one, without those that break it."""
    try:
        _store_some(session, work, new, batch)
    except Unavailable:
        raise
    except LrsBridgeError as error:
        if len(new) == 1:
            fate = Fate.CONFLICTING if isinstance(error, Conflict) else Fate.INVALID
            batch.refuse(refusal(new[0].piece, fate, error, new[0].statement.id))
            return
        for one in new:
            _store_all(session, work, [one], batch)


def _store_some(session: Session, work: Import, new: list[Incoming], batch: _Batch) -> None:
    with store.savepoint(session):
        done = statements.store_statements(
            session,
            [one.statement for one in new],
            credential=work.credential,
            keep_authority=work.keep_authority,
            home_page=work.home_page,
            now=work.clock(),
            clock=work.clock,
            sink=work.sink,
        )
        for one, id_ in zip(new, done.ids, strict=True):
            received = batch.brought.get(one.piece.number)
            if received is not None:
                intake.keep(session, work.credential.tenant, received, ids=[id_], new=done.stored, now=work.clock())
    batch.fates += Counter({Fate.STORED: len(done.stored), Fate.PRESENT: len(done.replayed)})  # leaves out zeros
    batch.completions += done.completions


def _count(session: Session, tenant: str, digest: bytes, batch: _Batch, now: datetime) -> None:
    found = store.find_import(session, tenant, digest)
    assert found is not None  # noqa: S101  it was begun
    values = {
        "dealt_with": found.dealt_with + batch.fates.total(),
        "stored": found.stored + batch.fates[Fate.STORED],
        "present": found.present + batch.fates[Fate.PRESENT],
        "refused": found.refused + len(batch.refusals),
        "updated_at": now,
    }
    store.update_import(session, tenant, digest, values)

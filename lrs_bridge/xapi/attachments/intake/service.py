"""From a request's body to contents that are kept with their statements.

``receive`` comes before the transaction that stores the statements, ``keep`` belongs inside it. A request without parts uses
neither, and costs nothing here.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from lrs_bridge.db import Session
from lrs_bridge.errors import Invalid, TooLarge
from lrs_bridge.files.store import CHUNK_BYTES, Incoming, folder_of
from lrs_bridge.xapi.attachments import store
from lrs_bridge.xapi.attachments.matching import (
    ALGORITHMS,
    Expected,
    check_all_came,
    check_part,
    check_statements_part,
    check_sum,
    expect,
    named_in,
)
from lrs_bridge.xapi.attachments.multipart import Begin, End, Event, Piece, Reader, parse_boundary
from lrs_bridge.xapi.attachments.signature import MAX_SIGNATURE_BYTES, check_signature
from lrs_bridge.xapi.attachments.store import Kept
from lrs_bridge.xapi.exchange import Readable
from lrs_bridge.xapi.model.statement import Statement

Parse = Callable[[bytes], Sequence[Statement]]
"""Reads and checks the statements' JSON, whose attachments follow it."""

FOLDER = "attachments"
"""Where contents are, below the data directory."""

_RULE = "xAPI 1.0.3 Communication 1.5.2"


@dataclass(frozen=True, slots=True)
class Received:
    """Statements and the contents that came along, each under the sum by which attachments name it (``Named.key``).

    Used in a ``with`` statement, at whose end whatever was not kept is removed.
    """

    statements: Sequence[Statement]
    expected: Expected
    contents: dict[str, Incoming]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for incoming in self.contents.values():
            incoming.discard()


def receive(
    stream: Readable,
    content_type: str,
    *,
    data_dir: Path,
    tenant: str,
    parse: Parse,
    max_statements_bytes: int,
    brought_over: bool = False,
) -> Received:
    """The statements and contents of a ``multipart/mixed`` body (1.5.2), checked, the contents on disk but under no name yet.

    However long the body, memory holds the statements, of ``max_statements_bytes`` at most, and a few chunks. A part is refused
    as soon as its header tells that nobody wants it. ``brought_over``: from another LRS,
    as it was stored there. Raises Invalid for what breaks a rule of 1.5.2, 2.4.11 or 2.6, TooLarge, and
    Unavailable when the disk is full; nothing is left behind then.
    """
    reader = Reader(parse_boundary(content_type))
    receiving = _Receiving(folder_of(data_dir, FOLDER, tenant), parse, max_statements_bytes, brought_over=brought_over)
    try:
        while chunk := stream.read(CHUNK_BYTES):
            for event in reader.feed(chunk):
                receiving.take(event)
        reader.close()
        return receiving.finish()
    except BaseException:
        receiving.discard()
        raise


def receive_files(
    statement: Statement, find: Callable[[str], Iterable[bytes] | None], *, data_dir: Path, tenant: str
) -> Received:
    """A statement from another LRS and the contents of its attachments that are files, checked as ``receive`` does.

    ``find`` gives the bytes of the file with a sum, as attachments write it in small letters, None when there is none.
    """
    receiving = _Receiving(folder_of(data_dir, FOLDER, tenant), lambda _body: [statement], 0, brought_over=True)
    try:
        receiving.take_statements([statement], in_array=False)
        for key in receiving.wanted:
            chunks = find(key)
            if chunks is not None:
                receiving.take_content(key, chunks)
        return receiving.finish()
    except BaseException:
        receiving.discard()
        raise


class _Receiving:
    """What has come of a body so far."""

    def __init__(self, folder: Path, parse: Parse, max_statements_bytes: int, *, brought_over: bool) -> None:
        self._folder = folder
        self._brought_over = brought_over
        self._parse = parse
        self._max_bytes = max_statements_bytes
        self._body = bytearray()
        self._statements: Sequence[Statement] | None = None
        self._expected: Expected = {}
        self._contents: dict[str, Incoming] = {}
        self._coming: Incoming | None = None
        self._key = ""

    def take(self, event: Event) -> None:
        """The next event of the body."""
        match event:
            case Begin(headers):
                self._begin(headers)
            case Piece(content):
                self._write(content)
            case End():
                self._end()

    def _begin(self, headers: Mapping[str, str]) -> None:
        if self._statements is None:
            check_statements_part(headers)
            return
        self._key = check_part(headers, self._expected)[0].key
        self._coming = Incoming(self._folder, ALGORITHMS[len(self._key)])

    def _write(self, content: bytes) -> None:
        if self._coming is not None:
            self._coming.write(content)
            return
        self._body += content
        if len(self._body) > self._max_bytes:
            raise TooLarge(f"the statements of a request have at most {self._max_bytes} bytes", field="body")

    def _end(self) -> None:
        if self._coming is None:
            body = bytes(self._body).strip()
            self.take_statements(self._parse(body), in_array=body.startswith(b"["))
            return
        self._coming.close()
        check_sum(self._key, self._coming.said)
        if self._key in self._contents:  # sent twice, which is allowed, and the same
            self._coming.discard()
        self._contents.setdefault(self._key, self._coming)
        self._coming = None

    def take_statements(self, statements: Sequence[Statement], *, in_array: bool) -> None:
        """What the contents that follow belong to."""
        self._statements = statements
        self._expected = expect(named_in([one.value for one in statements], in_array=in_array))

    @property
    def wanted(self) -> Collection[str]:
        """The sums that the statements name."""
        return self._expected.keys()

    def take_content(self, key: str, chunks: Iterable[bytes]) -> None:
        """The whole content with that sum."""
        self._key = key
        self._coming = Incoming(self._folder, ALGORITHMS[len(key)])
        for chunk in chunks:
            self._write(chunk)
        self._end()

    def finish(self) -> Received:
        """Everything, when all is there that must be, and safe on disk."""
        if self._statements is None:
            raise Invalid("the body has no part with the statements", field="body", rule=_RULE)
        check_all_came(self._expected, self._contents)
        self._check_signatures(self._statements)
        for incoming in self._contents.values():
            incoming.flush()
        return Received(self._statements, self._expected, self._contents)

    def _check_signatures(self, statements: Sequence[Statement]) -> None:
        for key, incoming in self._contents.items():
            for named in self._expected[key]:
                if named.is_signature:
                    one = statements[named.statement]
                    content = incoming.read(MAX_SIGNATURE_BYTES + 1)
                    check_signature(content, one.value, id=one.id, field=named.field, brought_over=self._brought_over)

    def discard(self) -> None:
        """Removes what has come."""
        for incoming in (*self._contents.values(), *([self._coming] if self._coming else [])):
            incoming.discard()


def keep(session: Session, tenant: str, received: Received, *, ids: Sequence[UUID], new: Collection[UUID], now: datetime) -> None:
    """Keeps the contents of those statements that are ``new``; to be called in the transaction that stores them.

    ``ids`` are the statements' in the order received. A statement that was there already keeps what it had. May run again with
    the transaction. Raises Unavailable when the disk won't have it.
    """
    kept = {
        (ids[named.statement], named.sha2): Kept(
            ids[named.statement], named.sha2, named.content_type, incoming.sha256, incoming.length
        )
        for key, incoming in received.contents.items()
        for named in received.expected[key]
        if ids[named.statement] in new
    }
    if not kept:
        return
    wanted = {one.sha256 for one in kept.values()}
    store.lock_shared(session, tenant)
    for incoming in received.contents.values():
        if incoming.sha256 in wanted:
            incoming.place()
    store.insert(session, tenant, list(kept.values()), now=now)

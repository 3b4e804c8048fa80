"""A statement of another LRS on its way in: parsed by the same rules as at the door, and what to tell when it is refused."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from uuid import UUID

import msgspec
import orjson

from lrs_bridge.errors import Conflict, Invalid, LrsBridgeError
from lrs_bridge.xapi.credentials.credential import Credential
from lrs_bridge.xapi.model.statement import Statement, parse_statement
from lrs_bridge.xapi.model.version import Version
from lrs_bridge.xapi.transfer.splitting import Piece


class _Saying(msgspec.Struct):
    version: str = ""


_SAYING = msgspec.json.Decoder(_Saying)


class Fate(StrEnum):
    """What becomes of a statement of the file."""

    STORED = "stored"
    PRESENT = "there already"
    CONFLICTING = "conflicting"
    INVALID = "invalid"
    ERASED = "erased here"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a statement was not taken, without saying what is in it. ``line`` and ``number`` say where it stands in the file."""

    line: int
    number: int
    id: UUID | None
    fate: Fate
    message: str
    field: str | None = None
    rule: str | None = None

    def as_json(self) -> bytes:
        """One line of the errors file."""
        return orjson.dumps(asdict(self)) + b"\n"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A valid statement and where it stands in the file."""

    piece: Piece
    statement: Statement

    def refused(self, fate: Fate, error: LrsBridgeError) -> Refusal:
        """Tells that it is not taken, and why."""
        return refusal(self.piece, fate, error, self.statement.id)


def refusal(piece: Piece, fate: Fate, error: LrsBridgeError, id: UUID | None = None) -> Refusal:
    """A statement of the file that is not taken, and why."""
    return Refusal(piece.line, piece.number, id, fate, error.message, error.field, error.rule)


def erased(id: UUID) -> Conflict:
    """What is told of a statement that was erased here."""
    return Conflict(f"the statement {id} was erased here and is not taken back", field="id", rule="what was erased stays away")


def read_piece(piece: Piece, *, max_bytes: int, contents_follow: bool = False) -> Incoming | Refusal:
    """The statement in these bytes, or why it is none. Unless ``contents_follow``, each attachment must have a fileUrl."""
    version = _version_of(piece.raw)
    try:
        statement = parse_statement(piece.raw, max_bytes=max_bytes, version=version, contents_follow=contents_follow)
        return Incoming(piece, _dated(statement))
    except LrsBridgeError as error:
        return refusal(piece, Fate.INVALID, error)


def _version_of(raw: bytes) -> Version:
    """The version of xAPI that the statement says it is of: files have no header that tells. 1.0.3 when it says nothing."""
    try:
        said = _SAYING.decode(raw).version
    except (msgspec.DecodeError, RecursionError):
        return Version.V1  # whose parser says what is wrong
    return Version.V2 if said.startswith("2.") else Version.V1


def _dated(statement: Statement) -> Statement:
    """A statement without a timestamp happened when the other LRS stored it, not when it is imported (Data 2.4.7)."""
    value = statement.value
    if "timestamp" in value or "stored" not in value:
        return statement
    raw = statement.raw.rstrip()[:-1] + b',"timestamp":' + orjson.dumps(value["stored"]) + b"}"
    return msgspec.structs.replace(statement, value=value | {"timestamp": value["stored"]}, raw=raw)


def require_same_tenant(credential: Credential, tenant: str) -> None:
    """Raises Invalid for another tenant's key."""
    if credential.tenant != tenant:
        raise Invalid("the key is another tenant's", field="credential")

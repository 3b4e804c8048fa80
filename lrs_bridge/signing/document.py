"""The file that people download and pass on: the signed attestation, a copy to read, and the evidence that it rests on.

The JWS alone proves; everything else in the file is there for the reader and is held against it (see ``verification``).
Evidence has its content only where the person who downloads may see it; its digest is always there. Version 2 carries a proof
that the attestation is in the log; version 1 has none, and is still written while no checkpoint covers the attestation.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from lrs_bridge.errors import Invalid
from lrs_bridge.signing.attestation import Digest, Evidence, Part
from lrs_bridge.signing.log.checkpoint import Inclusion
from lrs_bridge.signing.strict_json import parse_json

WITHOUT_LOG: Final = "lrs-bridge-attestation/1"
FORMAT: Final = "lrs-bridge-attestation/2"
JWKS_PATH = "/.well-known/jwks.json"


class EvidenceCopy(Part, frozen=True):
    """A piece of evidence by source, id and digest; ``content`` is its stored bytes as text, when included."""

    source: str
    id: str
    digest: Digest | None
    content: str | UnsetType = UNSET


class Document(Part, frozen=True):
    """The file's members. ``payload`` is the copy to read; ``jwks_url`` is where the issuer publishes its keys.

    ``log`` is there in version 2, and in no other.
    """

    format: Literal["lrs-bridge-attestation/1", "lrs-bridge-attestation/2"]
    jws: str
    payload: dict[str, Any]
    evidence: tuple[EvidenceCopy, ...]
    jwks_url: str
    log: Inclusion | UnsetType = UNSET


def jwks_url(issuer: str) -> str:
    """Where an issuer publishes the keys that its attestations are checked with."""
    return issuer + JWKS_PATH


def write_document(
    compact: str, payload: bytes, contents: Mapping[tuple[str, str], bytes], log: Inclusion | None = None
) -> bytes:
    """The file for a payload as it was signed. ``contents`` are stored bytes by (source, id), as far as they may be shown."""
    members = msgspec.json.decode(payload)
    evidence = [_copy(piece, contents) for piece in msgspec.convert(members["evidence"], list[Evidence])]
    document = Document(FORMAT, compact, members, tuple(evidence), jwks_url(members["issuer"]), log or UNSET)
    if log is None:
        document = msgspec.structs.replace(document, format=WITHOUT_LOG)
    return json.dumps(msgspec.to_builtins(document), ensure_ascii=False, indent=2).encode() + b"\n"


def parse_document(content: bytes) -> Document:
    """Reads a downloaded file. Raises Invalid when it has not exactly the members of one."""
    try:
        document = msgspec.convert(parse_json(content), Document)
    except msgspec.ValidationError as error:
        raise Invalid(f"not an attestation file: {error}", rule=FORMAT) from error
    if (document.format == FORMAT) != isinstance(document.log, Inclusion):
        raise Invalid("a file of version 2 has a proof from the log, one of version 1 has none", field="log", rule=FORMAT)
    return document


def _copy(piece: Evidence, contents: Mapping[tuple[str, str], bytes]) -> EvidenceCopy:
    content = contents.get((piece.source, piece.id))
    return EvidenceCopy(piece.source, piece.id, piece.digest, UNSET if content is None else content.decode())

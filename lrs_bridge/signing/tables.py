"""Tables of the signing room: keys, and the ledger of attestations. Ledger rows are only ever added."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, LargeBinary, String, Table, Text, UniqueConstraint, Uuid

from lrs_bridge.db import Json, UtcDateTime, metadata

DIGEST = String(72)
KID = String(64)

signing_key = Table(
    "signing_key",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("kid", KID, primary_key=True),
    Column("algorithm", String(16), nullable=False),
    Column("public_jwk", Json, nullable=False),
    Column("private_encrypted", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime),
)

attestation = Table(
    "attestation",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("attestation_id", Uuid, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("payload", Text, nullable=False),
    Column("payload_digest", DIGEST, nullable=False),
    Column("previous", DIGEST, nullable=False),
    Column("chain_hash", DIGEST, nullable=False),
    Column("kid", KID, nullable=False),
    Column("jws", Text, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant_id", "sequence"),
    UniqueConstraint("tenant_id", "record_id"),
    ForeignKeyConstraint(["tenant_id", "kid"], ["signing_key.tenant_id", "signing_key.kid"]),
)

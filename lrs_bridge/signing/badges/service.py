"""Use cases of badges: issuing one, publishing status lists and who the issuers are."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import rfc8785

from lrs_bridge.db import Session, audit, lock
from lrs_bridge.errors import Conflict, NotFound
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Action
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.record import State
from lrs_bridge.ports import EvidenceSource
from lrs_bridge.settings import Secret
from lrs_bridge.signing import service as signing
from lrs_bridge.signing.attestation import Attestation
from lrs_bridge.signing.badges import store
from lrs_bridge.signing.badges.badge import TYP, Place, claims
from lrs_bridge.signing.badges.did import did_document, did_of, issuer_url, key_id
from lrs_bridge.signing.badges.status import FILLED, LENGTH, list_claims, list_url
from lrs_bridge.signing.examination import Standing
from lrs_bridge.signing.signature import sign

Reader = tuple[str, UUID]
"""A signed-in person: tenant and id."""

REVOKED: Final = frozenset({State.SUPERSEDED})
"""The states of a record that revoke its badge."""


def may_have(session: Session, attestation: Attestation, reader: Reader | None, now: datetime) -> bool:
    """Whether somebody may have the badge: the resident, and who may view the record's evidence today."""
    if reader is None or reader[0] != attestation.tenant.id:
        return False
    return people.may(session, *reader, Action.VIEW_EVIDENCE, attestation.resident.id, now)


def find(
    session: Session, attestation_id: UUID, evidence_source: EvidenceSource, *, reader: Reader, now: datetime
) -> tuple[Attestation, str | None]:
    """An attestation and its badge, if one was issued.

    Raises NotFound for those who may not have it, and Conflict when the attestation or what it rests on was altered.
    """
    found = signing.examine(session, attestation_id, evidence_source)
    if found.attestation is None or found.standing is Standing.BROKEN:
        raise Conflict("something is not as it was signed, so there is no badge of it: see the attestation's page")
    if not may_have(session, found.attestation, reader, now):
        raise NotFound("there is no such attestation, or its badge is not for you to have")
    return found.attestation, store.find_badge(session, found.entry.tenant, attestation_id)


def issue(
    session: Session, attestation: Attestation, *, actor_id: UUID, now: datetime, master_key: Secret, public_url: str
) -> str:
    """The badge of an attestation that ``find`` gave, made once and then kept. Raises UnusableKey."""
    tenant = attestation.tenant.id
    lock(session, f"badges:{tenant}")
    kept = store.find_badge(session, tenant, attestation.id)
    if kept is not None:
        return kept
    place = _draw(session, tenant)
    jws = _sign(session, tenant, claims(attestation, place, public_url), now=now, master_key=master_key, public_url=public_url)
    store.add_badge(session, tenant, attestation.id, place, jws, now=now)
    event = audit.AuditEvent(now, f"person:{actor_id}", "badge.issue", f"attestation:{attestation.id}")
    audit.record(session, tenant, event)
    return jws


def _draw(session: Session, tenant: str) -> Place:
    """A place that no badge ever had, at random, so that it tells nothing of when the badge was issued."""
    number, filled = store.last_list(session, tenant)
    if number == 0 or filled >= FILLED:
        return Place(number + 1, secrets.randbelow(LENGTH))
    place = Place(number, secrets.randbelow(LENGTH))
    while store.is_taken(session, tenant, place):
        place = Place(number, secrets.randbelow(LENGTH))
    return place


def _sign(
    session: Session, tenant: str, content: Mapping[str, Any], *, now: datetime, master_key: Secret, public_url: str
) -> str:
    key = signing.signing_key(session, tenant, master_key=master_key, now=now)
    return sign(rfc8785.dumps(dict(content)), key=key, kid=key_id(did_of(public_url, tenant), key.thumbprint()), typ=TYP)


def status_list(session: Session, tenant: str, number: int, *, now: datetime, master_key: Secret, public_url: str) -> str:
    """A status list as of now, signed. Raises NotFound while no badge is in it, and UnusableKey."""
    if not 1 <= number <= store.last_list(session, tenant)[0]:
        raise NotFound("there is no such status list")
    found: set[int] = set()
    for record_ids in plans.record_ids_in(session, tenant, REVOKED):
        found |= store.indexes_of(session, tenant, number, record_ids)
    url = list_url(issuer_url(public_url, tenant), number)
    content = list_claims(did_of(public_url, tenant), url, found, now.astimezone(UTC))
    return _sign(session, tenant, content, now=now, master_key=master_key, public_url=public_url)


def issuer_document(session: Session, tenant: str, public_url: str) -> dict[str, Any]:
    """The document of an organisation's identifier, the newest key first. Raises NotFound for one that never signed."""
    jwks = [jwk for jwk in signing.public_keys(session) if jwk["tenant"] == tenant]
    if not jwks:
        raise NotFound("there is no such issuer")
    return did_document(did_of(public_url, tenant), reversed(jwks))

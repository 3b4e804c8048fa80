"""What a badge says: an attestation as an OpenBadgeCredential (Open Badges 3.0, appendix B; W3C VC Data Model 2.0).

The claims are those of a JWT whose payload is the credential itself (Open Badges 3.0, 8.2.4). It says nothing that the
attestation's file does not say; its texts are in English, but for what people wrote. Left out: images, endorsements, embedded
proofs, and alignments, which ask for addresses that objectives do not have: the criteria name them.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from lrs_bridge.people.period import OSLO
from lrs_bridge.signing.attestation import Attestation, Decision, Person
from lrs_bridge.signing.badges.did import did_of, issuer_url
from lrs_bridge.signing.badges.status import CONTEXT, entry, instant

OPEN_BADGES: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
SCHEMA: Final = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
TYP: Final = "JWT"
"""The one ``typ`` that Open Badges 3.0, 8.2.3 allows; attestations and checkpoints have others."""
COURSES: Final = ("classroom", "elearning")
"""Kinds of activities that are courses."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a badge's status is kept: which list of its organisation, from 1, and which of its bits."""

    number: int
    index: int


def claims(attestation: Attestation, place: Place, public_url: str) -> dict[str, Any]:
    """The badge of an attestation, the same each time."""
    tenant, begins = attestation.tenant, attestation.issued_at.astimezone(UTC).replace(microsecond=0)
    did, subject = did_of(public_url, tenant.id), f"urn:uuid:{attestation.resident.id}"
    badge = {
        "@context": [CONTEXT, OPEN_BADGES],
        "id": f"urn:uuid:{attestation.id}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": attestation.activity.title,
        "issuer": {"id": did, "type": ["Profile"], "name": tenant.name, "url": public_url},
        "validFrom": instant(begins),
        "credentialSubject": _subject(attestation, subject),
        "evidence": [_evidence(attestation, public_url)],
        "credentialStatus": entry(issuer_url(public_url, tenant.id), place.number, place.index),
        "credentialSchema": [{"id": SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
        "iss": did,
        "jti": f"urn:uuid:{attestation.id}",
        "sub": subject,
        "nbf": int(begins.timestamp()),
    }
    return badge if attestation.valid_until is None else badge | _end(attestation.valid_until)


def _end(last: date) -> dict[str, Any]:
    """The end of the last day on which it counts, which is a day in Norway."""
    ends = datetime.combine(last + timedelta(days=1), time(), OSLO).astimezone(UTC)
    return {"validUntil": instant(ends), "exp": int(ends.timestamp())}


def _subject(attestation: Attestation, id: str) -> dict[str, Any]:
    resident, activity = attestation.resident, attestation.activity
    identifiers = [_identity("name", resident.name)]
    if resident.hpr_number is not None:
        identifiers.append(_identity("ext:hprNumber", resident.hpr_number))
    ended = attestation.done_at
    return {
        "id": id,
        "type": ["AchievementSubject"],
        **({} if ended is None else {"activityEndDate": instant(ended.astimezone(UTC))}),
        "identifier": identifiers,
        "achievement": {
            "id": f"urn:uuid:{activity.id}",
            "type": ["Achievement"],
            "achievementType": "Course" if activity.kind in COURSES else "Achievement",
            "name": activity.title,
            "description": _description(attestation),
            "criteria": {"narrative": _criteria(attestation)},
        },
        "source": _source(attestation),
    }


def _identity(kind: str, value: str) -> dict[str, Any]:
    return {"type": "IdentityObject", "identityType": kind, "identityHash": value, "hashed": False}


def _description(attestation: Attestation) -> str:
    kind = attestation.activity.kind.replace("_", " ")
    course = attestation.course
    by = f", achieved by the course {course.title}, version {course.version}, {course.iri}" if course else ""
    return f"Learning activity in a resident's training plan ({kind}){by}."


def _criteria(attestation: Attestation) -> str:
    told = ["Done by the resident and signed by somebody who may sign it."]
    if attestation.mapping is not None:
        told.append(f"The rule asks that the course is {attestation.mapping.requirement}.")
    told += [f"Serves the learning objective {o.code}, version {o.version}: {o.title}." for o in attestation.activity.objectives]
    return " ".join(told)


def _source(attestation: Attestation) -> dict[str, Any]:
    person = _decider(attestation.decision)
    if person is None:
        return {"id": f"urn:uuid:{attestation.record}", "type": ["Profile"], "name": attestation.tenant.name}
    return {"id": f"urn:uuid:{person.id}", "type": ["Profile"], "name": person.name}


def _decider(decision: Decision) -> Person | None:
    return decision.on_behalf_of if decision.signed_by == "system" else decision.signed_by


def _evidence(attestation: Attestation, public_url: str) -> dict[str, Any]:
    return {
        "id": f"{public_url}/attestations/{attestation.id}",
        "type": ["Evidence"],
        "name": "Attestation",
        "narrative": _narrative(attestation.decision),
    }


def _narrative(decision: Decision) -> str:
    person = _decider(decision)
    if decision.signed_by == "system":
        who = f"the service on behalf of {person.name}, owner of the course" if person else "the service"
    else:
        who = f"{decision.signed_by.name} ({decision.role})"
    comment = f" {decision.comment}" if decision.comment else ""
    return f"Signed by {who} at {instant(decision.at.astimezone(UTC))}.{comment}"

"""Users who are said to have been somebody else under LTI 1.1, without proof (LTI 1.1 migration 1.0): somebody has to decide."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lrs_bridge.identity import Identifier, IdentifierKind

LEGACY_ISSUER = "lti1p1:"
"""What the issuer of a platform of LTI 1.1 begins with; its consumer key follows."""


@dataclass(frozen=True, slots=True)
class Rebinding:
    """The platform says that its user ``subject`` was ``former_subject`` when it launched with the consumer key."""

    platform_id: UUID
    subject: str
    consumer_key: str
    former_subject: str
    name: str | None
    context_title: str | None
    asked_at: datetime


def lti_user(issuer: str, subject: str) -> Identifier:
    """The identifier of a platform's user."""
    return Identifier(IdentifierKind.LTI_USER, issuer, subject)


def former_user(asked: Rebinding) -> Identifier:
    """The identifier that the user had under LTI 1.1."""
    return lti_user(LEGACY_ISSUER + asked.consumer_key, asked.former_subject)

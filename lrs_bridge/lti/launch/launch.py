"""What a launch says, once it is verified: the values that the rest of the room works with.

LTI 1.3 Core 5.3 and 5.4, Deep Linking 2.0 4.4, Assignment and Grade Services 2.0 3.1, Names and Role Provisioning Services 2.0
3.6, Course Groups 1.0, Submission Review 1.0, LTI 1.1 migration 1.0. A launch by LTI 1.1 is put into the same form.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType


class MessageType(StrEnum):
    """The messages that are taken."""

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"
    SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"


@dataclass(frozen=True, slots=True)
class Course:
    """The context that a launch comes from: a course or a course's section."""

    id: str
    title: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class ResourceLink:
    """The place in the course."""

    id: str
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Grades:
    """Assignment and Grade Services, as offered to this launch."""

    lineitems_url: str | None
    lineitem_url: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeepLinkingSettings:
    """What a deep linking request takes back. ``data`` goes back exactly as it came, and not at all when none came."""

    return_url: str
    accept_types: tuple[str, ...]
    accept_targets: tuple[str, ...]
    accept_multiple: bool
    accept_lineitem: bool
    data: str | None = None


@dataclass(frozen=True, slots=True)
class Migration:
    """Who and what this was under LTI 1.1, as the platform says; ``proven`` when its signature with our old secret holds."""

    consumer_key: str
    user_id: str | None
    resource_link_id: str | None
    proven: bool


@dataclass(frozen=True, slots=True)
class BasicOutcome:
    """Where LTI 1.1 takes a grade: Basic Outcomes."""

    url: str
    sourcedid: str


@dataclass(frozen=True, slots=True)
class Launch:
    """One message of one user. ``roles`` are full URIs. Empty texts of the platform's have become None.

    ``subject`` is the platform's id of the user, None for an anonymous one; ``name`` and ``email`` are shown and decide nothing.
    ``for_subject`` is whose submission is to be reviewed. ``version`` is the LTI that it came by, ``1.3`` or ``1.1``.
    """

    version: str
    message_type: MessageType
    issuer: str
    client_id: str
    deployment_id: str
    subject: str | None
    roles: tuple[str, ...]
    target_link_uri: str
    name: str | None = None
    email: str | None = None
    course: Course | None = None
    resource_link: ResourceLink | None = None
    custom: dict[str, str] = field(default_factory=dict)
    locale: str | None = None
    return_url: str | None = None
    document_target: str | None = None
    grades: Grades | None = None
    memberships_url: str | None = None
    groups_url: str | None = None
    deep_linking: DeepLinkingSettings | None = None
    for_subject: str | None = None
    migration: Migration | None = None
    basic_outcome: BasicOutcome | None = None


VerifiedLaunch = NewType("VerifiedLaunch", Launch)
"""A launch that ``verify_id_token`` or LTI 1.1's ``verify_launch`` let through; nothing else makes one."""

"""The values of this room: a learning platform as it is registered with a tenant, and its deployments.

LTI 1.3 Core 3.1: a platform is known by its issuer and the client id that it gave us; each deployment of us there has an id of
its own. An issuer may stand for many customers (Blackboard's does), so only the three together name a tenant.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Version(StrEnum):
    """The LTI that a platform speaks with us."""

    V1P3 = "1.3"
    V1P1 = "1.1"


class State(StrEnum):
    """Whether launches are taken."""

    RUNNING = "running"
    PAUSED = "paused"


class Product(StrEnum):
    """What a platform is made by, as far as it matters here. The values are the product family codes that platforms send."""

    MOODLE = "moodle"
    CANVAS = "canvas"
    BLACKBOARD = "BlackboardLearn"
    BRIGHTSPACE = "desire2learn"
    ITSLEARNING = "itslearning"
    OPEN_EDX = "openedx"
    SAKAI = "sakai"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Platform:
    """A platform's registration with one tenant.

    ``issuer`` and ``client_id`` are the platform's (``iss``, and ours there); of LTI 1.1 ``client_id`` is the consumer key and
    ``issuer`` is made from it. The three URLs are None for LTI 1.1. ``token_audience`` is what its token service wants to be
    called, where that is not ``token_url``. ``ancestors`` are further origins whose frames may show us.
    """

    tenant: str
    platform_id: UUID
    version: Version
    name: str
    product: Product
    state: State
    issuer: str
    client_id: str
    authorization_url: str | None
    token_url: str | None
    token_audience: str | None
    jwks_url: str | None
    adopts_deployment: bool
    ancestors: tuple[str, ...]
    created_at: datetime
    last_launch_at: datetime | None = None
    sealed_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment of us on a platform."""

    platform_id: UUID
    deployment_id: str
    name: str
    added_at: datetime
    last_launch_at: datetime | None = None

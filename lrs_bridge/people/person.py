"""The values of this room: tenants, persons, and how persons relate to each other."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lrs_bridge.errors import Invalid
from lrs_bridge.identity import Identifier, IdentifierKind, Mbox, MboxSha1Sum, identifier_of
from lrs_bridge.people.access import Role, TenantRole

__all__ = [
    "Account",
    "Person",
    "Relation",
    "Role",
    "Tenant",
    "TenantKind",
    "TenantRole",
    "UnknownLogin",
    "checked_slug",
    "known_as",
    "search_key",
    "username_key",
]

NAME_LENGTH = 200
USERNAME_LENGTH = 100
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class TenantKind(StrEnum):
    """What sort of body a tenant is."""

    REGION = "region"
    TRUST = "trust"
    MUNICIPALITY = "municipality"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A body that keeps its own persons and plans. ``contact`` says in words whom its users turn to for help."""

    tenant: str
    name: str
    kind: TenantKind
    language: str
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody known to a tenant. ``language`` is the person's own choice for pages, if made."""

    person_id: UUID
    name: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """One end of a role relation: the other person, and the role that follows (or is followed)."""

    person: Person
    role: Role


@dataclass(frozen=True, slots=True)
class Account:
    """A local account, as far as a password check needs it."""

    username: str
    person_id: UUID
    password_hash: str


@dataclass(frozen=True, slots=True)
class UnknownLogin:
    """Somebody who proved who they are to an OpenID provider, and whom the tenant does not know.

    ``hpr_number`` is the provider's word; ``name`` is a claim that helps an administrator and decides nothing.
    """

    subject: Identifier
    provider: str
    name: str | None
    hpr_number: str | None
    first_at: datetime
    last_at: datetime
    times: int


def known_as(identifier: Identifier) -> Identifier:
    """The identifier in the one form that it is kept and looked up in, that of statements' (``identity.identifier_of``)."""
    match identifier.kind:
        case IdentifierKind.MBOX:
            return identifier_of(Mbox(identifier.value))
        case IdentifierKind.MBOX_SHA1SUM:
            return identifier_of(MboxSha1Sum(identifier.value))
    return identifier


def checked_slug(slug: str) -> str:
    """The slug, which stands in keys and addresses. Raises Invalid for one that is not short, lower-case and plain."""
    if not _SLUG.fullmatch(slug):
        raise Invalid("a tenant's slug has 1 to 40 of a-z, 0-9 and hyphens, and begins with none", field="tenant")
    return slug


def search_key(text: str) -> str:
    """The form in which names are compared: without regard to case, width or how an accent is encoded."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def username_key(username: str) -> str:
    """The form in which user names are stored and looked up. Raises Invalid when nothing, or too much, is left."""
    key = search_key(username)
    if not key or len(key) > USERNAME_LENGTH or "\x00" in key:
        raise Invalid(f"a user name has 1 to {USERNAME_LENGTH} characters", field="username")
    return key


def checked_name(name: str) -> str:
    """The name as it is kept. Raises Invalid when it is empty, too long or holds control characters."""
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > NAME_LENGTH or any(unicodedata.category(c) == "Cc" for c in tidy):
        raise Invalid(f"a name has 1 to {NAME_LENGTH} characters, none of them control characters", field="name")
    return tidy

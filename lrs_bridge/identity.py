"""Who a statement or a grade speaks of: the four inverse functional identifiers of xAPI, users of learning platforms, and the
wider identifiers of a person.

Source: xAPI 1.0.3, Data 2.4.2.3 (Inverse Functional Identifier). Left out: checking that an address or IRI is well formed,
which is the statement parser's job.
"""

import hashlib
from enum import StrEnum
from string import ascii_lowercase, ascii_uppercase

import msgspec


class Mbox(msgspec.Struct, frozen=True):
    """``mailto:`` IRI of a mailbox that only this agent has ever had."""

    mbox: str


class MboxSha1Sum(msgspec.Struct, frozen=True):
    """Lower-case hexadecimal SHA-1 of a ``mailto:`` IRI."""

    mbox_sha1sum: str


class OpenID(msgspec.Struct, frozen=True):
    """An OpenID URI that names the agent."""

    openid: str


class Account(msgspec.Struct, frozen=True):
    """An account on an existing system: its home page and the name there."""

    home_page: str
    name: str


class LtiUser(msgspec.Struct, frozen=True):
    """A user of a learning platform: its issuer and the id that it gives the user (LTI 1.3 Core 5.3.6)."""

    issuer: str
    subject: str


ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)

IFI = Mbox | MboxSha1Sum | OpenID | Account
Learner = IFI | LtiUser
"""Whom a completion may be about."""


class IdentifierKind(StrEnum):
    """The kinds of identifier by which a person is known somewhere."""

    MBOX = "mbox"
    MBOX_SHA1SUM = "mbox_sha1sum"
    OPENID = "openid"
    ACCOUNT = "account"
    OIDC_SUBJECT = "oidc_subject"
    LTI_USER = "lti_user"
    HPR_NUMBER = "hpr_number"


class Identifier(msgspec.Struct, frozen=True, order=True):
    """One name of one person: unique within a tenant by (kind, issuer, value).

    ``issuer`` is the account's home page or the OpenID issuer, and empty for the kinds that need none.
    """

    kind: IdentifierKind
    issuer: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.issuer}|{self.value}" if self.issuer else f"{self.kind}:{self.value}"


def identifier_of(learner: Learner) -> Identifier:
    """The identifier under which a person with this IFI, or this user of a learning platform, is looked up.

    Mailboxes are compared without regard to the case of A to Z: learning systems do not agree on the case of an address. No
    other letter is folded: to Unicode the Kelvin sign is a capital k too, and would let one address pass for another.
    """
    match learner:
        case Mbox(mbox):
            return Identifier(IdentifierKind.MBOX, "", mbox.translate(ASCII_LOWER))
        case MboxSha1Sum(digest):
            return Identifier(IdentifierKind.MBOX_SHA1SUM, "", digest.translate(ASCII_LOWER))
        case OpenID(openid):
            return Identifier(IdentifierKind.OPENID, "", openid)
        case LtiUser(issuer, subject):
            return Identifier(IdentifierKind.LTI_USER, issuer, subject)
    return Identifier(IdentifierKind.ACCOUNT, learner.home_page, learner.name)


def implied_identifiers(identifier: Identifier) -> tuple[Identifier, ...]:
    """The identifier and those that follow from it: whoever owns a mailbox owns the SHA-1 sum of its IRI."""
    if identifier.kind is not IdentifierKind.MBOX:
        return (identifier,)
    digest = hashlib.sha1(identifier.value.encode(), usedforsecurity=False).hexdigest()
    return identifier, Identifier(IdentifierKind.MBOX_SHA1SUM, "", digest)

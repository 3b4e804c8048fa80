"""Why a signature is worth what its report says: a kind and what it is about, so that each reader is told in their own words."""

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """The kinds of reasons. What each is ``about``, in order, stands behind it."""

    BROKEN = "broken"  # what is wrong with it
    OTHER_STATEMENT = "other_statement"
    OTHER_ATTACHMENTS = "other_attachments"
    NOT_COVERED = "not_covered"  # members of the statement
    NOT_AS_SIGNED = "not_as_signed"  # members of the statement
    NO_CERTIFICATE = "no_certificate"
    NOT_VALID_THEN = "not_valid_then"  # whose certificate
    SHORT_KEY = "short_key"  # the least number of bits
    NOT_IN_ORDER = "not_in_order"  # who did not issue, and whose certificate
    NO_TRUST_LIST = "no_trust_list"
    NOT_TRUSTED = "not_trusted"  # what was found on the way
    NOT_HERE = "not_here"
    GONE = "gone"


_MESSAGES = {
    Why.BROKEN: "The signature is broken: {}.",
    Why.OTHER_STATEMENT: "The stored statement says something else than what was signed.",
    Why.OTHER_ATTACHMENTS: "The statement has other attachments than those that were signed.",
    Why.NOT_COVERED: "The signature does not cover these parts of the statement: {}.",
    Why.NOT_AS_SIGNED: "These parts of the statement are not as they were signed: {}.",
    Why.NO_CERTIFICATE: "The signature names no certificate, so nobody can tell who made it.",
    Why.NOT_VALID_THEN: "The certificate of {} was not valid when the statement was stored.",
    Why.SHORT_KEY: "The signer's key has less than {} bits.",
    Why.NOT_IN_ORDER: "The chain is not in order: {} did not issue the certificate of {}.",
    Why.NO_TRUST_LIST: "There is no list of trusted certificates.",
    Why.NOT_TRUSTED: "The chain leads to no trusted certificate: {}.",
    Why.NOT_HERE: "The signature itself did not come with the statement.",
    Why.GONE: "The signature is not there any longer as it was received.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence of a report. ``about`` are names, paths of members, or a technical explanation in English."""

    why: Why
    about: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """It in English, for programs and their authors."""
        return _MESSAGES[self.why].format(*self.about)

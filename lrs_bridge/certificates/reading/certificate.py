"""What was read from a certificate: values, where each stands, and how sure the reading is of it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from lrs_bridge.certificates.extraction.page import Box, Page

T = TypeVar("T")


class Sureness(StrEnum):
    """How much a value may be relied on. ``sure`` is for text of the file itself where two signs agree and none contradicts; what
    was read from a picture is ``likely`` at best; a ``guess`` is worth showing, no more.
    """

    SURE = "sure"
    LIKELY = "likely"
    GUESS = "guess"


class Place(msgspec.Struct, frozen=True):
    """Where something stands: a page from 1, and a box in shares (0 to 1) of the page's width and height."""

    page: int
    box: Box


class Field(msgspec.Struct, Generic[T], frozen=True):
    """A value, with how sure it is, and where it was read."""

    value: T
    sureness: Sureness
    place: Place


class Legibility(StrEnum):
    """How well a certificate's text can be read: ``none`` is to be filled in by hand, ``poor`` to be looked at closely."""

    GOOD = "good"
    POOR = "poor"
    NONE = "none"


class ReadCertificate(msgspec.Struct, frozen=True):
    """One certificate. None is for what was not found; ``unread`` names fields whose label is there, but whose value could not be
    read (handwriting). A course on one day has the same ``held_from`` and ``held_to``; so has one that was completed then.
    """

    pages: tuple[int, ...]
    legibility: Legibility
    title: Field[str] | None = None
    holder: Field[str] | None = None
    issuer: Field[str] | None = None
    held_from: Field[date] | None = None
    held_to: Field[date] | None = None
    issued: Field[date] | None = None
    valid_until: Field[date] | None = None
    hours: Field[Decimal] | None = None
    points: Field[Decimal] | None = None
    code: Field[str] | None = None
    link: Field[str] | None = None
    unread: tuple[str, ...] = ()


class Issuer(msgspec.Struct, frozen=True):
    """A known issuer: the name that is shown, other names it uses, and its domains in the Internet (``legeforeningen.no``)."""

    name: str
    aliases: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


Catalogue = tuple[Issuer, ...]
Pages = Mapping[int, Page]
"""By their numbers."""

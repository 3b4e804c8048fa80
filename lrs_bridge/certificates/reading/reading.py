"""Certificates read out of the words of a file."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

import msgspec

from lrs_bridge.certificates.extraction.page import Code, Extract
from lrs_bridge.certificates.reading import holders, issuers, quantities, references, titles
from lrs_bridge.certificates.reading.candidates import choose, is_readable
from lrs_bridge.certificates.reading.certificate import Catalogue, Field, Legibility, Pages, ReadCertificate, Sureness
from lrs_bridge.certificates.reading.flow import flow_of
from lrs_bridge.certificates.reading.labelled import Labelled, labelled_in
from lrs_bridge.certificates.reading.lines import Line
from lrs_bridge.certificates.reading.splitting import parts_of
from lrs_bridge.certificates.reading.times import times
from lrs_bridge.certificates.reading.wordings import Role

_GOOD, _POOR = 0.85, 0.6
_FEWEST_WORDS = 5
_LABELLED = {
    Role.TITLE: "title",
    Role.HOLDER: "holder",
    Role.ISSUER: "issuer",
    Role.HELD: "held_from",
    Role.DATE: "held_from",
    Role.ISSUED: "issued",
    Role.HOURS: "hours",
    Role.POINTS: "points",
    Role.CODE: "code",
}
"""The fields that labels announce."""


def read_certificates(extract: Extract, catalogue: Catalogue = ()) -> tuple[ReadCertificate, ...]:
    """The certificates in a file, in their order; one without fields for a file in which there is nothing to read."""
    pages = {page.number: page for page in extract.pages}
    parts = parts_of(extract.pages)
    found = [_read(lines, _codes_of(lines, parts, extract.codes, pages), pages, catalogue) for lines in parts]
    return tuple(found) or (ReadCertificate(tuple(pages), Legibility.NONE),)


def _codes_of(lines: list[Line], parts: list[list[Line]], codes: Sequence[Code], pages: Pages) -> list[Code]:
    """Codes on the pages of these lines that are nearer to them than to those of another certificate."""

    def distance(part: list[Line], code: Code) -> float:
        places = [pages[line.page].share(line.box) for line in part if line.page == code.page]
        return min((abs(place.middle - code.box.middle) for place in places), default=float("inf"))

    return [code for code in codes if distance(lines, code) == min(distance(part, code) for part in parts) < float("inf")]


def _read(lines: list[Line], codes: Sequence[Code], pages: Pages, catalogue: Catalogue) -> ReadCertificate:
    flow = flow_of(lines, pages)
    labelled = list(labelled_in(flow))
    numbers = tuple(page for page, _ in groupby(sorted(line.page for line in lines)))
    legibility = _legibility(lines)
    if legibility is Legibility.NONE:
        return _with_unread(ReadCertificate(numbers, legibility), labelled)
    dates = times(flow, labelled)
    held_from, held_to = _in_order(choose(dates.held_from, pages), choose(dates.held_to, pages))
    title = choose(list(titles.titles(flow, labelled)), pages, key=_loosely)
    holder = choose(list(holders.holders(flow, labelled)), pages, key=_loosely)
    others = [each for each in issuers.issuers(flow, labelled, catalogue) if not _names(each.value, holder)]
    issuer = choose(others, pages, key=_loosely)
    found = ReadCertificate(
        numbers,
        legibility,
        title=title,
        holder=holder,
        issuer=None if title is not None and issuer is not None and title.place == issuer.place else issuer,
        held_from=held_from,
        held_to=held_to,
        issued=_after(held_to, choose(dates.issued, pages)),
        valid_until=choose(dates.valid_until, pages),
        hours=choose(list(quantities.hours(flow, labelled)), pages),
        points=choose(list(quantities.points(flow, labelled)), pages),
        code=choose(list(references.codes(flow, labelled)), pages),
        link=references.link_in_codes(codes) or choose(list(references.links(flow)), pages),
    )
    return _with_unread(found, labelled)


def _names(text: str, holder: Field[str] | None) -> bool:
    """Whether a text is about the holder."""
    return holder is not None and _loosely(holder.value) in _loosely(text)


def _loosely(text: str) -> str:
    return " ".join(text.casefold().split())


def _legibility(lines: Sequence[Line]) -> Legibility:
    words = [word for line in lines for word in line.words if any(map(str.isalnum, word.text))]
    readable = [word for word in words if is_readable((word,))]
    if len(readable) < _FEWEST_WORDS or len(readable) < _POOR * len(words):
        return Legibility.NONE
    return Legibility.GOOD if len(readable) > _GOOD * len(words) else Legibility.POOR


def _with_unread(found: ReadCertificate, labelled: Sequence[Labelled]) -> ReadCertificate:
    """With the fields that were not found, although their labels are there."""
    unclear = (each for each in labelled if not is_readable(each.words) or not all(word.is_typed for word in each.words))
    labels = (_LABELLED[each.role] for each in unclear if each.role in _LABELLED)
    unread = tuple(name for name in dict.fromkeys(labels) if getattr(found, name) is None)
    return msgspec.structs.replace(found, unread=unread)


def _in_order(first: Field[date] | None, last: Field[date] | None) -> tuple[Field[date] | None, Field[date] | None]:
    """Dates of a course that ends before it begins are guesses."""
    if first is not None and last is not None and first.value > last.value:
        return _doubted(first), _doubted(last)
    return first, last


def _after(held: Field[date] | None, issued: Field[date] | None) -> Field[date] | None:
    """A certificate issued before its course ended is doubtful."""
    return _doubted(issued) if held is not None and issued is not None and issued.value < held.value else issued


def _doubted(field: Field[date]) -> Field[date]:
    return Field(field.value, Sureness.GUESS, field.place)

"""Several certificates in a file, or on a page: where one ends and the next begins."""

from collections.abc import Iterable

from lrs_bridge.certificates.extraction.page import Page
from lrs_bridge.certificates.reading.lines import Line, lines_of
from lrs_bridge.certificates.reading.wordings import is_heading

MOST_LINES = 250
"""Of a certificate; programmes that go on for pages are not read to their end."""
_APART = 0.25
"""Headings that are nearer than this share of the page's height belong to one certificate."""


def parts_of(pages: Iterable[Page]) -> list[list[Line]]:
    """The lines of each certificate. One begins with a page that has a heading, and with each further heading of the same words
    well below on a page; a page without heading goes on with the one before.
    """
    found: list[list[Line]] = []
    for page in pages:
        lines = lines_of(page)
        tops = _beginnings(lines, page)
        if not lines:
            continue
        if not found or tops:
            found.append([])
        found[-1].extend(line for line in lines if not tops or len(tops) == 1 or line.box.middle < tops[1])
        for index, top in enumerate(tops[1:], 1):
            end = tops[index + 1] if index + 1 < len(tops) else float("inf")
            found.append([line for line in lines if top <= line.box.middle < end])
    return [part[:MOST_LINES] for part in found]


def _beginnings(lines: list[Line], page: Page) -> list[float]:
    """The tops of the headings that begin a certificate of their own."""
    headings = sorted((line for line in lines if is_heading(line.text)), key=lambda line: line.box.top)
    if not headings:
        return []
    largest = max(headings, key=lambda line: line.height)
    same = [line for line in headings if line.text.casefold() == largest.text.casefold() and line.height > 0.8 * largest.height]
    tops = [same[0].box.top]
    for line in same[1:]:
        if line.box.top - tops[-1] > _APART * page.height:
            tops.append(line.box.top)
    return tops

"""Who gave the course: by label, by phrase, by the catalogue of known issuers, by the looks of a line."""

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from lrs_bridge.certificates.reading.candidates import FAIR, STRONG, WEAK, Candidate
from lrs_bridge.certificates.reading.certificate import Catalogue, Issuer
from lrs_bridge.certificates.reading.dates import dates_in
from lrs_bridge.certificates.reading.flow import Flow
from lrs_bridge.certificates.reading.labelled import Labelled, is_label
from lrs_bridge.certificates.reading.lines import Line
from lrs_bridge.certificates.reading.wordings import APPROVED, ORGANISATION, ORGANISED, Role, is_heading

_NAME = r"(?:the\s+|det\s+|den\s+)?(?P<name>[A-ZÆØÅ](?:[^\n.,;:]|\.(?=\s?[a-zæøå]|\S)){2,80}?)"
_PHRASE = re.compile(
    rf"(?i:{ORGANISED}){_NAME}(?=\s+(?:and|og)\s+(?:offered|\w+ gjennom)|\s+(?:den|on|i|in|fra|from)\s|\s+\d|[.,;:\n]|$)"
)
_AT_PLACE = re.compile(r"\s+(?:i|in)\s")
"""What follows may be part of the name."""
_DOMAIN = re.compile(r"(?:https?://|www\.|@)([\w.-]+\.\w{2,})", re.IGNORECASE)
_ALIKE = 0.9
_MOST_WORDS = 9
_MARKS = " .,:;*"
_VERBS = re.compile(
    r"\b(?:er|har|is|has|ble|vart|was|kurset|kurs|course|certificate|godkjent|anbefalt|bekreft\w*|approved|accredited|utstedt|gyldig|kurstimer|timer)\b",
    re.IGNORECASE,
)


def issuers(flow: Flow, labelled: Iterable[Labelled], catalogue: Catalogue) -> Iterator[Candidate[str]]:
    """Who may have issued the certificate; known issuers by the names of the catalogue."""
    for each in labelled:
        if each.role is Role.ISSUER and each.words:
            strength = FAIR if each.is_vague or _DOMAIN.search(each.text) else STRONG
            yield Candidate(named(each.text, catalogue) or each.text.strip(_MARKS), each.words, each.line.page, strength)
    for match in _PHRASE.finditer(flow.text):
        text = match["name"].strip(_MARKS)
        strength = WEAK if _AT_PLACE.match(flow.text, match.end()) else FAIR
        yield Candidate(
            named(text, catalogue) or text, flow.words_at(*match.span("name")), flow.line_at(match.start()).page, strength
        )
    for line in flow.lines:
        yield from _known(line, catalogue)
    yield from _looks(flow)


def named(text: str, catalogue: Catalogue) -> str | None:
    """The catalogue's name for what a text as a whole calls an issuer, a letter or two misread included."""
    wanted = _plain(text)
    for issuer in catalogue:
        for name in (issuer.name, *issuer.aliases):
            matcher = SequenceMatcher(None, wanted, _plain(name), autojunk=False)
            if wanted == _plain(name) or (len(wanted) > _MOST_WORDS and matcher.ratio() >= _ALIKE):
                return issuer.name
    return None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _known(line: Line, catalogue: Catalogue) -> Iterator[Candidate[str]]:
    """Names of the catalogue in a line, but not of those who only approved the course."""
    whole = named(line.text, catalogue)
    if whole:
        yield Candidate(whole, line.words, line.page, FAIR)
        return
    for issuer in catalogue:
        for start, end in _mentions(line.text, issuer):
            if not APPROVED.search(line.text[:start]):
                yield Candidate(issuer.name, line.words_between(start, end), line.page, WEAK)


def _mentions(text: str, issuer: Issuer) -> Iterator[tuple[int, int]]:
    for name in (issuer.name, *issuer.aliases):
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE):
            yield match.span()
    for match in _DOMAIN.finditer(text):
        if any(match[1].lower() == domain or match[1].lower().endswith(f".{domain}") for domain in issuer.domains):
            yield match.span(1)


def _looks(flow: Flow) -> Iterator[Candidate[str]]:
    """Lines that look like an organisation's name, else the letterhead."""
    found = [line for line in flow.lines if _is_name(line) and ORGANISATION.search(line.text)]
    for line in found:
        yield Candidate(line.text.strip(_MARKS), line.words, line.page, WEAK)
    first = min(flow.lines, key=lambda line: (line.page, line.box.top))
    if not found and _is_name(first):
        yield Candidate(first.text.strip(_MARKS), first.words, first.page, WEAK)


def _is_name(line: Line) -> bool:
    text = line.text
    is_other = is_label(line) or is_heading(text) or dates_in(text) or _VERBS.search(text) or "@" in text
    return not is_other and text[:1].isupper() and len(line.words) <= _MOST_WORDS and any(map(str.isalpha, text))

"""By what the certificate can be checked: a code or number of its own, a link."""

import re
from collections.abc import Iterable, Iterator, Sequence

from lrs_bridge.certificates.extraction.page import Code
from lrs_bridge.certificates.reading.candidates import FAIR, STRONG, WEAK, Candidate
from lrs_bridge.certificates.reading.certificate import Field, Place, Sureness
from lrs_bridge.certificates.reading.flow import Flow
from lrs_bridge.certificates.reading.labelled import Labelled
from lrs_bridge.certificates.reading.wordings import CODE_LABELS, Role, is_vague

_PART = r"[A-Z0-9ÆØÅ](?:[\w/-]*[\w])?"
_CODE = re.compile(rf"(?=\S*\d)(?:{_PART})(?: (?=\S*\d){_PART}){{0,3}}", re.IGNORECASE)
_INLINE = re.compile(rf"\b(?P<label>(?i:{CODE_LABELS}))\s*[:#]?\s+(?P<code>(?=\S*\d)[A-Z0-9][\w/-]{{3,40}})")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"»)]+|\b[\w-]+(?:\.[\w-]+)+/[^\s<>\"»)]+", re.IGNORECASE)
_CHECKS = re.compile(r"verif|valid|check|sjekk|kontroll|cert|bevis|badge|credential|diploma|sertifikat|ekte|proof", re.IGNORECASE)
_END = ".,;:"
_CONTEXT = 24


def codes(flow: Flow, labelled: Iterable[Labelled]) -> Iterator[Candidate[str]]:
    """The certificate's own number or code."""
    for each in labelled:
        match = _CODE.fullmatch(each.text.strip(_END)) if each.role is Role.CODE else None
        if match:
            yield Candidate(match[0], each.words, each.line.page, FAIR if each.is_vague else STRONG)
    taken = {word for each in labelled for word in each.words}
    for match in _INLINE.finditer(flow.text):
        words = flow.words_at(*match.span("code"))
        if not is_vague(match["label"]) and not taken.intersection(words):
            yield Candidate(match["code"], words, flow.line_at(match.start()).page, FAIR)


def links(flow: Flow) -> Iterator[Candidate[str]]:
    """Addresses where it can be checked."""
    for match in _LINK.finditer(flow.text):
        text = match[0].rstrip(_END)
        words = flow.words_at(match.start(), match.start() + len(text))
        before = flow.text[max(match.start() - _CONTEXT, 0) : match.start()]
        strength = STRONG if _CHECKS.search(text.partition("://")[2]) else FAIR if _CHECKS.search(before) else WEAK
        yield Candidate(text, words, flow.line_at(match.start()).page, strength)


def link_in_codes(codes_seen: Sequence[Code]) -> Field[str] | None:
    """The address in a QR code: what is checked by machine when it is read is as sure as text."""
    for code in codes_seen:
        if _LINK.fullmatch(code.text):
            is_check = _CHECKS.search(code.text.partition("://")[2])
            return Field(code.text, Sureness.SURE if is_check else Sureness.LIKELY, Place(code.page, code.box))
    return None

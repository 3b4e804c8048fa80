"""Basic Outcomes: a grade goes to a platform, is read there, or taken back, in XML.

LTI 1.1 Implementation Guide 6 (``replaceResult``, ``readResult``, ``deleteResult`` of LTI Basic Outcomes 1.0, namespace
``imsoms_v1p0``). Answers are read by the names of their elements alone, since platforms differ in the namespace. Left out: result
data (``text``, ``url``) and the older ``ext_ims_lis`` form services.
"""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from lxml import etree

from lrs_bridge.errors import Invalid, UpstreamFailed
from lrs_bridge.web.reply import shown

NAMESPACE = "http://www.imsglobal.org/services/ltiv1p1/xsd/imsoms_v1p0"
MEDIA_TYPE = "application/xml"
LONGEST_ANSWER = 256 * 1024
_RULE = "LTI 1.1 Implementation Guide 6"
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class Operation(StrEnum):
    """What is asked of the platform."""

    REPLACE = "replaceResult"
    READ = "readResult"
    DELETE = "deleteResult"


class OutcomeFailed(UpstreamFailed):
    """The platform did not do it. ``is_permanent`` when asking again unchanged can't help; ``http_status`` is its answer's."""

    code = "outcome_failed"

    def __init__(self, message: str, *, http_status: int, is_permanent: bool) -> None:
        super().__init__(message, rule=_RULE)
        self.http_status = http_status
        self.is_permanent = is_permanent


@dataclass(frozen=True, slots=True)
class Answer:
    """The platform's answer that it did it; ``share`` is the grade that ``readResult`` brought, from 0 to 1, None for none."""

    description: str
    share: float | None


def build_request(operation: Operation, *, message_id: str, sourcedid: str, share: float | None = None) -> bytes:
    """The request's XML. ``share`` is the grade from 0 to 1, for ``replaceResult``. Raises Invalid for what XML can't hold."""
    envelope = etree.Element(f"{{{NAMESPACE}}}imsx_POXEnvelopeRequest", nsmap={None: NAMESPACE})
    header = _under(envelope, "imsx_POXHeader", "imsx_POXRequestHeaderInfo")
    _under(header, "imsx_version").text = "V1.0"
    _under(header, "imsx_messageIdentifier").text = message_id
    record = _under(envelope, "imsx_POXBody", f"{operation}Request", "resultRecord")
    try:
        _under(record, "sourcedGUID", "sourcedId").text = sourcedid
    except ValueError as error:
        raise Invalid("the grade's place can't be written in XML", field="lis_result_sourcedid", rule=_RULE) from error
    if operation is Operation.REPLACE:
        score = _under(record, "result", "resultScore")
        _under(score, "language").text = "en"  # of the number: a point before decimals
        _under(score, "textString").text = _decimal(share)
    return bytes(etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"))


def _under(parent: etree._Element, *names: str) -> etree._Element:
    for name in names:
        parent = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    return parent


def _decimal(share: float | None) -> str:
    if share is None or not 0 <= share <= 1:
        raise Invalid("a grade is from 0 to 1", field="share", rule=_RULE)
    return f"{share:.6f}".rstrip("0").rstrip(".")


def parse_answer(status: int, body: bytes) -> Answer:
    """What the platform answered. Raises OutcomeFailed with its own words when it did not do it.

    Platforms tell of failures with any HTTP status, 200 included; a status alone decides where no answer can be read.
    """
    found = _parsed(body)
    major = _text_of(found, "imsx_codeMajor").lower() if found is not None else ""
    is_passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _LATER
    if found is None or not major:
        fitting = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
        message = f"the platform answered with status {status}" + (" and nothing that can be understood" if fitting else "")
        raise OutcomeFailed(message, http_status=status, is_permanent=not is_passing)
    description = shown(" ".join(_text_of(found, "imsx_description").split()))[:300]
    if major not in ("success", "processing"):
        message = f"the platform says {shown(major)[:40]}: {description or 'nothing more'}"
        raise OutcomeFailed(message, http_status=status, is_permanent=not is_passing)
    return Answer(description, _share(found, status))


def _parsed(body: bytes) -> etree._Element | None:
    """The answer's root, None for what is none. Entities are never resolved, and an answer that declares any is none."""
    if len(body) > LONGEST_ANSWER:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(body.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    is_plain = root.getroottree().docinfo.internalDTD is None
    return root if is_plain and etree.QName(root).localname == "imsx_POXEnvelopeResponse" else None


def _text_of(root: etree._Element, *names: str) -> str:
    """The text of the first element at that path of names, empty when there is none."""
    path = "/".join(f"{{*}}{name}" for name in names)
    found = root.find(f".//{path}")
    return (found.text or "").strip() if found is not None else ""


def _share(root: etree._Element, status: int) -> float | None:
    written = _text_of(root, "resultScore", "textString")
    if not written:
        return None
    try:
        share = float(written)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        message = f"the platform gave a grade that is none: {shown(written)[:40]}"
        raise OutcomeFailed(message, http_status=status, is_permanent=True)
    return share

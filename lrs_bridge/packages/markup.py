"""XML of packages, read by a parser that fetches nothing and expands nothing.

XML 1.0 5th edition. Left out, and refused: document type declarations (2.8), with them entities (4.1) and what they attack
with: files of the server, addresses in its network, texts that grow without end.
"""

import re
from collections.abc import Iterator

from lxml import etree

from lrs_bridge.packages.notice import Code, Refused, refusal

MOST_BYTES = 8 * 1024**2
LONGEST_TEXT = 300
_RULE = "XML 1.0"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def parse_markup(content: bytes, *, file: str, most_bytes: int = MOST_BYTES) -> etree._Element:
    """The root element of an XML document. Raises Refused that names ``file`` and line for what is not well-formed, declares a
    DTD or is too long.
    """
    if len(content) > most_bytes:
        message = f"{file} is {len(content)} bytes long, {most_bytes} are allowed"
        raise refusal(Code.LONG_MARKUP, message, file=file, rule="the service's limits")
    if not content.strip():
        raise refusal(Code.NOT_XML, f"{file} is empty", file=file, rule=f"{_RULE} 2.1")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content.lstrip(b" \t\r\n"), parser)
    except etree.XMLSyntaxError as error:
        raise _not_well_formed(error, content, file) from error
    if root.getroottree().docinfo.internalDTD is not None:
        message = "there is a document type declaration (DOCTYPE); for safety it is not read: remove it"
        raise refusal(Code.DOCTYPE, message, file=file, line=1, rule=f"{_RULE} 2.8")
    return root


def _not_well_formed(error: etree.XMLSyntaxError, content: bytes, file: str) -> Refused:
    skipped = content[: len(content) - len(content.lstrip(b" \t\r\n"))].count(b"\n")
    line = max(error.lineno or 1, 1) + skipped
    what = plain_text((error.msg or "").partition(", line ")[0]) or "it ends too early"
    return refusal(Code.NOT_XML, f"not well-formed XML: {what}", file=file, line=line, rule=f"{_RULE} 2.1")


def local_name(element: etree._Element) -> str:
    """An element's name without its namespace, in lower case."""
    return str(etree.QName(element).localname).lower()


def namespace(element: etree._Element) -> str:
    """An element's namespace, empty for none."""
    return str(etree.QName(element).namespace or "")


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The children with one of these names (lower case), in any namespace."""
    return (each for each in element if isinstance(each.tag, str) and local_name(each) in names)


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first child with that name, and so on down the path."""
    for name in path:
        element = next(children(element, name), None) if element is not None else None
    return element


def attribute(element: etree._Element, name: str) -> str | None:
    """An attribute's value, stripped, in any namespace and case of its name (lower case here); None where it is missing."""
    exact = element.get(name)
    if exact is not None:
        return str(exact).strip()
    return next((str(value).strip() for key, value in element.attrib.items() if etree.QName(key).localname.lower() == name), None)


def plain_text(text: str | None, longest: int = LONGEST_TEXT) -> str:
    """A text of a package as it may be shown: one line, without control and direction marks, cut to ``longest`` characters."""
    collapsed = " ".join(_UNPRINTABLE.sub("", text or "").split())
    return collapsed if len(collapsed) <= longest else collapsed[: longest - 1].rstrip() + "…"


def text_of(element: etree._Element | None, longest: int = LONGEST_TEXT) -> str:
    """All text in an element, as ``plain_text``; empty for None."""
    return plain_text("".join(element.itertext()) if element is not None else None, longest)


def raw_text(element: etree._Element | None) -> str | None:
    """An element's text as it was written, without the space around it; None for no element."""
    return "".join(element.itertext()).strip() if element is not None else None

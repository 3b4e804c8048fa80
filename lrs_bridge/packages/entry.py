"""The file that says what a package is: read as XML, with the root element that its standard wants.

XML 1.0; which root element is the caller's. Left out: everything below it.
"""

from lxml import etree

from lrs_bridge.packages.markup import local_name, parse_markup, plain_text
from lrs_bridge.packages.notice import Code, refusal


def parse_entry(content: bytes, *, file: str, root: str, rule: str) -> etree._Element:
    """The root element, in any namespace. Raises Refused with the line of what is wrong."""
    found = parse_markup(content, file=file)
    if local_name(found) != root:
        message = f"the root element is <{plain_text(local_name(found), 60)}>, not <{root}>"
        raise refusal(Code.WRONG_ROOT, message, file=file, line=found.sourceline, rule=rule)
    return found

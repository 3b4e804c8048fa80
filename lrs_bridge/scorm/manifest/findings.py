"""What is found while a manifest is read: problems, which keep it from being played, and notices, which do not."""

from collections.abc import Collection

from lxml import etree

from lrs_bridge.packages.markup import attribute, local_name, plain_text
from lrs_bridge.packages.notice import Code, Notice, Refused
from lrs_bridge.scorm.manifest.model import FILE, Version

MOST = 200
"""Of each kind; more would help nobody."""
_CAM = {Version.V1_2: "SCORM 1.2 CAM 2.3", Version.V2004: "SCORM 2004 CAM 3.4.1"}
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


class Findings:
    """Problems and notices, in the order in which they were found.

    A ``rule`` that begins with an element (``<item> parameters``) is told as a clause of the content aggregation model of
    ``version``.
    """

    def __init__(self, version: Version = Version.V2004) -> None:
        self.version = version
        self.problems: list[Notice] = []
        self.notices: list[Notice] = []

    def problem(self, code: Code, message: str, at: etree._Element, rule: str) -> None:
        """Something that keeps the package from being played."""
        self._add(self.problems, Notice(code, message, FILE, at.sourceline, self._clause(rule)))

    def notice(self, code: Code, message: str, at: etree._Element | None = None, rule: str | None = None) -> None:
        """Something to tell the course's owner."""
        line = at.sourceline if at is not None else None
        self._add(self.notices, Notice(code, message, FILE, line, self._clause(rule)))

    def _clause(self, rule: str | None) -> str | None:
        """The clause of the version that the package follows, for rules that are named by an element."""
        return f"{_CAM[self.version]} {rule}" if rule is not None and rule.startswith("<") else rule

    def check(self) -> None:
        """Raises Refused when there are problems."""
        if self.problems:
            raise Refused(tuple(self.problems), tuple(self.notices))

    @staticmethod
    def _add(found: list[Notice], one: Notice) -> None:
        if len(found) < MOST:
            found.append(one)

    def odd(self, element: etree._Element, what: str, value: str, instead: str, rule: str) -> None:
        """A value that is none of those which the specification allows."""
        message = f"{what} of <{local_name(element)}> is “{plain_text(value, 60)}”, which is not allowed; {instead}"
        self.notice(Code.ODD_VALUE, message, element, rule)

    def boolean(self, element: etree._Element, name: str, *, default: bool, rule: str) -> bool:
        """An attribute that is true or false."""
        value = attribute(element, name)
        if value is None:
            return default
        truth = _TRUTHS.get(value.lower())
        if truth is None:
            self.odd(element, name, value, f"{str(default).lower()} is used", rule)
        return default if truth is None else truth

    def number(self, element: etree._Element, name: str, *, least: float, most: float, default: float, rule: str) -> float:
        """An attribute that is a decimal number from ``least`` to ``most``."""
        value = attribute(element, name)
        if value is None:
            return default
        number = number_of(value, least, most)
        if number is None:
            self.odd(element, name, value, f"{default:g} is used", rule)
        return default if number is None else number

    def count(self, element: etree._Element, name: str, rule: str) -> int | None:
        """An attribute that is a whole number of 0 or more, None where it is missing."""
        value = attribute(element, name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit() and len(value) < 10):  # noqa: PLR2004 a number that a browser counts exactly
            self.odd(element, name, value, "it is ignored", rule)
            return None
        return int(value)

    def word(self, element: etree._Element, name: str, allowed: Collection[str], *, default: str, rule: str) -> str:
        """An attribute that is one of the specification's words, in whatever case it was written."""
        value = attribute(element, name)
        if value is None:
            return default
        found = word_of(value, allowed)
        if found is None:
            self.odd(element, name, value, f"{default} is used", rule)
        return found or default


def number_of(value: str, least: float, most: float) -> float | None:
    """A decimal number in that range, None for anything else."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if value.isascii() and least <= number <= most else None


def word_of(value: str, allowed: Collection[str]) -> str | None:
    """The specification's word that is meant, whatever its case."""
    return next((word for word in allowed if word.lower() == value.lower()), None)

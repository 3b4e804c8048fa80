"""Course structures: the XML of a cmi5 package, read and checked.

Source: AICC cmi5 "Quartz", 1st edition: 3.0 (IRIs are whole), 8.1 (the names in a launch URL), 13.1 (data model), 14 to 14.2
(package) and CourseStructure.xsd v1, whose rules are written down here rather than run, so that each refusal can say in plain
words what is wrong, where, and by which clause. Requirements as CATAPULT numbers them are in the tests.

More is taken than the clauses say where what is meant is plain: characters beyond ASCII in URLs, spaces in the paths of files
that are there, mastery scores with more than four decimals. Left out: schemas of vendors' own elements (13.1.5), which are read
over.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from lrs_bridge.cmi5.course import AssignableUnit, Block, CourseStructure, Node, Objective, Texts
from lrs_bridge.cmi5.vocabulary import COURSE_STRUCTURE, LAUNCH_PARAMETER_NAMES, LaunchMethod, MoveOn
from lrs_bridge.packages.markup import parse_markup
from lrs_bridge.packages.notice import Code, Notice, Refused, refusal
from lrs_bridge.xapi.model.formats import is_iri

FILE = "cmi5.xml"
"""The name of the course structure in a package, at its root (14)."""

XSD = "cmi5 14.0 (CourseStructure.xsd)"
_IRI_RULE = "cmi5 3.0"
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)
_MOST_DECIMALS = 4
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_WHOLE_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://[^\s/?#\\]+[^\s\\]*")
_FORBIDDEN_IN_URL = re.compile(r"[\s\x00-\x20\x7f<>\"{}|\\^`]|%(?![0-9A-Fa-f]{2})")
_RUNNABLE = frozenset({"javascript", "vbscript", "data", "blob", "file", "about", "view-source"})
"""Schemes that run in the page that opens them, or look where a course has no business."""
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)
_UNSAID = "und"
_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"

Element = Any
"""An lxml element."""
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ParsedCourse:
    """A course, and what its owner should know of its structure."""

    structure: CourseStructure
    notices: tuple[Notice, ...]


def parse_course_structure(content: bytes, *, file: str = FILE, files: Mapping[str, int] | None) -> ParsedCourse:
    """Reads a course structure. ``files`` are the package's, by path; None where the structure came alone.

    Raises Refused for the first broken rule; its message and field name file and line, its rule the clause.
    """
    return _Reader(file, files).course(parse_markup(content, file=file))


@dataclass(slots=True)
class _Reader:
    """Reads one structure; ids that were seen and notices gather on the way."""

    file: str
    files: Mapping[str, int] | None
    seen: dict[str, str] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)

    # --- the whole -----------------------------------------------------------------------------------------------------------

    def course(self, root: Element) -> ParsedCourse:
        """The structure whose root this is."""
        if root.tag != _named("courseStructure"):
            message = f"the root is {_shown(root)}; it must be courseStructure in the namespace {COURSE_STRUCTURE}"
            raise self._refused(root, Code.BAD_STRUCTURE, message, XSD)
        self._attributes(root)
        parts = self._parts(root, ("course", "objectives?", _NODES))
        course = parts["course"][0]
        identifier = self._attributes(course, "id")["id"]
        own_id = self._iri(course, "id", identifier)
        texts = self._parts(course, ("title", "description"))
        objectives = self._objectives(parts["objectives"])
        structure = CourseStructure(
            id=own_id,
            title=self._texts(texts["title"][0]),
            description=self._texts(texts["description"][0]),
            objectives=objectives,
            children=self._nodes(parts[_NODES], {objective.id for objective in objectives}),
        )
        return ParsedCourse(structure, tuple(self.notices))

    def _objectives(self, found: Sequence[Element]) -> tuple[Objective, ...]:
        """The objectives that the course defines."""
        if not found:
            return ()
        self._attributes(found[0])
        return tuple(self._objective(each) for each in self._parts(found[0], ("objective+",))["objective"])

    def _objective(self, element: Element) -> Objective:
        """Its title and description may come in either order, and nothing else may."""
        identifier = self._identifier(element, self._attributes(element, "id", others=False), "objective", "13.1.3")
        parts = self._parts(element, tuple(sorted(("title", "description"), key=_order_in(element))), others=False)
        return Objective(identifier, self._texts(parts["title"][0]), self._texts(parts["description"][0]))

    def _nodes(self, elements: Sequence[Element], objectives: set[str]) -> tuple[Node, ...]:
        readers: dict[str, Callable[[Element, set[str]], Node]] = {"au": self._unit, "block": self._block}
        return tuple(readers[_local(each)](each, objectives) for each in elements)

    def _block(self, element: Element, objectives: set[str]) -> Block:
        attributes = self._attributes(element, "id")
        identifier = self._identifier(element, attributes, "block", "13.1.2")
        parts = self._parts(element, ("title", "description", "objectives?", _NODES))
        return Block(
            id=identifier,
            title=self._texts(parts["title"][0]),
            description=self._texts(parts["description"][0]),
            objectives=self._references(parts["objectives"], objectives),
            children=self._nodes(parts[_NODES], objectives),
        )

    # --- an AU ---------------------------------------------------------------------------------------------------------------

    def _unit(self, element: Element, objectives: set[str]) -> AssignableUnit:
        given = self._attributes(element, "id", "moveOn?", "masteryScore?", "launchMethod?", "activityType?")
        identifier = self._identifier(element, given, "au", "13.1.4")
        parts = self._parts(element, ("title", "description", "objectives?", "url", "launchParameters?", "entitlementKey?"))
        activity_type = given.get("activityType")
        return AssignableUnit(
            id=identifier,
            title=self._texts(parts["title"][0]),
            description=self._texts(parts["description"][0]),
            url=self._url(parts["url"][0]),
            move_on=self._word(element, given, "moveOn", MoveOn.NOT_APPLICABLE),
            mastery_score=self._mastery_score(element, given),
            launch_method=self._word(element, given, "launchMethod", LaunchMethod.ANY_WINDOW),
            launch_parameters=_text(parts["launchParameters"]),
            entitlement_key=_text(parts["entitlementKey"]),
            activity_type=None if activity_type is None else self._iri(element, "activityType", activity_type),
            objectives=self._references(parts["objectives"], objectives),
        )

    def _word(self, element: Element, given: Mapping[str, str], name: str, default: E) -> E:
        words = type(default)
        try:
            return words(given.get(name, default))
        except ValueError as error:
            message = f"{name} is {given[name]!r}; it must be {_either([str(word) for word in words])}"
            raise self._refused(element, Code.BAD_VALUE, message, "cmi5 13.1.4") from error

    def _mastery_score(self, element: Element, given: Mapping[str, str]) -> float | None:
        text = given.get("masteryScore")
        if text is None:
            return None
        if not _DECIMAL.fullmatch(text) or not 0 <= Decimal(text) <= 1:
            raise self._refused(
                element, Code.BAD_VALUE, f"masteryScore is {text!r}; it must be a decimal from 0 to 1", "cmi5 13.1.4"
            )
        if len(text.partition(".")[2]) > _MOST_DECIMALS:
            message = f"masteryScore has more than {_MOST_DECIMALS} decimals; some content rounds it and then compares"
            self._notice(element, Code.LONG_MASTERY_SCORE, message, "cmi5 13.1.4")
        return float(text)

    def _url(self, element: Element) -> str:
        """The launch point: a URL, or the path of a file of the package, and a query."""
        self._attributes(element, others=False)
        url = self._content(element)
        if not url:
            raise self._refused(element, Code.BAD_URL, "the url of an AU is empty", XSD)
        self._check_query(element, url)
        if _SCHEME.match(url):
            self._check_whole_url(element, url)
        else:
            self._check_path(element, url)
        return url

    def _check_whole_url(self, element: Element, url: str) -> None:
        if _FORBIDDEN_IN_URL.search(url) or not _WHOLE_URL.fullmatch(url) or not _has_host(url):
            message = f"{_plain(url)!r} is no URL: after its scheme come // and a host, and spaces are percent-encoded"
            raise self._refused(element, Code.BAD_URL, message, "cmi5 13.1.4 (RFC 1738)")
        if url.partition(":")[0].lower() in _RUNNABLE:
            raise self._refused(element, Code.UNSAFE_URL, f"URLs like {_plain(url)!r} are not opened", "the service's safety")

    def _check_path(self, element: Element, url: str) -> None:
        if self.files is None:
            message = f"the url {_plain(url)!r} is relative, but the structure came without a package: it must be a whole URL"
            raise self._refused(element, Code.RELATIVE_URL, message, "cmi5 14.2")
        path = _path_of(url)
        if path not in self.files:
            alike = next((each for each in self.files if path and each.lower() == path.lower()), None)
            hint = f"; there is {alike}, and case matters" if alike else ""
            message = f"the url {_plain(url)!r} names no file of the package{hint}; what is not in it needs a whole URL"
            raise self._refused(element, Code.MISSING_LAUNCH_FILE, message, "cmi5 14.1")
        if _FORBIDDEN_IN_URL.search(url):
            message = f"the url {_plain(url)!r} has characters that should be percent-encoded"
            self._notice(element, Code.UNENCODED_URL, message, "cmi5 13.1.4 (RFC 1738)")

    def _check_query(self, element: Element, url: str) -> None:
        names = {name for name, _ in parse_qsl(query_of(url), keep_blank_values=True)}
        taken = [name for name in LAUNCH_PARAMETER_NAMES if name in names]
        if taken:
            message = f"the query of the url has {_and(taken)}, which the LMS puts there itself"
            raise self._refused(element, Code.TAKEN_PARAMETER, message, "cmi5 8.1")

    # --- ids, references and texts -------------------------------------------------------------------------------------------

    def _identifier(self, element: Element, given: Mapping[str, str], kind: str, clause: str) -> str:
        """A publisher's id: an IRI that nothing else in the course has."""
        identifier = self._iri(element, "id", given["id"])
        if identifier in self.seen:
            raise self._refused(
                element,
                Code.DUPLICATE_IDENTIFIER,
                f"the id {identifier} is also that of {self.seen[identifier]}",
                f"cmi5 {clause}",
            )
        self.seen[identifier] = f"the {kind} in line {element.sourceline}"
        return identifier

    def _iri(self, element: Element, name: str, text: str) -> str:
        if not is_iri(text):
            message = f"{name} is {text!r}; it must be a whole IRI, such as https://example.org/courses/1"
            raise self._refused(element, Code.BAD_ID, message, _IRI_RULE)
        return text

    def _references(self, found: Sequence[Element], objectives: set[str]) -> tuple[str, ...]:
        """The ids of the objectives that a block or an AU refers to."""
        if not found:
            return ()
        self._attributes(found[0])
        references = []
        for each in self._parts(found[0], ("objective+",))["objective"]:
            given = self._attributes(each, "idref?", others=False)
            self._parts(each, (), others=False)
            if "idref" not in given:
                self._notice(each, Code.OBJECTIVE_UNNAMED, "a reference to an objective names none", XSD)
                continue
            reference = self._iri(each, "idref", given["idref"])
            if reference not in objectives:
                message = f"the objective {reference} is not among those of the course"
                self._notice(each, Code.OBJECTIVE_UNKNOWN, message, "cmi5 13.1.3")
            references.append(reference)
        return tuple(references)

    def _texts(self, element: Element) -> Texts:
        """A title or description: langstrings, of which the first in each language counts."""
        self._attributes(element)
        texts: Texts = {}
        for each in self._parts(element, ("langstring+",))["langstring"]:
            language = self._attributes(each, "lang?").get("lang", _UNSAID)
            if not _LANGUAGE.fullmatch(language):
                raise self._refused(
                    each, Code.BAD_VALUE, f"lang is {language!r}; it must be a language tag, such as nb or en-US", XSD
                )
            texts.setdefault(language, self._content(each))
        return texts

    # --- shapes of elements --------------------------------------------------------------------------------------------------

    def _attributes(self, element: Element, *names: str, others: bool = True) -> dict[str, str]:
        """An element's attributes without a namespace, without the space around them; ``?`` ends the name of one that may be
        missing. Those of other namespaces are read over.
        """
        known = {name.removesuffix("?"): name.endswith("?") for name in names}
        found: dict[str, str] = {}
        for name, value in element.attrib.items():
            if name in known:
                found[name] = value.strip()
            elif not (_is_foreign(name) and (others or name.startswith(_INSTANCE))):
                raise self._refused(element, Code.BAD_STRUCTURE, f"{_shown(element)} has no attribute {_plain(name)}", XSD)
        missing = next((name for name, may_miss in known.items() if not may_miss and name not in found), None)
        if missing:
            raise self._refused(element, Code.BAD_STRUCTURE, f"{_shown(element)} needs the attribute {missing}", XSD)
        return found

    def _parts(self, element: Element, order: Sequence[str], *, others: bool = True) -> dict[str, list[Element]]:
        """An element's children by name, which must stand in this order.

        A name ends in ``?`` where it may be missing, in ``+`` where there may be several; ``au|block+`` stands for both. Elements
        of other namespaces may follow at the end, and are read over.
        """
        self._refuse_text(element)
        children = list(element)
        found: dict[str, list[Element]] = {}
        at = 0
        for wanted in order:
            names = wanted.rstrip("?+").split("|")
            most = len(children) if wanted.endswith("+") else at + 1
            end = at
            while end < min(most, len(children)) and children[end].tag in {_named(name) for name in names}:
                end += 1
            if end == at and not wanted.endswith("?"):
                raise self._unexpected(element, children[at] if at < len(children) else None, _either(names))
            found[wanted if "|" in wanted else wanted.rstrip("?+")] = children[at:end]
            at = end
        for extra in children[at:]:
            if not (others and _is_foreign(extra.tag)):
                raise self._unexpected(element, extra, None)
        return found

    def _content(self, element: Element) -> str:
        """The text of an element that has nothing but text."""
        if len(element):
            raise self._unexpected(element, element[0], "text")
        return (element.text or "").strip()

    def _refuse_text(self, element: Element) -> None:
        texts = [element.text, *(child.tail for child in element)]
        found = next((text.strip() for text in texts if text and text.strip()), None)
        if found:
            raise self._refused(
                element, Code.BAD_STRUCTURE, f"{_shown(element)} has the text {_plain(found)!r}, where only elements may be", XSD
            )

    def _unexpected(self, parent: Element, found: Element | None, wanted: str | None) -> Refused:
        expected = f", where {wanted} is expected" if wanted else ", where it may not be"
        if found is None:
            return self._refused(parent, Code.BAD_STRUCTURE, f"{_shown(parent)} lacks {wanted}", XSD)
        return self._refused(found, Code.BAD_STRUCTURE, f"{_shown(parent)} has {_shown(found)}{expected}", XSD)

    # --- telling -------------------------------------------------------------------------------------------------------------

    def _refused(self, element: Element, code: Code, message: str, rule: str) -> Refused:
        return refusal(code, message, file=self.file, line=element.sourceline, rule=rule)

    def _notice(self, element: Element, code: Code, message: str, rule: str) -> None:
        self.notices.append(Notice(code, message, self.file, element.sourceline, rule))


_NODES = "au|block+"


def query_of(url: str) -> str:
    """The query of an AU's URL, without its question mark.

    An ampersand that was escaped once more than it had to be counts as one: no parameter's name begins with ``amp;``.
    """
    return url.partition("#")[0].partition("?")[2].replace("&amp;", "&")


def _path_of(url: str) -> str | None:
    """The path in the package that a relative URL means; None when it leaves the package or names no file in it."""
    path = url.partition("#")[0].partition("?")[0]
    if path.startswith("/"):
        return None
    steps: list[str] = []
    for step in unquote(path).split("/"):
        if step == "..":
            if not steps:
                return None
            steps.pop()
        elif step != ".":
            steps.append(step)
    return "/".join(steps)


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, half an IPv6 address
        return False


def _named(name: str) -> str:
    return f"{{{COURSE_STRUCTURE}}}{name}"


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _is_foreign(name: str) -> bool:
    """Whether the name is of another namespace than the structure's, and not of none: a vendor's."""
    return name.startswith("{") and not name.startswith(f"{{{COURSE_STRUCTURE}}}")


def _shown(element: Element) -> str:
    return f"<{_plain(_local(element))}>"


def _plain(text: str) -> str:
    """A word of the structure as it may stand in a message: not endless."""
    longest = 100
    return text if len(text) <= longest else text[:longest] + "…"


def _text(found: Sequence[Element]) -> str | None:
    return "".join(found[0].itertext()).strip() if found else None


def _order_in(element: Element) -> Callable[[str], int]:
    """Sorts names by where they stand in the element; those that are missing come last."""
    names = [_local(child) for child in element]
    return lambda name: names.index(name) if name in names else len(names)


def _either(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]

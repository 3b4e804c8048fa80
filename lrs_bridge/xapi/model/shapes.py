"""How rules about JSON values are written down: small checks, put together into shapes, that say where a rule is broken.

A check takes a value and returns, or raises Broken. A check knows nothing of where its value stands: the path is put
together from the inside out while Broken passes the shapes around it, so a valid statement never pays for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lrs_bridge.errors import Invalid

Check = Callable[[Any], None]

_LONGEST_NAME = 100
_NULL_RULE = "xAPI 1.0.3 Data 2.2"


class Broken(Exception):
    """A rule is broken by the value at ``path``, which is read from its end: innermost name first."""

    def __init__(self, message: str, *names: str | int, rule: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.rule = rule
        self.path: list[str | int] = list(names)

    def within(self, name: str | int, rule: str | None = None) -> None:
        """Tells the name of the member or the index of the item that it passed; the innermost rule stays."""
        self.path.append(name)
        self.rule = self.rule or rule

    def to_invalid(self) -> Invalid:
        """The error to tell the caller; its field is ``body`` when the value as a whole is wrong."""
        field_path = "".join(_step(name) for name in reversed(self.path)).removeprefix(".")
        subject = field_path or "the statement"
        return Invalid(f"{subject} {self.message}", field=field_path or "body", rule=self.rule)


def _step(name: str | int) -> str:
    if isinstance(name, int):
        return f"[{name}]"
    if name.replace("-", "_").isidentifier() and len(name) <= _LONGEST_NAME:
        return f".{name}"
    shown = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…"
    return f'["{shown}"]'


def wrong_type(value: Any, expected: str, rule: str | None = None) -> Broken:
    """What to raise for a value of another JSON type; null has a rule of its own."""
    if value is None:
        return Broken(f"must be {expected}; null is not allowed", rule=_NULL_RULE)
    return Broken(f"must be {expected}", rule=rule)


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with known properties, each with its check; nothing else is allowed in it.

    ``also`` are the rules that look at several properties; they run last, when each property is known to be right.
    """

    rule: str
    properties: Mapping[str, Check]
    required: tuple[str, ...] = ()
    also: tuple[Check, ...] = field(default=())

    def __call__(self, value: Any) -> None:
        """Raises Broken for the first property that is wrong, unknown or missing."""
        if type(value) is not dict:
            raise wrong_type(value, "an object", self.rule)
        try:
            self._check_properties(value)
            for rule in self.also:
                rule(value)
        except Broken as broken:
            broken.rule = broken.rule or self.rule
            raise

    def _check_properties(self, value: dict[str, Any]) -> None:
        for name, item in value.items():
            try:
                self.properties[name](item) if name in self.properties else _refuse_unknown(name, self.properties)
            except Broken as broken:
                broken.within(name, self.rule)
                raise
        for name in self.required:
            if name not in value:
                raise Broken("is required", name)


def _refuse_unknown(name: str, known: Mapping[str, Check]) -> None:
    meant = next((other for other in known if other.lower() == name.lower()), None)
    hint = f"; {meant} is spelled like that" if meant else ""
    raise Broken(f"is not a property of this object{hint}", rule=_NULL_RULE)


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object whose names follow one format; ``check`` is None where values may be anything at all."""

    rule: str
    is_name: Callable[[str], bool]
    name_kind: str
    check: Check | None

    def __call__(self, value: Any) -> None:
        """Raises Broken for the first name or value that is wrong."""
        if type(value) is not dict:
            raise wrong_type(value, "an object", self.rule)
        for name, item in value.items():
            if not self.is_name(name):
                raise Broken(f"must be named by {self.name_kind}", name, rule=self.rule)
            if self.check is not None:
                try:
                    self.check(item)
                except Broken as broken:
                    broken.within(name, self.rule)
                    raise


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array whose items all pass one check."""

    check: Check
    rule: str | None = None

    def __call__(self, value: Any) -> None:
        """Raises Broken for the first item that is wrong."""
        if type(value) is not list:
            raise wrong_type(value, "an array", self.rule)
        for index, item in enumerate(value):
            try:
                self.check(item)
            except Broken as broken:
                broken.within(index)
                raise


@dataclass(frozen=True, slots=True)
class Text:
    """A string in a format; ``kind`` names the format in the message."""

    kind: str
    is_format: Callable[[str], bool]
    rule: str | None = None

    def __call__(self, value: Any) -> None:
        """Raises Broken when the value is no string of this format."""
        if type(value) is not str:
            raise wrong_type(value, f"a string: {self.kind}", self.rule)
        if not self.is_format(value):
            raise Broken(f"must be {self.kind}", rule=self.rule)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few strings, case and all."""

    values: frozenset[str]

    def __call__(self, value: Any) -> None:
        """Raises Broken when the value is none of them."""
        if type(value) is not str:
            raise wrong_type(value, "a string")
        if value not in self.values:
            raise Broken(f"must be one of {', '.join(sorted(self.values))}")


def string(value: Any) -> None:
    """Any string, the empty one too."""
    if type(value) is not str:
        raise wrong_type(value, "a string")


def boolean(value: Any) -> None:
    """True or false, not a string that says so."""
    if type(value) is not bool:
        raise wrong_type(value, "true or false")


def number(value: Any) -> None:
    """A JSON number, not a string that looks like one."""
    if type(value) is not int and type(value) is not float:
        raise wrong_type(value, "a number")


def natural(value: Any) -> None:
    """A whole number, zero or more."""
    if type(value) is not int:
        raise wrong_type(value, "a whole number")
    if value < 0:
        raise Broken("must not be negative")

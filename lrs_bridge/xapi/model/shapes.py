"""How rules about JSON values are written down: small checks, put together into shapes, that say where a rule is broken.

A check takes a value and returns, or raises Broken. A check knows nothing of where its value stands: the path is put
together from the inside out while Broken passes the shapes around it, so a valid statement never pays for it. Short texts and
values that were found valid are remembered, since the same IRIs, people, verbs and courses come again and again.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import orjson

from lrs_bridge.errors import Invalid

Check = Callable[[Any], None]

_LONGEST_NAME = 100
_LONGEST_FAMILIAR = 1000
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


class Remembered(set[str | bytes]):
    """Short texts that were found to be right. It forgets them all when they become too many."""

    MOST = 10_000
    LONGEST = 200

    def __init__(self, longest: int = LONGEST) -> None:
        super().__init__()
        self._longest = longest

    def learn(self, text: str | bytes) -> None:
        """Keeps a text that is right, if it is short."""
        if len(text) <= self._longest:
            if len(self) >= self.MOST:
                self.clear()
            self.add(text)


def shape(rule: str, properties: Mapping[str, Check], *, required: tuple[str, ...] = (), also: tuple[Check, ...] = ()) -> Check:
    """An object with known properties, each with its check; nothing else is allowed in it.

    ``also`` are the rules that look at several properties; they run last, when each property is known to be right.
    """
    known, needed = dict(properties), frozenset(required)

    def check(value: Any) -> None:
        """Raises Broken for the first property that is wrong, unknown or missing."""
        if type(value) is not dict:
            raise wrong_type(value, "an object", rule)
        name = ""
        try:
            for name, item in value.items():
                known[name](item)
        except KeyError:
            if name in known:
                raise
            raise _unknown(name, known) from None
        except Broken as broken:
            broken.within(name, rule)
            raise
        if not value.keys() >= needed:
            raise Broken("is required", next(name for name in required if name not in value), rule=rule)
        try:
            for further in also:
                further(value)
        except Broken as broken:
            broken.rule = broken.rule or rule
            raise

    return check


def _unknown(name: str, known: Collection[str]) -> Broken:
    meant = next((other for other in known if other.lower() == name.lower()), None)
    hint = f"; {meant} is spelled like that" if meant else ""
    return Broken(f"is not a property of this object{hint}", name, rule=_NULL_RULE)


def map_of(rule: str, is_name: Callable[[str], object], name_kind: str, item_check: Check | None = None) -> Check:
    """An object whose names follow one format; ``item_check`` is None where values may be anything at all."""
    seen = Remembered()

    def check(value: Any) -> None:
        """Raises Broken for the first name or value that is wrong."""
        if type(value) is not dict:
            raise wrong_type(value, "an object", rule)
        for name, item in value.items():
            if name not in seen:
                if not is_name(name):
                    raise Broken(f"must be named by {name_kind}", name, rule=rule)
                seen.learn(name)
            if item_check is not None:
                try:
                    item_check(item)
                except Broken as broken:
                    broken.within(name, rule)
                    raise

    return check


def list_of(item_check: Check, rule: str | None = None, *, least: int = 0) -> Check:
    """An array of at least so many items, which all pass one check."""

    def check(value: Any) -> None:
        """Raises Broken for the first item that is wrong."""
        if type(value) is not list:
            raise wrong_type(value, "an array", rule)
        if len(value) < least:
            raise Broken("must not be empty", rule=rule)
        index = 0
        try:
            for index, item in enumerate(value):  # noqa: B007  told when the rule is broken
                item_check(item)
        except Broken as broken:
            broken.within(index)
            raise

    return check


def text(kind: str, is_format: Callable[[str], object], rule: str | None = None) -> Check:
    """A string in a format; ``kind`` names the format in the message."""

    def check(value: Any) -> None:
        """Raises Broken when the value is no string of this format."""
        if type(value) is not str:
            raise wrong_type(value, f"a string: {kind}", rule)
        if not is_format(value):
            raise Broken(f"must be {kind}", rule=rule)

    return check


def recurring(kind: str, is_format: Callable[[str], object], rule: str | None = None) -> Check:
    """As ``text``, for strings that are likely to be seen again."""
    seen = Remembered()
    slowly = text(kind, is_format, rule)

    def check(value: Any) -> None:
        """Raises Broken when the value is no string of this format."""
        if type(value) is str and value in seen:
            return
        slowly(value)
        seen.learn(value)

    return check


def familiar(check: Check) -> Check:
    """As the check, for values that are likely to be seen again as a whole. They are known by their JSON."""
    seen = Remembered(_LONGEST_FAMILIAR)

    def check_once(value: Any) -> None:
        """Raises Broken as the check does."""
        written = orjson.dumps(value)
        if written not in seen:
            check(value)
            seen.learn(written)

    return check_once


def one_of(*values: str) -> Check:
    """One of a few strings, case and all."""
    allowed = frozenset(values)

    def check(value: Any) -> None:
        """Raises Broken when the value is none of them."""
        if type(value) is not str:
            raise wrong_type(value, "a string")
        if value not in allowed:
            raise Broken(f"must be one of {', '.join(sorted(allowed))}")

    return check


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

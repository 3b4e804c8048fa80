"""Prerequisites of SCORM 1.2: what must be done before an item is open.

SCORM 1.2 CAM 2.3 (``adlcp:prerequisites``, type ``aicc_script``) with the operators of AICC CMI001: ``&`` ``|`` ``~`` ``=``
``<>`` ``( )`` ``{ , }`` and ``n*{…}``. Beyond it, the words AND, OR and NOT that some tools write.
"""

import re
from collections.abc import Collection

import msgspec

LONGEST_SCRIPT = 4000
_DEEPEST = 50
_TOKEN = re.compile(r'\s*(?:(?P<mark><>|[&|~=(){},*])|"(?P<quoted>[^"]*)"|(?P<word>[^\s&|~=<>(){},*"]+))')
_WORDS = {"and": "&", "or": "|", "not": "~"}
_STATUSES = {
    "p": "passed",
    "passed": "passed",
    "c": "completed",
    "completed": "completed",
    "f": "failed",
    "failed": "failed",
    "i": "incomplete",
    "incomplete": "incomplete",
    "b": "browsed",
    "browsed": "browsed",
    "n": "not attempted",
    "not attempted": "not attempted",
    "notattempted": "not attempted",
}


class Prerequisite(msgspec.Struct, frozen=True):
    """A condition, as a tree.

    ``operator`` is ``and``, ``or``, ``not`` (one part), ``at_least`` (``count`` of the parts), or ``status``: the item
    ``item`` is ``status``; where ``status`` is None, it is passed or completed.
    """

    operator: str
    parts: tuple["Prerequisite", ...] = ()
    item: str | None = None
    status: str | None = None
    count: int = 0


def parse_prerequisites(script: str, items: Collection[str]) -> Prerequisite | None:
    """What a script means, None for what is not understood. ``items`` are the identifiers that it may name."""
    tokens = _tokens(script, items) if len(script) <= LONGEST_SCRIPT else None
    if not tokens:
        return None
    reader = _Reader(tokens, items)
    found = reader.alternatives()
    return found if reader.is_at_end else None


def is_open(prerequisite: Prerequisite, statuses: dict[str, str]) -> bool:
    """Whether the condition holds for items with these ``cmi.core.lesson_status`` values; an item without one is ``not
    attempted``.
    """
    parts = (is_open(part, statuses) for part in prerequisite.parts)
    match prerequisite.operator:
        case "and":
            return all(parts)
        case "or":
            return any(parts)
        case "not":
            return not all(parts)
        case "at_least":
            return sum(parts) >= prerequisite.count
        case _:
            status = statuses.get(prerequisite.item or "", "not attempted")
            return status in ("passed", "completed") if prerequisite.status is None else status == prerequisite.status


def _tokens(script: str, items: Collection[str]) -> list[tuple[str, str]] | None:
    """The script as (``mark`` | ``quoted`` | ``word``, text), None for characters that have no place in one."""
    tokens: list[tuple[str, str]] = []
    at, script = 0, script.strip()
    while at < len(script):
        found = _TOKEN.match(script, at)
        if found is None:
            return None
        kind = str(found.lastgroup)
        text = found[kind]
        mark = _WORDS.get(text.lower()) if kind == "word" and text not in items else None
        tokens.append(("mark", mark) if mark else (kind, text))
        at = found.end()
    return tokens


class _Reader:
    """Recursive descent: or, and, not, then a part. Each method gives None once something is not understood."""

    def __init__(self, tokens: list[tuple[str, str]], items: Collection[str]) -> None:
        self._tokens = tokens
        self._items = items
        self._at = 0
        self._depth = 0

    @property
    def is_at_end(self) -> bool:
        """Whether all was read."""
        return self._at == len(self._tokens)

    def alternatives(self) -> Prerequisite | None:
        """Parts joined by ``|``."""
        return self._joined("|", "or")

    def _joined(self, mark: str, operator: str) -> Prerequisite | None:
        following = self._all_of if operator == "or" else self._negation
        parts = [following()]
        while self._take(mark):
            parts.append(following())
        read = [part for part in parts if part is not None]
        if len(read) < len(parts):
            return None
        return read[0] if len(read) == 1 else Prerequisite(operator, tuple(read))

    def _all_of(self) -> Prerequisite | None:
        return self._joined("&", "and")

    def _negation(self) -> Prerequisite | None:
        self._depth += 1
        if self._depth > _DEEPEST:
            return None
        found = self._not() if self._take("~") else self._part()
        self._depth -= 1
        return found

    def _not(self) -> Prerequisite | None:
        part = self._negation()
        return Prerequisite("not", (part,)) if part is not None else None

    def _part(self) -> Prerequisite | None:
        if self._take("("):
            inner = self.alternatives()
            return inner if self._take(")") else None
        if self._take("{"):
            return self._set(None)
        kind, text = self._next()
        if kind == "word" and text.isascii() and text.isdigit() and text not in self._items and self._take("*"):
            return self._set(int(text)) if self._take("{") else None
        return self._status(text) if kind in ("word", "quoted") and text in self._items else None

    def _set(self, count: int | None) -> Prerequisite | None:
        """The rest of ``{a, b}``: all of them, or ``count``."""
        parts = [self.alternatives()]
        while self._take(","):
            parts.append(self.alternatives())
        read = tuple(part for part in parts if part is not None)
        if len(read) < len(parts) or not self._take("}"):
            return None
        return Prerequisite("and", read) if count is None else Prerequisite("at_least", read, count=count)

    def _status(self, item: str) -> Prerequisite | None:
        """The rest of ``item``, ``item = status`` or ``item <> status``."""
        if self._take("="):
            return self._compared(item)
        if self._take("<>"):
            compared = self._compared(item)
            return Prerequisite("not", (compared,)) if compared is not None else None
        return Prerequisite("status", item=item)

    def _compared(self, item: str) -> Prerequisite | None:
        kind, text = self._next()
        status = _STATUSES.get(text.strip().lower()) if kind in ("word", "quoted") else None
        return Prerequisite("status", item=item, status=status) if status is not None else None

    def _take(self, mark: str) -> bool:
        """Goes past this mark where it is next."""
        is_next = self._at < len(self._tokens) and self._tokens[self._at] == ("mark", mark)
        self._at += is_next
        return is_next

    def _next(self) -> tuple[str, str]:
        token = self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")
        self._at += 1
        return token

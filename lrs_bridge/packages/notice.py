"""What a course owner is told about a package: in plain words, with the file, line and rule where there are any.

A notice tells of something that can be played nevertheless. What can't be played is an ``Invalid``, which holds the same
facts: its message names file and line, ``field`` is ``file:line`` or the entry's path, ``rule`` is the clause.
"""

import msgspec

from lrs_bridge.errors import Invalid


class Notice(msgspec.Struct, frozen=True):
    """One thing that was noticed. ``code`` is stable, for tests and translations; ``message`` is plain English; ``line``
    counts from 1.
    """

    code: str
    message: str
    file: str | None = None
    line: int | None = None
    rule: str | None = None

    @property
    def place(self) -> str | None:
        """Where it is, as ``file:line``, ``file``, or None."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file


class Refused(Invalid):
    """A package that can't be played: everything that is wrong with it (``problems``, the first one tells), and what was
    noticed on the way.
    """

    def __init__(self, problems: tuple[Notice, ...], notices: tuple[Notice, ...] = ()) -> None:
        """``problems`` holds one at least."""
        first = problems[0]
        message = f"{first.place}: {first.message}" if first.place else first.message
        super().__init__(message, field=first.place or "package", rule=first.rule)
        self.problems = problems
        self.notices = notices

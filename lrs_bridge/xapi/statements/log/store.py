"""How far a reader of many statements can go at a time, since a few large ones may take as much memory as thousands."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from lrs_bridge.db import Session, Size
from lrs_bridge.xapi.statements.tables import statement

MOST_BYTES = 8 * 1024 * 1024
"""A stretch ends with the statement by which its payloads come to so much."""


class Stretch(NamedTuple):
    """The numbers of a stretch's statements in their order, and whether others may follow the last of them."""

    numbers: list[int]
    more: bool

    @property
    def last(self) -> int:
        """The number of its last statement."""
        return self.numbers[-1]


def find_stretch(session: Session, *where: ColumnElement[bool], ascending: bool, limit: int) -> Stretch | None:
    """The first statements that meet the conditions, as many as ``limit`` and MOST_BYTES let through; None when none does."""
    order = statement.c.seq.asc() if ascending else statement.c.seq.desc()
    query = select(statement.c.seq, Size(statement.c.payload)).where(*where).order_by(order).limit(limit)
    numbers: list[int] = []
    total = 0
    with session.execute(query) as rows:
        for seq, length in rows:
            numbers.append(seq)
            total += length
            if total >= MOST_BYTES:
                return Stretch(numbers, more=True)
    return Stretch(numbers, more=len(numbers) == limit) if numbers else None

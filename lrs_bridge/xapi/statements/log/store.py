"""How far a reader of many statements can go at a time, since a few large ones may take as much memory as thousands."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from lrs_bridge.db import Session, Size
from lrs_bridge.xapi.statements.tables import statement

MOST_BYTES = 8 * 1024 * 1024
"""A stretch ends with the statement by which its payloads come to so much."""


class Stretch(NamedTuple):
    """The number of the last statement of a stretch, and whether others may follow it."""

    last: int
    more: bool


def find_stretch(session: Session, *where: ColumnElement[bool], ascending: bool, limit: int) -> Stretch | None:
    """The first statements that meet the conditions, as many as ``limit`` and MOST_BYTES let through; None when none does."""
    order = statement.c.seq.asc() if ascending else statement.c.seq.desc()
    query = select(statement.c.seq, Size(statement.c.payload)).where(*where).order_by(order).limit(limit)
    last, count, total = None, 0, 0
    with session.execute(query) as rows:
        for last, length in rows:
            count, total = count + 1, total + length
            if total >= MOST_BYTES:
                return Stretch(last, more=True)
    return None if last is None else Stretch(last, more=count == limit)

"""One batch on its way out: sent whole, and halved where it is refused until the statement at fault stands alone.

What is settled is always the beginning of what is left, so the cursor can move after each answer and order is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import orjson

from lrs_bridge.xapi.model.equivalence import is_equivalent
from lrs_bridge.xapi.relay.reply import Verdict

MAX_BATCH = 50
MAX_BATCH_BYTES = 8 * 1024 * 1024

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ASSIGNED = ("stored", "authority")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A statement to be sent: its number, its id, and its JSON exactly as it goes out."""

    seq: int
    statement_id: UUID
    payload: bytes


@dataclass(frozen=True, slots=True)
class Settled:
    """What an answer settled: these were taken (or there already), or the one was refused."""

    taken: tuple[Outgoing, ...] = ()
    refused: Outgoing | None = None


@dataclass(slots=True)
class Delivery:
    """The groups of a batch that are still to be sent, the next one last."""

    groups: list[Sequence[Outgoing]] = field(default_factory=list)

    @property
    def next(self) -> Sequence[Outgoing]:
        """The statements to send now, none when all is settled."""
        return self.groups[-1] if self.groups else ()

    def settle(self, found: Verdict) -> Settled:
        """Notes the answer to ``next``: TAKEN, THERE or UNFIT. A group that is not taken whole is halved, and settles nothing."""
        group = self.groups.pop()
        if found is Verdict.TAKEN or (found is Verdict.THERE and len(group) == 1):
            return Settled(taken=tuple(group))
        if len(group) == 1:
            return Settled(refused=group[0])
        middle = len(group) // 2
        self.groups += [group[middle:], group[:middle]]
        return Settled()


def is_same(one: Outgoing, found: bytes) -> bool:
    """Whether what another LRS has under the statement's id says the same (Data 2.3.1), whoever stored it, and when."""
    try:
        return is_equivalent(orjson.loads(one.payload), orjson.loads(found))
    except (LookupError, TypeError, ValueError, AttributeError):  # what is no statement is not this one
        return False


def begin(statements: Sequence[Outgoing]) -> Delivery:
    """A delivery of all these, in batches of at most MAX_BATCH statements and, but for a single one, MAX_BATCH_BYTES."""
    groups: list[list[Outgoing]] = []
    size = 0
    for one in statements:
        size += len(one.payload)
        if not groups or len(groups[-1]) == MAX_BATCH or size > MAX_BATCH_BYTES:
            groups.append([])
            size = len(one.payload)
        groups[-1].append(one)
    return Delivery(list(reversed(groups)))


def body(statements: Sequence[Outgoing]) -> bytes:
    """The statements as one JSON array, each with its very bytes."""
    return b"[%b]" % b",".join(one.payload for one in statements)


def without_assigned(payload: bytes) -> bytes:
    """The statement without what this LRS added on its own account (``stored`` and ``authority``); all else as it stands."""
    members: dict[str, Any] = _MEMBERS.decode(payload)
    kept = (b"%b:%b" % (orjson.dumps(name), bytes(raw)) for name, raw in members.items() if name not in _ASSIGNED)
    return b"{%b}" % b",".join(kept)

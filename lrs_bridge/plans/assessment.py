"""What newly arrived, corrected or withdrawn completions mean for an activity record.

The table of this module, row by row (``grounds``: the mapping that the person's claims meet now, or None):

=========  ==================================================================  =========
state      when                                                                what
=========  ==================================================================  =========
planned    grounds                                                             complete
returned   grounds with a fresh claim                                          complete
returned   it rested on a course, and there are no grounds any more            retract
done       grounds, and it did not rest on a course                            complete
done       grounds with a fresh claim, on which the system may sign            complete
done/sent  it rested on a course, and there are no grounds any more            retract
signed     a claim that it was signed on is withdrawn; or a claim is
           corrected, it rested on a course, and there are no grounds          contest
signed     grounds with a fresh claim, in time to renew                        supersede
contested  grounds with a fresh claim                                          supersede
=========  ==================================================================  =========

Where the resident's own words stand, a retracted record is done again at once, on these words (see ``ruling``).
A claim that merely arrives never contests a signature: it is kept as later evidence.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from lrs_bridge.completion import SourceKey
from lrs_bridge.plans.claim import Claim
from lrs_bridge.plans.record import Event, Head, State
from lrs_bridge.plans.standing import Grounds
from lrs_bridge.plans.validity import renewable_from

OPEN = frozenset({State.DONE, State.SENT, State.RETURNED})


@dataclass(frozen=True, slots=True)
class News:
    """What happened to a record's claims: newly there, restated by their source, or withdrawn from under a signature."""

    fresh: frozenset[SourceKey] = frozenset()
    corrected: bool = False
    withdrawn: bool = False


def assess(
    head: Head, grounds: Grounds | None, claims: Collection[Claim], news: News, *, done_on: date | None, signed_for: date | None
) -> Event | None:
    """The event that follows, or None.

    ``done_on`` and ``signed_for`` are local days: of the grounds' newest completion, and of what the record was signed for.
    """
    fresh = grounds is not None and any(c.key in news.fresh and grounds.rest_on(c) for c in claims)
    if head.state is State.SIGNED:
        return _signed(head, grounds, news, renews=fresh and _renews(head, done_on, signed_for))
    if head.state is State.CONTESTED:
        return Event.SUPERSEDE if fresh else None
    if grounds is None:
        return Event.RETRACT if head.state in OPEN and head.mapping_id else None
    completes = {
        State.PLANNED: True,
        State.RETURNED: fresh,
        State.DONE: head.mapping_id is None or (fresh and grounds.by_system),
    }
    return Event.COMPLETE if completes.get(head.state) else None


def _signed(head: Head, grounds: Grounds | None, news: News, *, renews: bool) -> Event | None:
    if news.withdrawn or (news.corrected and head.mapping_id and grounds is None):
        return Event.CONTEST
    return Event.SUPERSEDE if renews else None


def _renews(head: Head, done_on: date | None, signed_for: date | None) -> bool:
    if head.valid_until is None or done_on is None or signed_for is None:
        return False
    return done_on >= renewable_from(signed_for, head.valid_until)

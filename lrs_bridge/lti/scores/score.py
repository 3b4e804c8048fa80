"""What a platform's gradebook is told when somebody has come so far.

Assignment and Grade Services 2.0, 3.4.7 (``activityProgress``, ``gradingProgress``, ``scoreGiven``, ``timestamp``). Points are of
100. Only what is final is graded: platforms show everything else as not graded yet, whatever points stand with it. Left out:
``Started``, since only launches show it.
"""

from datetime import datetime, timedelta

from lrs_bridge.lti.advantage.grades import Grade
from lrs_bridge.ports import Reached, Standing

MAXIMUM = 100.0
APART = timedelta(seconds=1)

_PROGRESS = {
    Reached.PLANNED: ("Initialized", "NotReady"),
    Reached.DONE: ("Completed", "PendingManual"),
    Reached.SENT: ("Submitted", "PendingManual"),
    Reached.RETURNED: ("InProgress", "NotReady"),
    Reached.SIGNED: ("Completed", "FullyGraded"),
    Reached.CONTESTED: ("Completed", "Pending"),
}


NOTHING_YET = Grade("Initialized", "NotReady", None, MAXIMUM)
"""What a platform that was told nothing takes for granted. If it is said, Moodle takes a teacher's own grade away."""


def grade_of(standing: Standing) -> Grade | None:
    """What goes out for the standing; None when it is nothing of theirs. What is final without a share gets all points."""
    if standing.reached is Reached.NOT_THEIRS:
        return None
    if standing.is_final:
        share = 1.0 if standing.share is None else min(max(standing.share, 0.0), 1.0)
        return Grade("Completed", "FullyGraded", round(share * MAXIMUM, 4), MAXIMUM)
    activity, grading = _PROGRESS[standing.reached]
    return Grade(activity, grading, None, MAXIMUM)


def time_of(now: datetime, last: datetime | None) -> datetime:
    """The timestamp of the next score: later than the last one's in whole seconds too, which is all that Moodle compares."""
    if last is None or now.replace(microsecond=0) > last.replace(microsecond=0):
        return now
    return last + APART

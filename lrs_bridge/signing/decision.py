"""Who may decide on a record, and in which state: the rules that signing adds to access and to the record's own states."""

from collections.abc import Collection
from uuid import UUID

from lrs_bridge.errors import Conflict, Forbidden, Invalid
from lrs_bridge.people.access import Role
from lrs_bridge.plans.record import Record, State

SIGNING_ROLES = (Role.SUPERVISOR, Role.ADVISOR)
SYSTEM = "system"
MAX_COMMENT = 2000


def check_sent_to(record: Record, actor_id: UUID) -> None:
    """A person decides on what was sent, and sent to them or to whoever may. Raises Conflict or Forbidden."""
    if record.state is not State.SENT:
        raise Conflict(f"this activity is {record.state}: it does not wait for a decision", field="record", rule="record states")
    if record.signer_id not in (None, actor_id):
        raise Forbidden("this activity was sent to another supervisor", field="record")


def check_unchanged(record: Record, seen_revision: int | None) -> None:
    """What is decided on is what was shown. Raises Conflict when the record has changed since."""
    if seen_revision not in (None, record.revision):
        raise Conflict("this activity has changed since you opened it: look at it again", field="revision")


def check_due(record: Record) -> None:
    """The system signs what is done and nothing else. Raises Conflict."""
    if record.state is not State.DONE:
        raise Conflict(f"the system can't sign an activity that is {record.state}", field="record", rule="record states")


def check_not_own(record: Record, owner_id: UUID) -> None:
    """Nobody's own work is signed in their name, by the system either. Raises Forbidden."""
    if record.person_id == owner_id:
        raise Forbidden(
            "the system can't sign a course owner's own activity in their name", field="record", rule="nobody signs own"
        )


def acting_role(roles: Collection[Role]) -> Role:
    """The role that a signer acts in: supervisor of the work before advisor of the person. Raises Forbidden for neither."""
    for role in SIGNING_ROLES:
        if role in roles:
            return role
    raise Forbidden("only a supervisor or an advisor of the resident may decide on this")


def parse_comment(text: str | None, *, required: bool = False) -> str | None:
    """The comment without blank ends, or None. Raises Invalid when it is too long, or required and not there."""
    comment = (text or "").replace("\r\n", "\n").strip()
    if required and not comment:
        raise Invalid("a comment is needed, so that the resident knows what to do", field="comment")
    if len(comment) > MAX_COMMENT:
        raise Invalid(f"a comment has at most {MAX_COMMENT} characters", field="comment")
    if any(character < " " and character not in "\n\t" for character in comment):
        raise Invalid("a comment holds no control characters", field="comment")
    return comment or None

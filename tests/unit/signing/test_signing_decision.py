import pytest

from lrs_bridge.errors import Conflict, Forbidden, Invalid
from lrs_bridge.people.access import Role
from lrs_bridge.plans.record import State
from lrs_bridge.signing.decision import (
    MAX_COMMENT,
    acting_role,
    check_due,
    check_not_own,
    check_sent_to,
    check_unchanged,
    parse_comment,
)
from tests.support.attestations import COURSE_OWNER, KARI, SIGRID, record


@pytest.mark.parametrize("signer", [None, SIGRID], ids=["to nobody in particular", "to the signer"])
def test_lets_a_person_decide_on_what_was_sent(signer):
    check_sent_to(record(signer_id=signer), SIGRID)


def test_refuses_a_person_when_it_was_sent_to_another():
    with pytest.raises(Forbidden, match="another supervisor"):
        check_sent_to(record(signer_id=COURSE_OWNER), SIGRID)


@pytest.mark.parametrize("state", [state for state in State if state is not State.SENT])
def test_refuses_a_person_when_the_record_does_not_wait(state):
    with pytest.raises(Conflict, match="does not wait"):
        check_sent_to(record(state=state), SIGRID)


def test_lets_the_system_sign_what_is_done():
    check_due(record(state=State.DONE))


@pytest.mark.parametrize("state", [state for state in State if state is not State.DONE])
def test_refuses_the_system_when_the_record_is_not_done(state):
    with pytest.raises(Conflict, match="can't sign"):
        check_due(record(state=state))


def test_lets_the_system_sign_in_the_name_of_somebody_else():
    check_not_own(record(), COURSE_OWNER)


def test_refuses_the_system_when_the_course_owner_is_the_resident():
    with pytest.raises(Forbidden, match="own activity"):
        check_not_own(record(), KARI)


@pytest.mark.parametrize("seen", [None, 3])
def test_lets_a_person_decide_on_what_was_shown(seen):
    check_unchanged(record(revision=3), seen)


def test_refuses_a_decision_when_the_record_has_changed_since():
    with pytest.raises(Conflict, match="changed since"):
        check_unchanged(record(revision=4), 3)


@pytest.mark.parametrize(
    ("roles", "acting"),
    [
        ({Role.SUPERVISOR}, Role.SUPERVISOR),
        ({Role.ADVISOR, Role.LEADER}, Role.ADVISOR),
        ({Role.ADVISOR, Role.SUPERVISOR}, Role.SUPERVISOR),
    ],
)
def test_acts_as_supervisor_before_advisor(roles, acting):
    assert acting_role(roles) is acting


@pytest.mark.parametrize("roles", [set(), {Role.LEADER, Role.TRAINING_LEAD}])
def test_refuses_those_without_a_signing_role(roles):
    with pytest.raises(Forbidden):
        acting_role(roles)


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        (None, None),
        ("", None),
        (" \r\n", None),
        (" Bra \n", "Bra"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("x" * MAX_COMMENT, "x" * MAX_COMMENT),
    ],
)
def test_reads_a_comment(text, comment):
    assert parse_comment(text) == comment


@pytest.mark.parametrize("text", [None, " "])
def test_asks_for_a_comment_when_one_is_required(text):
    with pytest.raises(Invalid, match="needed") as caught:
        parse_comment(text, required=True)
    assert caught.value.field == "comment"


@pytest.mark.parametrize("text", ["x" * (MAX_COMMENT + 1), "a\0b"], ids=["too long", "control character"])
def test_refuses_a_comment_that_can_not_be_kept(text):
    with pytest.raises(Invalid, match="comment"):
        parse_comment(text)

import pytest

from lrs_bridge.lti.launch.roles import CONTEXT, INSTITUTION, SYSTEM, full_role, full_roles, is_author, is_learner, is_teacher


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Learner", CONTEXT + "Learner"),
        ("  Instructor ", CONTEXT + "Instructor"),
        (CONTEXT + "Instructor", CONTEXT + "Instructor"),
        ("http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#GuestInstructor", CONTEXT + "Instructor"),
        ("urn:lti:role:ims/lis/TeachingAssistant/Grader", CONTEXT + "TeachingAssistant"),
        ("urn:lti:instrole:ims/lis/Administrator", INSTITUTION + "Administrator"),
        ("urn:lti:sysrole:ims/lis/SysAdmin", SYSTEM + "SysAdmin"),
        ("Janitor", "Janitor"),
    ],
)
def test_gives_the_full_role_when_written_in_any_spelling(written, meant):
    assert full_role(written) == meant


def test_keeps_each_role_once_when_written_twice_or_blank():
    assert full_roles(["Learner", "", CONTEXT + "Learner", " "]) == (CONTEXT + "Learner",)


@pytest.mark.parametrize(
    ("role", "learner", "teacher", "author"),
    [
        ("Learner", True, False, False),
        ("Instructor", False, True, True),
        ("TeachingAssistant", False, True, True),
        ("ContentDeveloper", False, False, True),
        ("http://purl.imsglobal.org/vocab/lis/v2/person#Administrator", False, True, True),
        ("urn:lti:instrole:ims/lis/Administrator", False, True, True),
        ("urn:lti:instrole:ims/lis/Student", False, False, False),
        ("Mentor", False, False, False),
    ],
)
def test_says_what_a_role_lets_do(role, learner, teacher, author):
    roles = full_roles([role])
    assert (is_learner(roles), is_teacher(roles), is_author(roles)) == (learner, teacher, author)

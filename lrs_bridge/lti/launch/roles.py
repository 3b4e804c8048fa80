"""Roles in all the spellings that platforms use, as full URIs; and what follows from them here.

LTI 1.3 Core appendix A (LIS 2 vocabularies), with the simple names that it deprecates and LTI 1.1 uses, and the URNs of LTI 1.1
(LIS 1). What is no role that we know stays as it came: it gives no right.
"""

from collections.abc import Iterable

CONTEXT = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
SYSTEM = "http://purl.imsglobal.org/vocab/lis/v2/system/person#"
_SUB_CONTEXT = "http://purl.imsglobal.org/vocab/lis/v2/membership/"
_CONTEXT_NAMES = frozenset(
    {"Administrator", "ContentDeveloper", "Instructor", "Learner", "Mentor", "Manager", "Member", "Officer", "TeachingAssistant"}
)
_URNS = {
    "urn:lti:role:ims/lis/": CONTEXT,
    "urn:lti:instrole:ims/lis/": INSTITUTION,
    "urn:lti:sysrole:ims/lis/": SYSTEM,
}
LEARNER = CONTEXT + "Learner"
_TEACHERS = frozenset({CONTEXT + "Instructor", CONTEXT + "TeachingAssistant", CONTEXT + "Administrator"})
_AUTHORS = _TEACHERS | {CONTEXT + "ContentDeveloper"}
_ADMINISTRATORS = frozenset(
    {
        INSTITUTION + "Administrator",
        SYSTEM + "Administrator",
        SYSTEM + "SysAdmin",
        "http://purl.imsglobal.org/vocab/lis/v2/person#Administrator",  # Moodle's site administrators
    }
)


def full_role(written: str) -> str:
    """The full URI of a role however it is written: ``Learner``, ``urn:lti:role:ims/lis/Learner``, a sub-role's URI …"""
    role = written.strip()
    for prefix, vocabulary in _URNS.items():
        if role.startswith(prefix):
            role = vocabulary + role[len(prefix) :].partition("/")[0]
    if role in _CONTEXT_NAMES:
        return CONTEXT + role
    if role.startswith(_SUB_CONTEXT) and "#" in role:
        return CONTEXT + role[len(_SUB_CONTEXT) :].partition("#")[0]
    return role


def full_roles(written: Iterable[str]) -> tuple[str, ...]:
    """Each role once, in full, in their order."""
    return tuple(dict.fromkeys(full_role(role) for role in written if role.strip()))


def is_learner(roles: Iterable[str]) -> bool:
    """Whether somebody learns in the course."""
    return LEARNER in roles


def is_teacher(roles: Iterable[str]) -> bool:
    """Whether somebody teaches or administers the course, and so may see its roster."""
    return not (_TEACHERS | _ADMINISTRATORS).isdisjoint(roles)


def is_author(roles: Iterable[str]) -> bool:
    """Whether somebody may place things in the course."""
    return not (_AUTHORS | _ADMINISTRATORS).isdisjoint(roles)

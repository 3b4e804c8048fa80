"""Course structures and what else the tests of cmi5 are made of."""

import copy
from datetime import UTC, datetime
from uuid import UUID, uuid4

from lrs_bridge.cmi5.course import AssignableUnit, Block, CourseStructure
from lrs_bridge.cmi5.rules import context_template
from lrs_bridge.cmi5.session import AuSession, State
from lrs_bridge.cmi5.vocabulary import LaunchMode, MoveOn
from lrs_bridge.identity import Account

NAMESPACE = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"
IDS = "https://example.org/ids"
FILES = {"index.html": 10, "kurs/Innføring.html": 10, "a b.html": 10, "deep/er/x.html": 10}


def texts(name="Kurs") -> str:
    """A title and a description."""
    return (
        f'<title><langstring lang="nb">{name}</langstring></title>'
        f'<description><langstring lang="nb">Om {name}</langstring></description>'
    )


def au(name="au", *, url="index.html", attributes="", objectives="", more="") -> str:
    """An AU whose id ends in that name."""
    return f'<au id="{IDS}/{name}" {attributes}>{texts(name)}{objectives}<url>{url}</url>{more}</au>'


def block(name="block", *content: str, objectives="") -> str:
    """A block of this content, an AU if there is none."""
    return f'<block id="{IDS}/{name}">{texts(name)}{objectives}{"".join(content) or au(f"{name}/au")}</block>'


def course(*content: str, objectives="", head=None, more="") -> bytes:
    """A course structure of this content, an AU if there is none."""
    head = f'<course id="{IDS}/course">{texts()}</course>' if head is None else head
    body = f"{head}{objectives}{''.join(content) or au()}{more}"
    return f'<?xml version="1.0" encoding="utf-8"?>\n<courseStructure xmlns="{NAMESPACE}">\n{body}\n</courseStructure>'.encode()


def objective(name="objective") -> str:
    """The definition of an objective."""
    return f'<objective id="{IDS}/{name}">{texts(name)}</objective>'


def unit(name="au", move_on=MoveOn.NOT_APPLICABLE, **more) -> AssignableUnit:
    """An AU as it is read."""
    return AssignableUnit(f"{IDS}/{name}", {"nb": name}, {"nb": f"Om {name}"}, more.pop("url", "index.html"), move_on, **more)


def block_of(name, *children) -> Block:
    """A block as it is read."""
    return Block(f"{IDS}/{name}", {"nb": name}, {"nb": f"Om {name}"}, children)


def course_of(*children) -> CourseStructure:
    """A course as it is read."""
    return CourseStructure(f"{IDS}/course", {"nb": "Kurs"}, {"nb": "Om Kurs"}, children)


NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEARNER = Account("https://lrs.example.no", "kari")
REGISTRATION = UUID("a1b2c3d4-0000-4000-8000-000000000001")
SESSION = UUID("a1b2c3d4-0000-4000-8000-000000000002")
ACTIVITY = "https://lrs.example.no/hosted/1/au/2"
PUBLISHER = f"{IDS}/au"


def au_session(**more) -> AuSession:
    """A session that is under way since noon, unless ``more`` says something else."""
    given = {
        "tenant": "demo",
        "session_id": SESSION,
        "registration": REGISTRATION,
        "unit": 0,
        "activity_id": ACTIVITY,
        "publisher_id": PUBLISHER,
        "mode": LaunchMode.NORMAL,
        "move_on": MoveOn.COMPLETED_OR_PASSED,
        "mastery_score": None,
        "state": State.ACTIVE,
        "launched_at": NOON,
        "seen_at": NOON,
        "preferences_read": True,
        "initialized_at": NOON,
        "latest_at": NOON,
    }
    return AuSession(**given | more)


CATEGORIES = {
    "cmi5": {"id": "https://w3id.org/xapi/cmi5/context/categories/cmi5"},
    "moveon": {"id": "https://w3id.org/xapi/cmi5/context/categories/moveon"},
}
RESULTS = {
    "completed": {"completion": True, "duration": "PT5M"},
    "passed": {"success": True, "duration": "PT5M"},
    "failed": {"success": False, "duration": "PT5M"},
    "terminated": {"duration": "PT6M"},
}


def said(
    verb, *, template=None, activity=ACTIVITY, registration=REGISTRATION, learner=LEARNER, at=NOON, score=None, id=None
) -> dict:
    """A statement as an AU that keeps the rules makes it; cmi5 allowed for verbs that cmi5 does not have."""
    context = copy.deepcopy(template or context_template(SESSION, PUBLISHER)) | {"registration": str(registration)}
    is_defined = verb in ("initialized", *RESULTS)
    if is_defined:
        names = ["cmi5", "moveon"] if verb in ("completed", "passed", "failed") else ["cmi5"]
        context["contextActivities"]["category"] = [CATEGORIES[name] for name in names]
    value = {
        "id": str(id or uuid4()),
        "actor": {"objectType": "Agent", "account": {"homePage": learner.home_page, "name": learner.name}},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en": verb}},
        "object": {"objectType": "Activity", "id": activity},
        "context": context,
        "timestamp": at.isoformat().replace("+00:00", "Z"),
    }
    result = copy.deepcopy(RESULTS.get(verb, {})) | ({"score": score} if score else {})
    return value | ({"result": result} if result else {})

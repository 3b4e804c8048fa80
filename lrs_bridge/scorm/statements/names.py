"""The words of ADL's SCORM profile: verbs, types of activities, and the IRIs of what SCORM knows by identifiers.

Source: Experience API SCORM Profile (ADL, 2016) 3.2: Verb, Activity IRI, Activity Types, Context Activities; 5.0 (attempt IRIs).
Where its sections disagree (``objective`` and ``objectives``), the guidelines for IRIs in 3.2 are followed. Left out: modules and
assessments, which no manifest tells apart from other items.
"""

from typing import Final
from urllib.parse import quote
from uuid import UUID

PROFILE: Final = "https://w3id.org/xapi/scorm"
_VERBS: Final = "http://adlnet.gov/expapi/verbs/"
_TYPES: Final = "http://adlnet.gov/expapi/activities/"

INITIALIZED: Final = "initialized"
RESUMED: Final = "resumed"
SUSPENDED: Final = "suspended"
TERMINATED: Final = "terminated"
COMPLETED: Final = "completed"
PASSED: Final = "passed"
FAILED: Final = "failed"
SCORED: Final = "scored"
PROGRESSED: Final = "progressed"
RESPONDED: Final = "responded"
COMMENTED: Final = "commented"

COURSE: Final = f"{_TYPES}course"
LESSON: Final = f"{_TYPES}lesson"
OBJECTIVE: Final = f"{_TYPES}objective"
ATTEMPT: Final = f"{_TYPES}attempt"
PROFILE_TYPE: Final = f"{_TYPES}profile"
INTERACTION: Final = f"{_TYPES}cmi.interaction"
"""The type that xAPI itself gives interactions (1.0.3 Data 2.4.4.1); the profile's older word is ``interaction``."""
PLATFORM: Final = "http://id.tincanapi.com/activitytype/lms"


def verb_iri(word: str) -> str:
    """The IRI of one of ADL's verbs."""
    return _VERBS + word


def sco_iri(course: str, item: str) -> str:
    """``<course>/<item>``; what no path may have in it is percent-encoded."""
    return _below(course, item)


def interaction_iri(sco: str, id: str) -> str:
    """``<SCO>/interactions/<id>``."""
    return _below(sco, "interactions", id)


def objective_iri(scope: str, id: str) -> str:
    """``<scope>/objectives/<id>``, the scope being a SCO, a course, or the platform for objectives of all courses."""
    return _below(scope, "objectives", id)


def attempt_iri(activity: str, attempt: UUID) -> str:
    """``<activity>?attemptId=<uuid>``: the activity that an attempt on another one is."""
    return f"{activity}{'&' if '?' in activity else '?'}attemptId={attempt}"


def _below(iri: str, *names: str) -> str:
    return "/".join((iri.rstrip("/"), *(quote(name, safe="-._~!$'()*,;=:@") for name in names)))

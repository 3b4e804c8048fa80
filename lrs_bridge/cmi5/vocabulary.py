"""The identifiers and the words that cmi5 defines.

Source: AICC cmi5 "Quartz", 1st edition: 9.3 (verbs), 9.4 (object types), 9.5.5 and 9.6.3 (extensions), 9.6.2 (categories),
10.2 (launch modes, moveOn), 11 (document names), 13.1.4 (launch methods).
"""

from enum import StrEnum

_CMI5 = "https://w3id.org/xapi/cmi5/"
COURSE_STRUCTURE = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"
"""The namespace of a course structure."""

CMI5_CATEGORY = f"{_CMI5}context/categories/cmi5"
MOVE_ON_CATEGORY = f"{_CMI5}context/categories/moveon"

SESSION_ID = f"{_CMI5}context/extensions/sessionid"
MASTERY_SCORE = f"{_CMI5}context/extensions/masteryscore"
LAUNCH_MODE = f"{_CMI5}context/extensions/launchmode"
LAUNCH_URL = f"{_CMI5}context/extensions/launchurl"
MOVE_ON = f"{_CMI5}context/extensions/moveon"
LAUNCH_PARAMETERS = f"{_CMI5}context/extensions/launchparameters"
REASON = f"{_CMI5}result/extensions/reason"

BLOCK_TYPE = f"{_CMI5}activitytype/block"
COURSE_TYPE = f"{_CMI5}activitytype/course"

LAUNCH_DATA = "LMS.LaunchData"
"""The state document that tells an AU what it was launched with (10.1)."""
LEARNER_PREFERENCES = "cmi5LearnerPreferences"
"""The agent profile of a learner's preferences (11)."""


class Verb(StrEnum):
    """The verbs of 9.3."""

    LAUNCHED = "http://adlnet.gov/expapi/verbs/launched"
    INITIALIZED = "http://adlnet.gov/expapi/verbs/initialized"
    COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
    PASSED = "http://adlnet.gov/expapi/verbs/passed"
    FAILED = "http://adlnet.gov/expapi/verbs/failed"
    ABANDONED = "https://w3id.org/xapi/adl/verbs/abandoned"
    WAIVED = "https://w3id.org/xapi/adl/verbs/waived"
    TERMINATED = "http://adlnet.gov/expapi/verbs/terminated"
    SATISFIED = "https://w3id.org/xapi/adl/verbs/satisfied"

    @property
    def word(self) -> str:
        """The verb as a reader knows it."""
        return self.rpartition("/")[2]


class MoveOn(StrEnum):
    """When an AU is satisfied (13.1.4)."""

    PASSED = "Passed"
    COMPLETED = "Completed"
    COMPLETED_AND_PASSED = "CompletedAndPassed"
    COMPLETED_OR_PASSED = "CompletedOrPassed"
    NOT_APPLICABLE = "NotApplicable"


class LaunchMethod(StrEnum):
    """Which window an AU needs (8.1, 13.1.4)."""

    ANY_WINDOW = "AnyWindow"
    OWN_WINDOW = "OwnWindow"


class LaunchMode(StrEnum):
    """Whether satisfaction is recorded: in NORMAL alone (10.2.2)."""

    NORMAL = "Normal"
    BROWSE = "Browse"
    REVIEW = "Review"


LAUNCH_PARAMETER_NAMES = ("endpoint", "fetch", "actor", "registration", "activityId")
"""What the LMS puts into a launch URL (8.1)."""

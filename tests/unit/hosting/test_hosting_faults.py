"""What a course did wrong, from its calls and what it has set."""

from datetime import UTC, datetime

import pytest

from lrs_bridge.hosting.calls import ShownCall, ShownCommit
from lrs_bridge.hosting.faults import Fault, Found, fault_of, find_faults
from lrs_bridge.scorm.commit import Reason

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def call(function, parameter="", error=0):
    return ShownCall(AT, function, parameter, "", "true", error)


def commit(*calls, session=1, sequence=1, item="i1"):
    return ShownCommit(session, sequence, item, AT, Reason.COMMIT, False, (), calls)


def faults(*commits, values=None, is_1_2=True, finish_completes=False):
    return find_faults(commits, values or {}, is_1_2=is_1_2, finish_completes=finish_completes)


CALLS = {
    # SCORM 1.2 RTE 3.3.5
    ("LMSSetValue", 0, True): None,
    ("LMSSetValue", 301, True): Fault.OUT_OF_SESSION,
    ("LMSSetValue", 401, True): Fault.UNKNOWN_ELEMENT,
    ("LMSSetValue", 402, True): Fault.READ_ONLY,
    ("LMSSetValue", 403, True): Fault.READ_ONLY,
    ("LMSSetValue", 405, True): Fault.BAD_VALUE,
    ("LMSSetValue", 101, True): Fault.NOT_TAKEN,
    ("LMSGetValue", 301, True): Fault.ASKED_IN_VAIN,
    ("LMSGetValue", 403, True): Fault.ASKED_IN_VAIN,
    ("LMSInitialize", 101, True): Fault.OUT_OF_SESSION,
    ("LMSFinish", 101, True): Fault.OUT_OF_SESSION,
    ("LMSCommit", 301, True): Fault.OUT_OF_SESSION,
    ("LMSCommit", 101, True): Fault.NOT_TAKEN,
    # SCORM 2004 4th edition RTE 3.1.7
    ("Initialize", 103, False): Fault.OUT_OF_SESSION,
    ("Terminate", 113, False): Fault.OUT_OF_SESSION,
    ("SetValue", 133, False): Fault.OUT_OF_SESSION,
    ("GetValue", 122, False): Fault.OUT_OF_SESSION,
    ("SetValue", 401, False): Fault.UNKNOWN_ELEMENT,
    ("SetValue", 402, False): Fault.UNKNOWN_ELEMENT,
    ("SetValue", 404, False): Fault.READ_ONLY,
    ("SetValue", 406, False): Fault.BAD_VALUE,
    ("SetValue", 407, False): Fault.BAD_VALUE,
    ("SetValue", 351, False): Fault.NOT_TAKEN,
    ("SetValue", 301, False): Fault.NOT_TAKEN,
    ("GetValue", 403, False): None,
    ("GetValue", 401, False): Fault.ASKED_IN_VAIN,
    ("Commit", 391, False): Fault.NOT_TAKEN,
}


@pytest.mark.parametrize(("given", "fault"), CALLS.items(), ids=str)
def test_reads_what_went_wrong_from_function_and_error(given, fault):
    function, error, is_1_2 = given
    assert fault_of(call(function, "x", error), is_1_2=is_1_2) is fault


def test_finds_nothing_in_a_course_that_does_it_right():
    calls = [call("LMSInitialize"), call("LMSSetValue", "cmi.core.lesson_status"), call("LMSFinish")]
    assert faults(commit(*calls), values={"i1": {"cmi.core.lesson_status": "completed"}}) == ()
    assert faults() == ()


def test_counts_each_kind_and_names_where_it_was_found_most():
    often = [call("SetValue", "cmi.d", 406)] * 3
    calls = [call("SetValue", f"cmi.{name}", 406) for name in "abc"] + [call("Terminate", "", 113)]
    assert faults(commit(*calls), commit(*often, sequence=2), is_1_2=False) == (
        Found(Fault.OUT_OF_SESSION, 1, ("Terminate",)),
        Found(Fault.BAD_VALUE, 6, ("cmi.d", "cmi.a", "cmi.b")),
    )


@pytest.mark.parametrize(
    ("key", "length", "is_1_2", "is_long"),
    [
        ("cmi.suspend_data", 4096, True, False),
        ("cmi.suspend_data", 4097, True, True),
        ("cmi.core.lesson_location", 256, True, True),
        ("cmi.suspend_data", 4097, False, False),
        ("cmi.suspend_data", 64_001, False, True),
        ("cmi.location", 1001, False, True),
        ("cmi.comments", 100_000, True, False),
    ],
)
def test_finds_values_that_are_longer_than_an_lms_has_to_keep(key, length, is_1_2, is_long):
    found = faults(values={"i1": {key: "x" * length}}, is_1_2=is_1_2)
    assert found == ((Found(Fault.LONG_VALUE, 1, (key,)),) if is_long else ())


@pytest.mark.parametrize(
    ("set_", "tells"),
    [
        ({}, False),
        ({"cmi.suspend_data": "x"}, False),
        ({"cmi.core.lesson_status": "not attempted"}, False),
        ({"cmi.completion_status": "unknown", "cmi.success_status": "unknown"}, False),
        ({"cmi.core.score.raw": ""}, False),
        ({"cmi.objectives.0.status": "passed", "cmi.objectives.0.score.raw": "3"}, False),
        ({"cmi.core.lesson_status": "incomplete"}, True),
        ({"cmi.core.score.raw": "80"}, True),
        ({"cmi.score.scaled": "0.8"}, True),
        ({"cmi.progress_measure": "1"}, True),
        ({"cmi.success_status": "passed"}, True),
    ],
)
def test_finds_items_that_end_without_telling_how_it_went(set_, tells):
    found = faults(commit(call("LMSFinish")), values={"i1": set_})
    assert found == (() if tells else (Found(Fault.NO_STATUS, 1, ("i1",)),))


def test_asks_no_status_of_items_that_did_not_end_nor_of_courses_that_need_none():
    assert faults(commit(call("LMSInitialize"))) == ()
    assert faults(commit(call("Terminate", "", 113)), is_1_2=False)[0].fault is Fault.OUT_OF_SESSION
    assert faults(commit(call("Terminate")), is_1_2=False, finish_completes=True) == ()
    assert faults(commit(call("Terminate")), is_1_2=False) == (Found(Fault.NO_STATUS, 1, ("i1",)),)


def test_finds_commits_that_are_missing_between_others():
    numbers = [(2, 9), (1, 3), (1, 7), (1, 4), (2, 8)]
    found = faults(*(commit(session=session, sequence=sequence) for session, sequence in numbers))
    assert found == (Found(Fault.MISSING_COMMITS, 2),)

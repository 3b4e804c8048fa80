"""What the state of a SCO says: the tables of SCORM 1.2 RTE 3.4.4 and SCORM 2004 RTE 4.2.4.1 and 4.2.22.1, row by row."""

import pytest

from lrs_bridge.completion import Score
from lrs_bridge.scorm.manifest.model import Item, ItemKind, Version
from lrs_bridge.scorm.manifest.sequencing import Objective, Sequencing
from lrs_bridge.scorm.status import Status, Terms, has_ended, score_of, split_lesson_status, status_of, terms_of

V1_2, V2004 = Version.V1_2, Version.V2004


def cmi_1_2(status=None, raw=None, exit=None):
    said = {"cmi.core.lesson_status": status, "cmi.core.score.raw": raw, "cmi.core.exit": exit}
    return {key: value for key, value in said.items() if value is not None}


def cmi_2004(completion=None, success=None, scaled=None, progress=None):
    said = {
        "cmi.completion_status": completion,
        "cmi.success_status": success,
        "cmi.score.scaled": scaled,
        "cmi.progress_measure": progress,
    }
    return {key: value for key, value in said.items() if value is not None}


@pytest.mark.parametrize(
    ("word", "axes"),
    [
        ("passed", (True, True)),
        ("completed", (True, None)),
        ("failed", (None, False)),
        ("incomplete", (False, None)),
        ("not attempted", (False, None)),
        ("browsed", (None, None)),
        ("", (None, None)),
        ("unknown", (None, None)),
    ],
)
def test_splits_a_lesson_status_into_completion_and_success(word, axes):
    assert split_lesson_status(word) == axes


@pytest.mark.parametrize(
    ("status", "exit", "terminated", "finish_completes", "axes"),
    [
        ("passed", "suspend", False, False, (True, True)),
        ("Completed", "", True, False, (True, None)),
        ("failed", "suspend", True, False, (None, False)),  # iSpring, after the first page
        ("failed", "", False, False, (None, False)),  # cut off
        ("failed", "", True, False, (True, False)),
        ("failed", None, True, False, (True, False)),
        ("incomplete", "", True, True, (False, None)),
        ("not attempted", "", True, False, (False, None)),
        ("not attempted", "", True, True, (True, None)),
        ("not attempted", "suspend", True, True, (False, None)),
        (None, "", True, True, (True, None)),
        (None, "", True, False, (None, None)),
        (None, "", False, True, (None, None)),
        ("browsed", "", True, True, (None, None)),
    ],
)
def test_reads_the_status_of_1_2(status, exit, terminated, finish_completes, axes):
    read = status_of(cmi_1_2(status, exit=exit), Terms(V1_2, finish_completes=finish_completes), terminated=terminated)
    assert (read.completion, read.success) == axes


@pytest.mark.parametrize(
    ("status", "raw", "ended", "axes"),
    [
        ("completed", "80", False, (True, True)),
        ("completed", "79.9", False, (True, False)),
        ("completed", None, True, (True, None)),
        ("completed", "many", True, (True, None)),
        ("passed", "79", False, (True, False)),
        ("passed", "80", True, (True, True)),
        ("failed", "90", False, (True, True)),
        ("failed", "10", False, (None, False)),
        ("failed", "10", True, (True, False)),
        ("incomplete", "90", False, (False, None)),
        ("incomplete", "90", True, (True, True)),
        ("incomplete", "10", True, (False, None)),
        ("not attempted", "90", True, (True, True)),
        (None, "90", True, (True, True)),
        (None, "10", True, (None, None)),
        ("browsed", "90", True, (None, None)),
    ],
)
def test_lets_the_mastery_score_decide_once_a_1_2_sco_is_done(status, raw, ended, axes):
    read = status_of(cmi_1_2(status, raw), Terms(V1_2, mastery_score=80), terminated=ended)
    assert (read.completion, read.success) == axes


def test_lets_the_mastery_score_fail_a_sco_that_finishing_completes():
    read = status_of(cmi_1_2(raw="10"), Terms(V1_2, mastery_score=80, finish_completes=True), terminated=True)
    assert (read.completion, read.success) == (True, False)


@pytest.mark.parametrize(
    ("said", "threshold", "progress", "completion"),
    [
        (None, None, None, None),
        ("unknown", None, None, None),
        ("completed", None, None, True),
        ("incomplete", None, "1", False),
        ("not attempted", None, None, False),
        ("completed", None, "0.1", True),
        ("completed", 0.8, "0.5", False),
        ("incomplete", 0.8, "0.8", True),
        (None, 0.8, "0.9", True),
        (None, 0.0, "0", True),
        ("completed", 0.8, None, None),
        ("completed", 0.8, "1.2", None),
    ],
)
def test_determines_completion_in_2004_when_there_is_a_threshold(said, threshold, progress, completion):
    read = status_of(cmi_2004(said, progress=progress), Terms(V2004, completion_threshold=threshold), terminated=True)
    assert (read.completion, read.success) == (completion, None)


@pytest.mark.parametrize(
    ("said", "terms", "terminated", "completion"),
    [
        (None, Terms(V2004, finish_completes=True), True, True),
        ("unknown", Terms(V2004, finish_completes=True), True, True),
        ("incomplete", Terms(V2004, finish_completes=True), True, False),
        (None, Terms(V2004, finish_completes=True), False, None),
        (None, Terms(V2004), True, None),
        (None, Terms(V2004, completion_threshold=1.0, finish_completes=True), True, None),
    ],
)
def test_completes_a_2004_sco_by_finishing_when_so_configured(said, terms, terminated, completion):
    assert status_of(cmi_2004(said), terms, terminated=terminated).completion is completion


@pytest.mark.parametrize(
    ("said", "passing", "scaled", "success"),
    [
        (None, None, None, None),
        ("unknown", None, "0.9", None),
        ("passed", None, None, True),
        ("failed", None, "1", False),
        ("passed", 0.7, "0.69", False),
        ("failed", 0.7, "0.7", True),
        (None, 0.7, "1", True),
        (None, -0.5, "-0.5", True),
        ("passed", 0.7, None, None),
        ("passed", 0.7, "1.5", None),
    ],
)
def test_determines_success_in_2004_when_there_is_a_passing_score(said, passing, scaled, success):
    read = status_of(cmi_2004(success=said, scaled=scaled), Terms(V2004, scaled_passing_score=passing), terminated=True)
    assert (read.completion, read.success) == (None, success)


def test_takes_failed_in_the_middle_for_what_it_is():
    opened = cmi_2004("incomplete", "failed") | {"cmi.score.raw": "16.67", "cmi.score.max": "100", "cmi.score.min": "0"}
    read = status_of(opened, Terms(V2004), terminated=False)
    assert read == Status(False, False, Score(None, 16.67, 0.0, 100.0))


def test_tells_progress_in_2004():
    assert status_of(cmi_2004(progress="0.25"), Terms(V2004), terminated=False) == Status(progress=0.25)


@pytest.mark.parametrize(
    ("mode", "credit"), [("browse", "credit"), ("review", "credit"), ("normal", "no-credit"), ("browse", "no-credit")]
)
@pytest.mark.parametrize(("cmi", "version"), [(cmi_1_2("passed", "90"), V1_2), (cmi_2004("completed", "passed", "1"), V2004)])
def test_gives_no_result_to_who_is_not_there_for_one(mode, credit, cmi, version):
    assert status_of(cmi, Terms(version), terminated=True, mode=mode, credit=credit) == Status()


@pytest.mark.parametrize(
    ("cmi", "terminated", "ended"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"cmi.core.exit": "suspend"}, True, False),
        ({"cmi.exit": "suspend"}, True, False),
        ({"cmi.exit": "normal"}, True, True),
        ({"cmi.core.exit": "time-out"}, True, True),
        ({"cmi.exit": "normal"}, False, False),
    ],
)
def test_knows_when_a_sco_was_left_for_good(cmi, terminated, ended):
    assert has_ended(cmi, terminated=terminated) is ended


@pytest.mark.parametrize(
    ("raw", "lowest", "highest", "score"),
    [
        (None, None, None, None),
        (None, "0", "100", None),
        ("80", None, None, Score(0.8, 80.0)),
        ("80", "0", None, Score(0.8, 80.0, 0.0)),
        ("80", "10", None, Score(None, 80.0, 10.0)),
        ("8", "0", "10", Score(None, 8.0, 0.0, 10.0)),
        ("8", None, "10", Score(None, 8.0, None, 10.0)),
        ("101", None, None, Score(None, 101.0)),
        ("-1", None, None, Score(None, -1.0)),
        ("12", "0", "10", Score(0.12, 12.0, 0.0)),
        ("-2", "0", "10", Score(None, -2.0, None, 10.0)),
        ("50", "100", "0", Score(0.5, 50.0)),
        ("0", "0", "0", Score(0.0, 0.0)),
        ("a", "0", "100", None),
    ],
)
def test_reads_the_score_of_1_2(raw, lowest, highest, score):
    said = {"cmi.core.score.raw": raw, "cmi.core.score.min": lowest, "cmi.core.score.max": highest, "cmi.core.score.scaled": "1"}
    assert score_of({key: value for key, value in said.items() if value is not None}, V1_2) == score


@pytest.mark.parametrize(
    ("cmi", "score"),
    [
        ({}, None),
        ({"min": "0", "max": "10"}, None),
        ({"scaled": "0.5"}, Score(0.5)),
        ({"scaled": "-1"}, Score(-1.0)),
        ({"scaled": "1.5", "raw": "3"}, Score(None, 3.0)),
        ({"raw": "80"}, Score(None, 80.0)),
        ({"scaled": "0.8", "raw": "8", "min": "0", "max": "10"}, Score(0.8, 8.0, 0.0, 10.0)),
    ],
)
def test_reads_the_score_of_2004(cmi, score):
    assert score_of({f"cmi.score.{name}": value for name, value in cmi.items()}, V2004) == score


def test_reads_the_score_of_an_objective():
    assert score_of({"score.raw": "70"}, V1_2, "score.") == Score(0.7, 70.0)


def item(**changes):
    return Item("i", "Item", ItemKind.SCO, "index.html", **changes)


def primary(*, by_measure):
    return Sequencing(primary_objective=Objective(satisfied_by_measure=by_measure, min_normalized_measure=0.6))


@pytest.mark.parametrize(
    ("given", "version", "edition", "terms"),
    [
        (item(), V1_2, None, Terms(V1_2)),
        (item(mastery_score=80.0), V1_2, None, Terms(V1_2, mastery_score=80.0)),
        (item(completion_threshold=0.5), V2004, "4th", Terms(V2004)),
        (item(completion_threshold=0.5), V2004, "3rd", Terms(V2004, completion_threshold=0.5)),
        (item(completion_threshold=0.5), V2004, "2nd", Terms(V2004, completion_threshold=0.5)),
        (item(completion_threshold=0.5, completed_by_measure=True), V2004, "4th", Terms(V2004, completion_threshold=0.5)),
        (item(completed_by_measure=True), V2004, "4th", Terms(V2004, completion_threshold=1.0)),
        (item(sequencing=primary(by_measure=True)), V2004, "4th", Terms(V2004, scaled_passing_score=0.6)),
        (item(sequencing=primary(by_measure=False)), V2004, "4th", Terms(V2004)),
    ],
)
def test_takes_the_terms_from_the_manifest(given, version, edition, terms):
    assert terms_of(given, version, edition) == terms


def test_lets_finishing_complete_when_so_configured():
    assert terms_of(item(), V1_2, None, finish_completes=True) == Terms(V1_2, finish_completes=True)

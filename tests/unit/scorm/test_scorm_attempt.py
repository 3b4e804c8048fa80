"""How far a SCO has come in an attempt."""

from datetime import timedelta

import pytest

from lrs_bridge.scorm.attempt import ScoState, is_resumed
from lrs_bridge.scorm.manifest.model import ItemKind, Version
from lrs_bridge.scorm.status import Status, Terms
from tests.support.scorm import attempt, item, state_1_2, state_2004


@pytest.mark.parametrize(
    ("mode", "credit", "counts"),
    [("normal", "credit", True), ("browse", "credit", False), ("review", "credit", False), ("normal", "no-credit", False)],
)
def test_counts_only_for_credit(mode, credit, counts):
    assert attempt(mode=mode, credit=credit).counts is counts


def test_judges_a_sco_by_the_manifests_terms():
    sco = item(mastery_score=80.0)
    going = attempt(Version.V1_2, (sco,), finish_completes=True)
    assert going.terms(sco) == Terms(Version.V1_2, mastery_score=80.0, finish_completes=True)
    assert going.status(sco, state_1_2("completed", "90")).success is True


@pytest.mark.parametrize(
    ("kind", "state", "changes", "status"),
    [
        (ItemKind.SCO, None, {}, Status()),
        (ItemKind.SCO, state_2004("completed"), {}, Status(completion=True)),
        (ItemKind.SCO, state_2004("completed"), {"mode": "review"}, Status()),
        (ItemKind.ASSET, None, {}, Status()),
        (ItemKind.ASSET, ScoState({}), {}, Status(completion=True)),
        (ItemKind.ASSET, ScoState({}), {"credit": "no-credit"}, Status()),
    ],
)
def test_tells_what_an_item_has_come_to(kind, state, changes, status):
    assert attempt(**changes).status(item(kind=kind), state) == status


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        (ScoState({}), 0),
        (ScoState({"cmi.core.total_time": "0000:01:00.00"}, terminated=True), 60),
        (ScoState({"cmi.core.total_time": "0000:01:00.00", "cmi.core.session_time": "0000:00:05"}), 65),
        (ScoState({"cmi.total_time": "PT1M", "cmi.session_time": "PT5S"}), 65),
        (ScoState({"cmi.total_time": "PT1M", "cmi.session_time": "PT5S"}, terminated=True), 60),
        (ScoState({"cmi.total_time": "?", "cmi.session_time": "PT5S"}), 5),
        (ScoState({"cmi.total_time": "PT1M"}, terminated=True, spent=timedelta(seconds=7)), 7),
    ],
)
def test_adds_up_the_time_of_its_sessions(state, seconds):
    assert state.time == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("state", "resumed"),
    [
        (None, False),
        (ScoState({}), True),
        (ScoState({}, terminated=True), False),
        (ScoState({"cmi.exit": "suspend"}, terminated=True), True),
        (ScoState({"cmi.core.exit": "logout"}, terminated=True), False),
    ],
)
def test_resumes_what_was_suspended_or_cut_off(state, resumed):
    assert is_resumed(state) is resumed

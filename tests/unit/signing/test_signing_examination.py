from datetime import date, timedelta

import pytest

from lrs_bridge.plans.record import State
from lrs_bridge.signing.examination import ASPECTS, Aspect, Examination, Standing
from lrs_bridge.signing.ledger import Finding, Flaw
from tests.support.attestations import attestation, entry

UNTIL = date(2027, 11, 12)


def looked_at(*findings, state=State.SIGNED, attested=True):
    return Examination(entry(), attestation() if attested else None, findings, state, 1)


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        (State.SIGNED, Standing.HOLDS),
        (State.CONTESTED, Standing.CONTESTED),
        (State.SUPERSEDED, Standing.SUPERSEDED),
        (None, Standing.BROKEN),
    ],
)
def test_stands_as_its_record_does(state, standing):
    assert looked_at(state=state).standing is standing


@pytest.mark.parametrize("code", Flaw)
def test_is_broken_by_any_finding_and_shows_it_under_its_aspect(code):
    finding = Finding(code, "subject", "message")
    found = looked_at(finding, state=State.CONTESTED)
    assert found.standing is Standing.BROKEN
    assert found.flawed() == {aspect: [finding] if aspect is ASPECTS[code] else [] for aspect in Aspect}


@pytest.mark.parametrize(("day", "expired"), [(UNTIL, False), (UNTIL + timedelta(days=1), True)])
def test_expires_after_its_last_day(day, expired):
    assert looked_at().expired(on=day) is expired


def test_never_expires_when_nothing_can_be_read():
    assert looked_at(attested=False).expired(on=date.max) is False

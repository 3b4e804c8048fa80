"""Which statements are meant, and what is told of a run."""

import hashlib
from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.ports import Forgotten
from lrs_bridge.xapi.model.references import agent_key
from lrs_bridge.xapi.retention.policy import Policy
from lrs_bridge.xapi.retention.selection import Match, Selection, check_policy, identifiers_of_agent, known_in_statements
from lrs_bridge.xapi.retention.tally import Tally, report
from tests.support.statements import COMPLETED, COURSE, KARI, OLA, REGISTRATION, statement, sub_statement

NOW = datetime(2026, 3, 4, tzinfo=UTC)
ABOUT_KARI = Selection(identifiers=identifiers_of_agent(KARI))
SHA1 = hashlib.sha1(KARI["mbox"].encode(), usedforsecurity=False).hexdigest()
BOTH = {"objectType": "Group", "member": [KARI, OLA]}


@pytest.mark.parametrize(
    ("selection", "changes", "expected"),
    [
        (Selection(), {}, Match.CHOSEN),
        (Selection(verb=COMPLETED), {}, Match.CHOSEN),
        (Selection(verb=COMPLETED + "x"), {}, Match.NONE),
        (Selection(activity=COURSE[:-3]), {}, Match.CHOSEN),
        (Selection(activity=COURSE + "/1"), {}, Match.NONE),
        (Selection(activity=COURSE), {"object": sub_statement()}, Match.CHOSEN),
        (Selection(activity=COURSE), {"object": KARI}, Match.NONE),
        (Selection(activity=COURSE), {"object": {"objectType": "StatementRef", "id": REGISTRATION}}, Match.NONE),
        (ABOUT_KARI, {}, Match.CHOSEN),
        (ABOUT_KARI, {"actor": {"mbox": "mailto:KARI@example.NO"}}, Match.CHOSEN),
        (ABOUT_KARI, {"actor": {"mbox_sha1sum": SHA1.upper()}}, Match.CHOSEN),
        (ABOUT_KARI, {"actor": {"openid": "https://id.example.no/kari"}}, Match.NONE),
        (ABOUT_KARI, {"actor": OLA}, Match.NONE),
        (ABOUT_KARI, {"actor": OLA, "object": KARI}, Match.CHOSEN),
        (ABOUT_KARI, {"actor": OLA, "object": sub_statement()}, Match.CHOSEN),
        (ABOUT_KARI, {"actor": OLA, "object": sub_statement(actor=OLA)}, Match.NONE),
        (ABOUT_KARI, {"actor": {"objectType": "Group", "member": [KARI]}}, Match.CHOSEN),
        (ABOUT_KARI, {"actor": {"objectType": "Group", "member": []}}, Match.NONE),
        (ABOUT_KARI, {"actor": BOTH}, Match.MENTIONED),
        (ABOUT_KARI, {"actor": OLA, "context": {"instructor": KARI}}, Match.MENTIONED),
        (ABOUT_KARI, {"actor": OLA, "context": {"extensions": {"https://x.no": KARI}}}, Match.NONE),
        (ABOUT_KARI, {"actor": OLA, "authority": KARI}, Match.NONE),
        (Selection(verb=COMPLETED + "x", identifiers=ABOUT_KARI.identifiers), {}, Match.NONE),
    ],
)
def test_tells_whose_a_statement_is_and_what_it_is_about(selection, changes, expected):
    assert selection.match(statement(**changes)) is expected


def test_knows_an_agent_by_all_that_follows_from_its_identifier():
    assert identifiers_of_agent(KARI) == {
        Identifier(IdentifierKind.MBOX, "", "mailto:kari@example.no"),
        Identifier(IdentifierKind.MBOX_SHA1SUM, "", SHA1),
    }
    with pytest.raises(Invalid):
        identifiers_of_agent({"objectType": "Group"})


def test_leaves_out_identifiers_that_statements_do_not_have():
    assert known_in_statements([Identifier(IdentifierKind.HPR_NUMBER, "", "1234567")]) == frozenset()


@pytest.mark.parametrize("agent", [KARI, OLA, {"openid": "https://id.example.no/a"}, {"mbox_sha1sum": SHA1}])
def test_writes_identifiers_as_the_store_does(agent):
    selection = Selection(identifiers=identifiers_of_agent(agent))
    assert agent_key(agent) in selection.agent_keys()
    assert all(text in str(agent) or text == SHA1 for text in selection.texts())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"older_than_days": 0}, "older_than_days"),
        ({"older_than_days": 10**9}, "older_than_days"),
        ({"verb": "completed"}, "verb"),
        ({"activity": ""}, "activity"),
        ({"activity": "a\x00"}, "activity"),
    ],
)
def test_refuses_a_policy_that_makes_no_sense(changes, field):
    with pytest.raises(Invalid) as caught:
        check_policy(**({"older_than_days": 1, "verb": None, "activity": None} | changes))
    assert caught.value.field == field
    check_policy(older_than_days=1, verb=COMPLETED, activity="https://")


def test_is_due_once_a_day_when_it_is_enabled():
    policy = Policy("demo", "x", 30, NOW)
    assert policy.is_due(NOW)
    assert policy.reason == "policy:x"
    assert policy.before(NOW) == NOW - timedelta(days=30)
    ran = Policy("demo", "x", 30, NOW, last_run_at=NOW)
    assert not ran.is_due(NOW + timedelta(hours=22, minutes=59))
    assert ran.is_due(NOW + timedelta(hours=23))
    assert not Policy("demo", "x", 30, NOW, enabled=False).is_due(NOW)


def test_tells_numbers_and_never_names_of_people():
    tally = Tally(held=Counter({"evidence of a signed activity": 2}), mentioned=3, claims=4, documents=5)
    for n in range(25):
        tally.count(statement(object={"id": f"https://kurs.example.no/{n}"}))
    tally.count(statement(object=KARI))
    tally.count_attempts(Forgotten(2, 1, {"evidence of a signed activity": 1}))
    tally.add(deepcopy(tally))
    assert tally.totals() == {"erased": 52, "held": 4, "claims": 10, "documents": 10}
    lines = list(report(tally, dry_run=False))
    assert lines[0] == "52 statements were erased."
    assert any("(others)" in line and " 12 " in line for line in lines)
    assert "4 statements stay whole, names included: evidence of a signed activity." in lines
    assert "10 completions that came of them were erased." in lines
    assert "4 attempts at hosted courses were erased, with all that the courses had set." in lines
    held = "2 attempts at hosted courses stay, without what the courses had set: evidence of a signed activity."
    assert held in lines
    assert "10 documents of the person were erased." in lines
    assert "6 statements of others mention the person and stay." in lines
    assert not any("kari" in line.lower() for line in lines)
    dry = list(report(Tally(), dry_run=True))
    assert dry == ["0 statements would be erased."]

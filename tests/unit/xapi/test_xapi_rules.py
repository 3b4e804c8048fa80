"""Data 2.2 to 2.4 and 4.1 to 4.6: what a statement must look like."""

import orjson
import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.model.statement import parse_statement
from tests.support.statements import (
    FLAWS,
    KARI,
    OLA,
    OTHER_ID,
    full_statement,
    interaction,
    statement,
    sub_statement,
    voiding,
)

LIMIT = 1_000_000


def parse(value):
    return parse_statement(orjson.dumps(value), max_bytes=LIMIT)


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: f"{flaw.clause} {flaw.name}")
def test_names_the_field_and_the_clause_when_a_rule_is_broken(flaw):
    with pytest.raises(Invalid) as refused:
        parse_statement(flaw.body(), max_bytes=LIMIT)
    part = "Communication" if flaw.clause.startswith("C ") else "Data"
    assert refused.value.field == flaw.field
    assert refused.value.rule == f"xAPI 1.0.3 {part} {flaw.clause.removeprefix('C ')}"


ANONYMOUS = {"objectType": "Group", "member": [KARI]}
COMPONENTS = [{"id": "a"}, {"id": "b", "description": {"nb": "B"}}]

VALID = {
    "every property": full_statement(),
    "smallest": statement(),
    "agent without type": statement(actor=OLA),
    "openid": statement(actor={"openid": "https://id.example.no/kari"}),
    "sha1": statement(actor={"mbox_sha1sum": "0" * 40}),
    "anonymous group": statement(actor=ANONYMOUS),
    "identified group": statement(actor=OLA | {"objectType": "Group"}),
    "identified group with members": statement(actor=OLA | ANONYMOUS),
    "object without type": statement(object={"id": "https://example.no/æøå"}),
    "object agent": statement(object=KARI),
    "object group": statement(object=ANONYMOUS),
    "reference": statement(object={"objectType": "StatementRef", "id": OTHER_ID}),
    "voiding": voiding(OTHER_ID),
    "sub-statement": statement(object=sub_statement(timestamp="2099-01-01T00:00:00Z", context={"platform": "x"})),
    "sub-statement about a statement": statement(object=sub_statement(object={"objectType": "StatementRef", "id": OTHER_ID})),
    "choice": statement(object=interaction("choice", choices=COMPONENTS, correctResponsesPattern=["a[,]b"])),
    "sequencing": statement(object=interaction("sequencing", choices=COMPONENTS)),
    "likert": statement(object=interaction("likert", scale=COMPONENTS)),
    "matching": statement(object=interaction("matching", source=COMPONENTS, target=COMPONENTS)),
    "performance": statement(object=interaction("performance", steps=COMPONENTS)),
    **{
        name: statement(object=interaction(name, correctResponsesPattern=[]))
        for name in ("true-false", "fill-in", "long-fill-in", "numeric", "other")
    },
    "single context activity": statement(context={"contextActivities": {"parent": {"id": "https://example.no/p"}}}),
    "team identified": statement(context={"team": OLA | {"objectType": "Group"}}),
    "oauth authority": statement(authority={"objectType": "Group", "member": [KARI, OLA]}),
    "plain authority": statement(authority=OLA, stored="2026-01-01T00:00:00Z"),
    "raw at its ends": statement(result={"score": {"raw": 0, "min": 0, "max": 1}}),
    "empty result": statement(result={}),
    "attachments in a sub-statement": statement(object=sub_statement(attachments=full_statement()["attachments"])),
}


@pytest.mark.parametrize("value", VALID.values(), ids=VALID.keys())
def test_takes_a_statement_when_it_obeys_every_rule(value):
    assert parse(value).value == value


def test_says_how_a_property_is_spelled_when_only_its_case_is_wrong():
    with pytest.raises(Invalid, match="actor is spelled like that"):
        parse(statement() | {"ACTOR": KARI})


def test_shortens_the_path_when_a_name_is_endless():
    with pytest.raises(Invalid) as refused:
        parse(statement(result={"extensions": {"x" * 5000: 1}}))
    assert refused.value.field == 'result.extensions["' + "x" * 100 + '…"]'

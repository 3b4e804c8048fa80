"""Data 2.2 to 2.4 and 4.1 to 4.6: what a statement must look like."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.model.activities import COMPONENT_LISTS
from lrs_bridge.xapi.model.statement import parse_statement
from lrs_bridge.xapi.model.version import Version
from tests.support.statements import (
    FLAWS,
    FLAWS_2,
    KARI,
    OLA,
    OTHER_ID,
    full_statement,
    full_statement_2,
    interaction,
    statement,
    sub_statement,
    voiding,
)

LIMIT = 1_000_000


def parse(value, version=Version.V1):
    return parse_statement(orjson.dumps(value), max_bytes=LIMIT, version=version)


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: f"{flaw.clause} {flaw.name}")
def test_names_the_field_and_the_clause_when_a_rule_is_broken(flaw):
    with pytest.raises(Invalid) as refused:
        parse(flaw.statement())
    part = "Communication" if flaw.clause.startswith("C ") else "Data"
    assert refused.value.field == flaw.field
    assert refused.value.rule == f"xAPI 1.0.3 {part} {flaw.clause.removeprefix('C ')}"


OF_STATEMENTS_ALONE = ("id", "stored", "authority", "version")


@pytest.mark.parametrize(
    "flaw",
    [flaw for flaw in FLAWS if flaw.field not in OF_STATEMENTS_ALONE and not flaw.name.startswith("authority")],
    ids=lambda flaw: flaw.name,
)
def test_refuses_a_flaw_of_a_sub_statement_when_a_statement_may_not_have_it_either(flaw):
    spoiled = flaw.statement()
    inner = {name: item for name, item in spoiled.items() if name not in OF_STATEMENTS_ALONE}
    with pytest.raises(Invalid) as refused:
        parse(statement(object=inner | {"objectType": "SubStatement"}))
    assert refused.value.field.startswith("object.")
    if not flaw.field.startswith("object."):
        assert refused.value.field == f"object.{flaw.field}"


ONLY_IN_1 = {"context groups of 2.0", "version 2.0.0"}


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: f"{flaw.clause} {flaw.name}")
def test_refuses_a_flaw_in_xapi_2_as_well_when_2_does_not_allow_it(flaw):
    if flaw.name in ONLY_IN_1:
        assert parse(flaw.statement(), Version.V2)
        return
    with pytest.raises(Invalid) as refused:
        parse(flaw.statement(), Version.V2)
    assert refused.value.field.startswith(flaw.field)


@pytest.mark.parametrize("flaw", FLAWS_2, ids=lambda flaw: f"{flaw.clause} {flaw.name}")
def test_names_the_field_and_the_clause_when_a_rule_of_xapi_2_is_broken(flaw):
    with pytest.raises(Invalid) as refused:
        parse(flaw.statement(), Version.V2)
    source = "IEEE 9274.1.1" if flaw.clause == "4.2.2.5" else "xAPI 1.0.3 Data"
    assert refused.value.field == flaw.field
    assert refused.value.rule == f"{source} {flaw.clause}"


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


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("value", VALID.values(), ids=VALID.keys())
def test_takes_a_statement_when_it_obeys_every_rule(value, version):
    assert parse(value, version).value == value


VALID_2 = {
    "every property": full_statement_2(),
    "context agents in a sub-statement": statement(object=sub_statement(context=full_statement_2()["context"])),
    "no context agents and groups": statement(context={"contextAgents": [], "contextGroups": []}),
    "timestamp in another zone": statement(timestamp="2023-05-04T12:00:00-05:00"),
}


@pytest.mark.parametrize("value", VALID_2.values(), ids=VALID_2.keys())
def test_takes_a_statement_of_xapi_2_when_it_obeys_every_rule(value):
    assert parse(value, Version.V2).value == value


@pytest.mark.parametrize(
    ("version", "said", "taken"),
    [
        *[(Version.V1, said, True) for said in ("1.0", "1.0.0", "1.0.3", "1.0.12")],
        *[(Version.V1, said, False) for said in ("1", "1.1", "0.9.9", "2.0.0", "1.0.", "1.0.0-rc", " 1.0.0", "1.0.٣", "")],
        *[(Version.V2, said, True) for said in ("1.0", "1.0.3", "2.0", "2.0.0", "2.0.1")],
        *[(Version.V2, said, False) for said in ("2", "2.1.0", "1.1.0", "0.9.9", "3.0.0")],
    ],
)
def test_takes_a_version_when_it_is_one_of_the_request_or_an_older_one(version, said, taken):
    if taken:
        assert parse(statement(version=said), version).value["version"] == said
    else:
        with pytest.raises(Invalid) as refused:
            parse(statement(version=said), version)
        assert refused.value.field == "version"


LISTS = ("choices", "scale", "source", "target", "steps")


@pytest.mark.parametrize("interaction_type", COMPONENT_LISTS)
@pytest.mark.parametrize("name", LISTS)
def test_takes_a_component_list_when_the_interaction_type_supports_it(interaction_type, name):
    supported = {
        "choice": ("choices",),
        "sequencing": ("choices",),
        "likert": ("scale",),
        "matching": ("source", "target"),
        "performance": ("steps",),
    }
    value = statement(object=interaction(interaction_type, **{name: COMPONENTS}))
    if name in supported.get(interaction_type, ()):
        assert parse(value)
    else:
        with pytest.raises(Invalid) as refused:
            parse(value)
        assert refused.value.field == f"object.definition.{name}"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@given(ANYTHING)
def test_takes_a_statement_when_its_extensions_hold_anything(anything):
    extensions = {"https://example.no/x": anything}
    parse(
        statement(
            object={"id": "https://example.no", "definition": {"extensions": extensions}},
            result={"extensions": extensions},
            context={"extensions": extensions},
        )
    )


def test_says_how_a_property_is_spelled_when_only_its_case_is_wrong():
    with pytest.raises(Invalid, match="actor is spelled like that"):
        parse(statement() | {"ACTOR": KARI})


def test_shortens_the_path_when_a_name_is_endless():
    with pytest.raises(Invalid) as refused:
        parse(statement(result={"extensions": {"x" * 5000: 1}}))
    assert refused.value.field == 'result.extensions["' + "x" * 100 + '…"]'

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.xapi.relay.filter import MAX_ENTRIES, Filter, from_json, parse_filter, voided_id
from tests.support.statements import COMPLETED, COURSE, KARI, OLA, STATEMENT_ID, statement, voiding

PROFILE = "https://w3id.org/xapi/video"
GROUP = {"objectType": "Group", "member": [KARI, OLA]}


def in_profile(category):
    return statement(context={"contextActivities": {"category": category}})


@pytest.mark.parametrize(
    ("entries", "value", "fits"),
    [
        ({}, statement(), True),
        ({"verbs": [COMPLETED]}, statement(), True),
        ({"verbs": [COMPLETED + "x", COMPLETED]}, statement(), True),
        ({"verbs": [COMPLETED[:-1]]}, statement(), False),
        ({"activities": [COURSE]}, statement(), True),
        ({"activities": [COURSE]}, statement(object={"id": COURSE}), True),
        ({"activities": [COURSE]}, statement(object={"id": COURSE + "/1"}), False),
        ({"activities": [COURSE + "*"]}, statement(object={"id": COURSE + "/1"}), True),
        ({"activities": [COURSE + "*"]}, statement(object=KARI), False),
        ({"profiles": [PROFILE]}, in_profile([{"id": "https://x.no"}, {"id": PROFILE}]), True),
        ({"profiles": [PROFILE]}, in_profile({"id": PROFILE}), True),
        ({"profiles": [PROFILE]}, statement(), False),
        ({"actors": ["https://idp.example.no"]}, statement(actor=OLA), True),
        ({"actors": ["https://idp.*"]}, statement(actor=OLA), True),
        ({"actors": ["https://idp.example.no"]}, statement(actor=GROUP), True),
        ({"actors": ["https://idp.example.no"]}, statement(), False),
        ({"actors": ["@Example.no"]}, statement(), True),
        ({"actors": ["@ample.no"]}, statement(), False),
        ({"actors": ["@example.no"]}, statement(actor={"openid": "https://x@example.no"}), False),
        ({"actors": ["@example.no"]}, statement(actor=OLA), False),
        ({"verbs": [COMPLETED], "actors": ["@example.no"]}, statement(actor=OLA), False),
    ],
)
def test_fits_when_every_list_is_met_by_any_entry(entries, value, fits):
    assert parse_filter(entries).fits(value) is fits


def test_is_false_when_nothing_is_left_out():
    assert not Filter()
    assert Filter(profiles=(PROFILE,))


def test_is_kept_as_json_and_read_again():
    made = parse_filter({"verbs": [f" {COMPLETED}", "", COMPLETED], "actors": ["@example.no"]})
    assert made == Filter(verbs=(COMPLETED,), actors=("@example.no",))
    assert made.to_json() == {"verbs": [COMPLETED], "actors": ["@example.no"]}
    assert from_json(made.to_json()) == made


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("verbs", "completed"),
        ("verbs", "https://x.no/" + "x" * 2000),
        ("verbs", "https://x.no/\x00"),
        ("activities", "*"),
        ("profiles", "@example.no"),
        ("actors", "@"),
        ("actors", "@a b"),
    ],
)
def test_names_the_list_with_an_entry_that_is_no_address(name, entry):
    with pytest.raises(Invalid) as error:
        parse_filter({name: [entry]})
    assert error.value.field == name


def test_has_a_limited_number_of_entries():
    with pytest.raises(Invalid, match="at most"):
        parse_filter({"verbs": [f"https://x.no/{n}" for n in range(MAX_ENTRIES + 1)]})


def test_finds_the_statement_that_is_voided():
    assert voided_id(voiding(STATEMENT_ID.upper())) == STATEMENT_ID
    assert voided_id(statement()) is None
    assert voided_id(statement(object={"objectType": "StatementRef", "id": STATEMENT_ID})) is None


@given(
    st.dictionaries(st.sampled_from(["verbs", "activities", "actors", "profiles"]), st.lists(st.text(max_size=20), max_size=3))
)
def test_raises_nothing_but_our_own_errors(lists):
    try:
        found = parse_filter(lists)
    except LrsBridgeError:
        return
    assert from_json(found.to_json()) == found

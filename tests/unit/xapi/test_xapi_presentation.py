"""Communication 2.1.3: the formats ids and canonical."""

import pytest

from lrs_bridge.xapi.model.presentation import canonical, only_ids, parse_accept_language, pick_language
from lrs_bridge.xapi.model.statement import parse_statement
from tests.support.statements import COMPLETED, COURSE, KARI, OLA, OTHER_ID, full_statement, interaction, statement, sub_statement

KARI_ID = {"objectType": "Agent", "mbox": "mailto:kari@example.no"}
GROUP = {"objectType": "Group", "name": "LIS", "member": [KARI, OLA]}


def test_leaves_only_ids_when_asked_for_ids():
    short = only_ids(full_statement() | {"authority": OLA | {"name": "LMS"}})
    assert short["actor"] == KARI_ID
    assert short["verb"] == {"id": COMPLETED}
    assert short["object"] == {"objectType": "Activity", "id": COURSE}
    assert short["authority"] == short["context"]["instructor"] == OLA
    assert short["context"]["team"] == {"objectType": "Group", "member": [KARI_ID]}
    assert short["result"] == full_statement()["result"]


def test_leaves_out_members_when_a_group_has_an_identifier():
    assert only_ids(statement(actor=OLA | GROUP))["actor"] == OLA | {"objectType": "Group"}


@pytest.mark.parametrize(
    ("sent", "short"),
    [
        (KARI, KARI_ID),
        (GROUP, {"objectType": "Group", "member": [KARI_ID, OLA]}),
        ({"objectType": "StatementRef", "id": OTHER_ID}, {"objectType": "StatementRef", "id": OTHER_ID}),
    ],
    ids=["agent", "group", "reference"],
)
def test_shortens_the_object_when_it_is_not_an_activity(sent, short):
    assert only_ids(statement(object=sent))["object"] == short


def test_shortens_what_is_inside_when_the_object_is_a_sub_statement():
    inner = only_ids(statement(object=sub_statement()))["object"]
    assert inner == {
        "objectType": "SubStatement",
        "actor": KARI_ID,
        "verb": {"id": COMPLETED},
        "object": {"objectType": "Activity", "id": COURSE},
    }


def test_gives_statements_that_are_valid_still_when_shortened():
    import orjson  # noqa: PLC0415  only here

    parse_statement(orjson.dumps(only_ids(full_statement())), max_bytes=10**6)


def test_gives_one_language_in_each_map_when_asked_for_canonical():
    choices = [{"id": "a", "description": {"nb": "A", "en": "A in English"}}]
    activity = interaction("choice", choices=choices, name={"nb": "Spørsmål", "en": "Question"}, description={"nb": "Bare norsk"})
    shown = canonical(statement(object=activity, verb={"id": COMPLETED, "display": {"nb": "a", "en": "b"}}), ("en",))
    assert shown["object"]["definition"] == {
        "interactionType": "choice",
        "choices": [{"id": "a", "description": {"en": "A in English"}}],
        "name": {"en": "Question"},
        "description": {"nb": "Bare norsk"},
    }
    assert shown["verb"]["display"] == {"en": "b"}
    assert shown["actor"] == KARI


def test_leaves_activities_alone_when_they_have_no_definition():
    bare = statement(object={"id": COURSE}, verb={"id": COMPLETED}, context={"platform": "x"})
    assert canonical(bare, ()) == bare


def test_gives_an_empty_map_when_it_came_empty():
    assert canonical(statement(verb={"id": COMPLETED, "display": {}}), ("nb",))["verb"]["display"] == {}


HEADERS = {
    "": (),
    "nb": ("nb",),
    "en;q=0.5, NB-no, nn;q=0.9": ("nb-no", "nn", "en"),
    "da;q=0, sv;q=x, *": ("*",),
    "nb;level=1;q=0.3, en;q=0.4": ("en", "nb"),
}


@pytest.mark.parametrize(("header", "ranges"), HEADERS.items())
def test_orders_language_ranges_when_they_have_qualities(header, ranges):
    assert parse_accept_language(header) == ranges


@pytest.mark.parametrize(
    ("tags", "preferred", "picked"),
    [
        (["en", "nb-NO"], ("nb",), "nb-NO"),
        (["en", "nb-NO"], ("nn", "en"), "en"),
        (["en", "nb-NO"], ("sv",), "en"),
        (["en", "nb"], ("*",), "en"),
        (["en", "nbx"], ("nb",), "en"),
        ([], ("nb",), None),
    ],
)
def test_picks_a_language_when_a_range_matches_or_else_the_first(tags, preferred, picked):
    assert pick_language(dict.fromkeys(tags, "text"), preferred) == picked

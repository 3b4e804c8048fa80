"""Communication 2.1.3: the formats ids and canonical."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.xapi.model.presentation import (
    LanguageRange,
    accepted_language,
    canonical,
    only_ids,
    parse_accept_language,
    pick_language,
)
from lrs_bridge.xapi.model.statement import parse_statement
from lrs_bridge.xapi.model.version import Version
from tests.support.statements import (
    COMPLETED,
    COURSE,
    KARI,
    OLA,
    OTHER_ID,
    RELEVANT,
    SIRI,
    full_statement,
    full_statement_2,
    interaction,
    statement,
    sub_statement,
)

KARI_ID = {"objectType": "Agent", "mbox": "mailto:kari@example.no"}
GROUP = {"objectType": "Group", "name": "LIS", "member": [KARI, OLA]}


def test_leaves_only_ids_when_asked_for_ids():
    short = only_ids(full_statement() | {"authority": OLA | {"name": "LMS"}})
    assert short["actor"] == KARI_ID
    assert short["verb"] == {"id": COMPLETED}
    assert short["object"] == {"id": COURSE}
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
        "object": {"id": COURSE},
    }


def test_leaves_only_ids_of_context_agents_and_groups_when_asked_for_ids():
    context = only_ids(full_statement_2())["context"]
    assert context["contextAgents"] == [
        {"objectType": "contextAgent", "agent": OLA, "relevantTypes": RELEVANT},
        {"objectType": "contextAgent", "agent": SIRI},
    ]
    assert context["contextGroups"] == [
        {
            "objectType": "contextGroup",
            "group": {"objectType": "Group", "member": [SIRI, KARI_ID]},
            "relevantTypes": RELEVANT[:1],
        },
        {"objectType": "contextGroup", "group": {"objectType": "Group", "mbox": "mailto:team@example.no"}},
    ]


@pytest.mark.parametrize("version", Version)
def test_gives_statements_that_are_valid_still_when_shortened_or_in_one_language(version):
    whole = full_statement() if version is Version.V1 else full_statement_2()
    for shown in (only_ids(whole), canonical(whole, parse_accept_language("en"))):
        parse_statement(orjson.dumps(shown), max_bytes=10**6, version=version)


def test_gives_one_language_in_each_map_when_asked_for_canonical():
    choices = [{"id": "a", "description": {"nb": "A", "en": "A in English"}}]
    activity = interaction("choice", choices=choices, name={"nb": "Spørsmål", "en": "Question"}, description={"nb": "Bare norsk"})
    shown = canonical(
        statement(object=activity, verb={"id": COMPLETED, "display": {"nb": "a", "en": "b"}}), (LanguageRange("en"),)
    )
    assert shown["object"]["definition"] == {
        "interactionType": "choice",
        "choices": [{"id": "a", "description": {"en": "A in English"}}],
        "name": {"en": "Question"},
        "description": {"nb": "Bare norsk"},
    }
    assert shown["verb"]["display"] == {"en": "b"}
    assert shown["actor"] == KARI


def test_gives_one_language_in_sub_statements_and_context_activities_when_asked_for_canonical():
    names = {"nb": "Smittevern", "en": "Infection control"}
    inner = sub_statement(
        verb={"id": COMPLETED, "display": {"nb": "fullførte", "en": "completed"}},
        object={"id": COURSE, "definition": {"name": names}},
        context={"contextActivities": {"parent": [{"id": COURSE, "definition": {"name": names, "description": names}}]}},
    )
    shown = canonical(statement(object=inner), parse_accept_language("en"))["object"]
    assert shown["verb"]["display"] == {"en": "completed"}
    assert shown["object"]["definition"]["name"] == {"en": "Infection control"}
    parent = shown["context"]["contextActivities"]["parent"][0]
    assert parent["definition"] == {"name": {"en": "Infection control"}, "description": {"en": "Infection control"}}


def test_leaves_agents_and_context_agents_as_they_came_when_asked_for_canonical():
    whole = full_statement_2()
    shown = canonical(whole, ())
    assert shown["actor"] == whole["actor"]
    assert {name: shown["context"][name] for name in ("contextAgents", "contextGroups", "team")} == {
        name: whole["context"][name] for name in ("contextAgents", "contextGroups", "team")
    }


def test_leaves_activities_alone_when_they_have_no_definition():
    bare = statement(object={"id": COURSE}, verb={"id": COMPLETED}, context={"platform": "x"})
    assert canonical(bare, ()) == bare


def test_gives_an_empty_map_when_it_came_empty():
    assert canonical(statement(verb={"id": COMPLETED, "display": {}}), (LanguageRange("nb"),))["verb"]["display"] == {}


HEADERS = {
    "": (),
    "nb": (("nb", 1),),
    "en;q=0.5, NB-no, nn;q=0.9": (("nb-no", 1), ("nn", 0.9), ("en", 0.5)),
    "da;q=0, sv;q=x, *": (("*", 1), ("da", 0)),
    "nb;level=1;q=0.3, en; q = 0.4": (("en", 0.4), ("nb", 0.3)),
    "en;q=1.5, nb;q=-1, nn;q=0.1234, ,;q=1, sv;q=1.000": (("sv", 1),),
}


@pytest.mark.parametrize(("header", "ranges"), HEADERS.items())
def test_orders_language_ranges_when_they_have_qualities(header, ranges):
    assert parse_accept_language(header) == ranges


@given(st.text() | st.text("enbq=0.1;,*- "))
def test_never_raises_when_any_text_is_read_as_a_language_header(header):
    assert all(0 <= one.quality <= 1 for one in parse_accept_language(header))


@pytest.mark.parametrize(
    ("header", "tags", "picked"),
    [
        ("en;q=0.8, nb;q=0.9", ["en", "nb"], "nb"),
        ("en-GB;q=0.1, en, nb;q=0.5", ["en-GB", "nb"], "nb"),
        ("en-GB;q=0.1, en, nb;q=0.5", ["en-US", "nb"], "en-US"),
        ("*;q=0.5, nb;q=0.1", ["nb", "en"], "en"),
        ("en;q=0, *", ["en", "nb"], "nb"),
        ("en;q=0", ["en", "nb"], "nb"),
        ("en;q=0", ["en"], "en"),
        ("nb-NO", ["en", "nb"], "nb"),
        ("nb-NO;q=0, nn-NO", ["en", "nn", "nb"], "nn"),
        ("zh-Hant-TW", ["en", "zh-Hant", "zh"], "zh-Hant"),
        ("NB", ["en", "nb-NO"], "nb-NO"),
        ("", ["en", "nb"], "en"),
        ("nb", [], None),
    ],
)
def test_shows_the_language_that_the_header_welcomes_most(header, tags, picked):
    assert accepted_language(dict.fromkeys(tags, "text"), parse_accept_language(header)) == picked


TAGS = st.sampled_from(["en", "en-GB", "en-GB-oed", "nb", "nb-NO", "nn", "sv-FI"])
RANGES = st.lists(st.tuples(st.sampled_from(["en", "en-gb", "nb", "nb-no", "nn", "*", "sv"]), st.integers(0, 3)), max_size=5)


def naive_quality(tag, said):
    """What was said of the tag, or of as much of its beginning as possible, or of any language."""
    subtags = tag.lower().split("-")
    for length in range(len(subtags), 0, -1):
        if "-".join(subtags[:length]) in said:
            return said["-".join(subtags[:length])]
    return said.get("*")


@given(st.lists(TAGS, unique=True), RANGES)
def test_shows_one_of_the_most_welcome_languages_when_judged_one_by_one(tags, ranges):
    said = {}
    for tag, quality in ranges:
        said[tag] = max(said.get(tag, 0), quality / 3)
    header = ",".join(f"{tag};q={quality / 3:.3f}" for tag, quality in ranges)
    picked = accepted_language(dict.fromkeys(tags, "text"), parse_accept_language(header))
    qualities = {tag: naive_quality(tag, said) for tag in tags}
    best = max((quality for quality in qualities.values() if quality), default=None)
    if best:
        assert qualities[picked] == best
    elif None in qualities.values():
        assert qualities[picked] is None
    else:
        assert picked == next(iter(tags), None)


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

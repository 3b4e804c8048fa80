"""Communication 3.1: entity tags in every spelling, and what a request without one may do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Conflict, Invalid, PreconditionFailed
from lrs_bridge.xapi.documents.conditions import Blind, Condition, blind_put, parse_condition, quoted, tag_of
from lrs_bridge.xapi.documents.key import Kind
from lrs_bridge.xapi.exchange import Version

TAG = tag_of(b'{"x":"foo"}')
OTHER = tag_of(b"other")


def condition(**headers):
    return parse_condition({name.replace("_", "-"): value for name, value in headers.items()})


def test_is_the_quoted_lower_case_sha1_of_the_bytes():
    assert quoted(tag_of(b"abc")) == '"a9993e364706816aba3e25717850c26c9cd0d89d"'


SPELLINGS = [
    f'"{TAG}"',
    TAG,
    f'W/"{TAG}"',
    f'w/"{TAG}"',
    f"W/{TAG}",
    f'"{TAG.upper()}"',
    f'  "{TAG}"\t',
    f'"{OTHER}", "{TAG}"',
    f'"{OTHER}","{TAG}"',
    f"{OTHER}, {TAG}",
    f', "{OTHER}",, W/"{TAG}",',
    f'"{TAG}-gzip"',
    f'"{TAG}--gzip"',
    f'"{TAG};br"',
    f"{TAG}-gzip",
    f'"a,b", "{TAG}"',
    "*",
    '"*"',
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_finds_the_tag_when_it_is_spelled_so(spelling):
    condition(if_match=spelling).check(TAG)
    with pytest.raises(PreconditionFailed) as caught:
        condition(if_none_match=spelling).check(TAG)
    assert caught.value.field == "If-None-Match"
    assert condition(if_none_match=spelling).is_known(TAG)


@pytest.mark.parametrize("spelling", [f'"{OTHER}"', OTHER, f'"{OTHER}", W/"{OTHER}"', '""', f'"{TAG[:-1]}"', f'"{TAG}x"'])
def test_does_not_find_the_tag_when_another_is_named(spelling):
    with pytest.raises(PreconditionFailed) as caught:
        condition(if_match=spelling).check(TAG)
    assert caught.value.field == "If-Match"
    condition(if_none_match=spelling).check(TAG)
    assert not condition(if_none_match=spelling).is_known(TAG)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_has_nothing_to_match_when_nothing_is_stored(spelling):
    with pytest.raises(PreconditionFailed):
        condition(if_match=spelling).check(None)
    condition(if_none_match=spelling).check(None)


@pytest.mark.parametrize("header", ["if-match", "if-none-match"])
@pytest.mark.parametrize("text", ["", " ", ",", " , ,", '"', f'"{TAG}', f'{TAG}"', f'"{TAG}" "{OTHER}"', "a b", f'"{TAG}"x'])
def test_refuses_a_header_that_names_no_tags(header, text):
    with pytest.raises(Invalid) as caught:
        parse_condition({header: text})
    assert caught.value.field.lower() == header


def test_holds_when_there_are_no_headers():
    for stored in (None, TAG):
        condition().check(stored)
    assert not condition().is_known(TAG)


def test_must_meet_both_when_both_headers_are_there():
    condition(if_match=TAG, if_none_match=OTHER).check(TAG)
    with pytest.raises(PreconditionFailed, match="there already"):
        condition(if_match=TAG, if_none_match="*").check(TAG)


@pytest.mark.parametrize(
    ("kind", "version", "blind"),
    [
        (Kind.STATE, Version.V1, Blind.REPLACES),
        (Kind.AGENT_PROFILE, Version.V1, Blind.REFUSED),
        (Kind.ACTIVITY_PROFILE, Version.V1, Blind.REFUSED),
        (Kind.STATE, Version.V2, Blind.CREATES),
        (Kind.AGENT_PROFILE, Version.V2, Blind.CREATES),
        (Kind.ACTIVITY_PROFILE, Version.V2, Blind.CREATES),
    ],
)
def test_knows_what_a_put_without_a_condition_may_do(kind, version, blind):
    assert blind_put(kind, version) is blind
    assert parse_condition({}, blind) == Condition(blind=blind)


def test_lets_a_put_without_a_condition_replace_only_where_that_is_allowed():
    Condition(blind=Blind.REPLACES).check_put(TAG)
    Condition(blind=Blind.REPLACES).check_put(None)
    Condition(blind=Blind.CREATES).check_put(None)
    for blind in (Blind.CREATES, Blind.REFUSED):
        with pytest.raises(Conflict, match=r"check its present state.*If-Match"):
            Condition(blind=blind).check_put(TAG)
    with pytest.raises(Invalid, match="If-None-Match"):
        Condition(blind=Blind.REFUSED).check_put(None)


def test_lets_a_put_with_a_condition_that_holds_replace():
    for blind in Blind:
        Condition(if_match=frozenset({TAG}), blind=blind).check_put(TAG)
        Condition(if_none_match=frozenset({"*"}), blind=blind).check_put(None)
        with pytest.raises(PreconditionFailed):
            Condition(if_match=frozenset({OTHER}), blind=blind).check_put(TAG)


@given(st.text() | st.text(alphabet='"W/*, \tab-gzip;'), st.sampled_from(["if-match", "if-none-match"]))
def test_raises_nothing_but_invalid_for_any_text(text, header):
    try:
        found = parse_condition({header: text})
    except Invalid:
        return
    assert found.if_match or found.if_none_match


@given(st.lists(st.binary(), min_size=1, max_size=5), st.data())
def test_finds_any_of_the_tags_when_a_list_is_spelled_at_random(contents, data):
    tags = [tag_of(content) for content in contents]
    forms = st.sampled_from(['"{}"', "{}", 'W/"{}"', ' "{}" ', '"{}-gzip"'])
    text = ",".join(data.draw(forms).format(tag) for tag in tags)
    assert condition(if_match=text).if_match == frozenset(tags)

"""RFC 7617 and RFC 6750: the Authorization header, and what is said when it does not suffice."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Forbidden, Invalid, LrsBridgeError, Unauthenticated
from lrs_bridge.xapi.credentials.authorization import (
    Basic,
    Bearer,
    basic_header,
    challenge,
    named_key,
    parse_authorization,
)

KEY = "demo.0123456789abcdef"


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(("text", "pair"), [("k:s", ("k", "s")), ("k:s:t", ("k", "s:t")), ("k:", ("k", "")), ("æ:ø", ("æ", "ø"))])
def test_reads_key_and_secret_when_the_header_is_basic(text, pair):
    assert parse_authorization(basic(text)) == Basic(*pair)
    assert parse_authorization(basic(text).replace("Basic", " basic ")) == Basic(*pair)


@pytest.mark.parametrize("header", [f"Bearer {KEY}.ab12", f"bearer   {KEY}.ab12 "])
def test_reads_the_token_when_the_header_is_bearer(header):
    assert parse_authorization(header) == Bearer(f"{KEY}.ab12")
    assert parse_authorization(header).key == KEY


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "Bearer", "Bearer ", "Bearer x y", "Bearer æ", "Digest x", "Basic", "Basic !!!", "Basic /w==", "Basic æ"),
        *(basic("nocolon"), basic("a\x00b:c")),
    ],
)
def test_knows_nobody_when_the_header_names_nobody(header):
    with pytest.raises(Unauthenticated) as refused:
        parse_authorization(header)
    assert refused.value.field == "Authorization"


@given(st.text(), st.sampled_from(["", "Basic ", "Bearer "]))
def test_raises_nothing_but_our_errors_when_the_header_is_any_text(text, scheme):
    try:
        parse_authorization(scheme + text)
    except LrsBridgeError:
        assert named_key(scheme + text) == ""


@given(
    st.text(st.characters(exclude_characters=":\x00", exclude_categories=["Cs"])),
    st.text(st.characters(exclude_categories=["Cs"])),
)
def test_reads_what_it_wrote_when_a_header_is_made(key, secret):
    assert parse_authorization(basic_header(key, secret)) == Basic(key, secret)


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (basic(f"{KEY}:x"), KEY),
        (f"Bearer {KEY}.x", KEY),
        (basic("kari@example.no:hunter2"), ""),
        (basic("hunter2:demo"), ""),
        ("Bearer abc", ""),
        (None, ""),
    ],
)
def test_names_a_key_for_the_journal_when_it_looks_like_one_of_ours(header, named):
    assert named_key(header) == named


@pytest.mark.parametrize(
    ("error", "header", "from_page", "begins"),
    [
        (Unauthenticated("x"), None, False, 'Basic realm="xAPI"'),
        (Unauthenticated("x"), basic("a:b"), False, 'Basic realm="xAPI"'),
        (Unauthenticated("x"), basic("a:b"), True, 'Bearer realm="xAPI"'),
        (Unauthenticated("x"), "Bearer t", False, 'Bearer realm="xAPI", error="invalid_token"'),
        (Unauthenticated("x"), " bearer t", True, 'Bearer realm="xAPI", error="invalid_token"'),
        (Forbidden("x", field="Authorization"), "Bearer t", False, 'Bearer realm="xAPI", error="insufficient_scope"'),
    ],
)
def test_challenges_in_the_callers_way_when_it_is_refused(error, header, from_page, begins):
    assert challenge(error, header, from_page=from_page).startswith(begins)


def test_asks_pages_for_no_login_when_they_are_refused():
    assert "Basic" not in challenge(Unauthenticated("x"), basic("a:b"), from_page=True)


@pytest.mark.parametrize(
    ("error", "header"),
    [
        (Invalid("x"), "Bearer t"),
        (Forbidden("x", field="Origin"), "Bearer t"),
        (Forbidden("x", field="Authorization"), basic("a:b")),
    ],
)
def test_challenges_nobody_when_the_header_was_not_what_was_wrong(error, header):
    assert challenge(error, header, from_page=False) is None

"""The Fetch standard's CORS protocol: which pages may use a key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Forbidden, Invalid, LrsBridgeError
from lrs_bridge.xapi.credentials.cross_origin import PREFLIGHT_HEADERS, answer_headers, check_origin, parse_origins

COURSES = "https://courses.example.no"


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        (COURSES, COURSES),
        (" HTTPS://Courses.Example.NO/ ", COURSES),
        ("https://courses.example.no:443", COURSES),
        ("http://courses.example.no:80", "http://courses.example.no"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://læring.no", "https://xn--lring-sra.no"),
        ("null", "null"),
    ],
)
def test_reads_an_origin_as_browsers_spell_it_when_typed(typed, origin):
    assert parse_origins([typed, typed, " "]) == (origin,)


@pytest.mark.parametrize(
    "typed",
    [
        "courses.example.no",
        "ftp://example.no",
        "https://example.no/course",
        "*",
        "https://*.no",
        "https://",
        "https://a:b@c",
        "https://..æ",
    ],
)
def test_refuses_an_origin_when_it_is_none(typed):
    with pytest.raises(Invalid) as refused:
        parse_origins([typed])
    assert refused.value.field == "origins"


def test_refuses_origins_when_there_are_too_many():
    assert len(parse_origins(f"https://{n}.no" for n in range(50))) == 50
    with pytest.raises(Invalid):
        parse_origins(f"https://{n}.no" for n in range(51))


@given(st.text(), st.sampled_from(["", "https://", "http://"]))
def test_raises_nothing_but_our_errors_when_an_origin_is_any_text(text, scheme):
    try:
        found = parse_origins([scheme + text])
    except LrsBridgeError:
        return
    assert parse_origins(found) == found


@pytest.mark.parametrize(
    ("origins", "origin"), [((), "https://any.no"), ((COURSES,), COURSES), ((COURSES,), None), ((COURSES,), "")]
)
def test_lets_a_page_in_when_the_key_does(origins, origin):
    check_origin(origins, origin)


@pytest.mark.parametrize(
    ("origin", "named"), [("https://evil.example", "https://evil.example"), ("null", "null"), ("<b>", "as it was sent")]
)
def test_refuses_a_page_and_names_its_origin_when_the_key_has_others(origin, named):
    with pytest.raises(Forbidden, match=named) as refused:
        check_origin((COURSES,), origin)
    assert refused.value.field == "Origin"


def test_lets_any_page_read_when_the_key_has_no_origins():
    headers = answer_headers((), "https://any.no")
    assert headers["Access-Control-Allow-Origin"] == "*"
    for name in ("ETag", "Last-Modified", "X-Experience-API-Version", "X-Experience-API-Consistent-Through", "Content-Type"):
        assert name in headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", [COURSES, "https://refused.no"])
def test_lets_the_asking_page_read_its_answer_or_refusal_when_the_key_has_origins(origin):
    headers = answer_headers((COURSES,), origin)
    assert (headers["Access-Control-Allow-Origin"], headers["Vary"]) == (origin, "Origin")
    assert "ETag" in headers["Access-Control-Expose-Headers"]


def test_names_no_origin_when_no_page_asks():
    assert answer_headers((COURSES,), None) == {"Vary": "Origin"}


def test_allows_what_clients_send_when_they_ask_before():
    allowed = PREFLIGHT_HEADERS["Access-Control-Allow-Headers"]
    for name in ("Authorization", "Content-Type", "If-Match", "If-None-Match", "X-Experience-API-Version", "Accept-Language"):
        assert name in allowed
    assert {"PUT", "DELETE", "HEAD"} <= set(PREFLIGHT_HEADERS["Access-Control-Allow-Methods"].split(", "))

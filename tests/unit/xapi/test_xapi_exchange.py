"""Communication 1.3, 1.5, 3.2, 3.3: requests in both syntaxes."""

from dataclasses import replace
from io import BytesIO
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, LrsBridgeError, UnsupportedMedia
from lrs_bridge.xapi.exchange import Call, Version, headers_in, is_alternate, parameters_in, read_alternate_call
from lrs_bridge.xapi.remembering import LONGEST

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def outer(headers=FORM, query=(("method", "PUT"),)):
    return Call("POST", dict(query), {name.lower(): value for name, value in headers.items()})


def read_form(call, body):
    return read_alternate_call(replace(call, stream=BytesIO(body)))


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (b"", {}),
        (b"verb=x&since=", {"verb": "x", "since": ""}),
        (b"agent=%7B%22mbox%22%3A%22mailto:a%2Bb@c.no%22%7D", {"agent": '{"mbox":"mailto:a+b@c.no"}'}),
        (b"a+b=c+d&e", {"a b": "c d", "e": ""}),
        ("navn=Læge%C3%A6".encode(), {"navn": "Lægeæ"}),
        (b"id=%FF%C3x\xfe&%E6=1", {"id": "%FF%C3x%FE", "%E6": "1"}),
        (b"long=" + b"x" * LONGEST, {"long": "x" * LONGEST}),
    ],
    ids=["none", "empty value", "percent-encoded", "plus", "UTF-8", "no UTF-8", "long"],
)
def test_reads_the_parameters_of_an_address(query, parameters):
    assert parameters_in(query) == parameters


@given(st.binary())
def test_raises_nothing_but_our_errors_when_an_address_is_any_bytes(query):
    try:
        found = parameters_in(query)
    except LrsBridgeError:
        return
    assert all(type(name) is type(value) is str for name, value in found.items())


def test_finds_the_headers_when_a_server_hands_over_its_variables():
    headers = {
        "HTTP_ACCEPT_LANGUAGE": "nb",
        "HTTP_X_EXPERIENCE_API_VERSION": "1.0.3",
        "CONTENT_TYPE": "a/b",
        "CONTENT_LENGTH": "0",
    }
    own = {"REQUEST_METHOD": "GET", "wsgi.version": (1, 0), "HTTP_CONTENT_TYPE": "c/d", "HTTP_CONTENT_LENGTH": "7"}
    assert headers_in(own | headers) == {
        "accept-language": "nb",
        "x-experience-api-version": "1.0.3",
        "content-type": "a/b",
        "content-length": "0",
    }


@pytest.mark.parametrize("query", [b"verb=x&verb=y", b"verb=x%00"], ids=["twice", "NUL"])
def test_refuses_a_parameter_each_time_when_it_is_given_twice_or_holds_nul(query):
    for _ in range(2):
        with pytest.raises(Invalid) as refused:
            parameters_in(query)
        assert refused.value.field == "verb"


def test_takes_headers_parameters_and_content_from_the_form_when_in_the_alternate_syntax():
    fields = {
        "statementId": "abc",
        "content": '{"æ":1}',
        "Authorization": "Basic eDp5",
        "X-Experience-API-Version": "1.0.3",
        "content-type": "application/json",
    }
    call = outer(FORM | {"Accept-Language": "nb"}, [("method", "put")])
    assert is_alternate(call)
    assert not is_alternate(replace(call, method="PUT"))
    assert read_form(call, urlencode(fields).encode()) == Call(
        method="PUT",
        parameters={"statementId": "abc"},
        headers={
            "accept-language": "nb",
            "authorization": "Basic eDp5",
            "x-experience-api-version": "1.0.3",
            "content-type": "application/json",
        },
        content='{"æ":1}'.encode(),
    )


def test_takes_content_for_json_and_headers_from_the_request_when_the_form_names_none():
    call = outer({"Content-Type": "text/plain;charset=UTF-8", "X-Experience-API-Version": "1.0.1"})
    read = read_form(call, b"content=%7B%7D")
    assert read.headers == {"x-experience-api-version": "1.0.1", "content-type": "application/json"}


def test_has_empty_content_when_the_form_is_empty():
    assert read_form(outer(), b"") == Call("PUT", {}, {}, b"")


def test_reads_the_content_when_it_stands_in_the_form():
    assert read_form(outer(), b"content=%C3%A6+%2B").read() == "æ +".encode()


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        (outer(query=[("method", "PUT"), ("statementId", "x")]), b"", "method"),
        (outer({"Content-Type": "application/json"}), b"{}", "Content-Type"),
        (outer(), b"no form", "body"),
        (outer(), b"content=%FF", "body"),
        (outer(), "content=æ".encode(), "body"),
        (outer(), b"verb=x&verb=y", "verb"),
    ],
    ids=["parameter outside", "JSON", "no form", "no UTF-8", "no ASCII", "twice"],
)
def test_refuses_the_alternate_syntax_when_it_is_not_as_specified(call, body, field):
    with pytest.raises(Invalid) as refused:
        read_form(call, body)
    assert refused.value.field == field


@given(st.binary())
def test_raises_nothing_but_our_errors_when_the_form_is_any_bytes(body):
    try:
        found = read_form(outer(), body)
    except LrsBridgeError:
        return
    assert found.method == "PUT"


def with_headers(**headers):
    return Call("POST", {}, {name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.9", " 1.0.3 "])
def test_speaks_with_a_caller_when_its_version_is_one_point_zero(version):
    assert with_headers(x_experience_api_version=version).with_version().version is Version.V1


@pytest.mark.parametrize("version", ["2.0", "2.0.0", "2.0.1", " 2.0.0 "])
def test_speaks_with_a_caller_when_its_version_is_two_point_zero(version):
    assert with_headers(x_experience_api_version=version).with_version().version is Version.V2


def test_refuses_the_alternate_syntax_when_the_caller_speaks_two_point_zero():
    with pytest.raises(Invalid) as refused:
        read_form(outer(), b"X-Experience-API-Version=2.0.0")
    assert refused.value.field == "method"


@pytest.mark.parametrize("version", [None, "", "0.95", "1.1.0", "2.1.0", "3.0.0", "1", "1.0.", "1.0.x", "x"])
def test_refuses_a_caller_when_its_version_is_another(version):
    call = with_headers() if version is None else with_headers(x_experience_api_version=version)
    with pytest.raises(Invalid) as refused:
        call.with_version()
    assert refused.value.field == "X-Experience-API-Version"


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_takes_a_body_when_it_is_json(content_type):
    assert with_headers(content_type=content_type).require_json() is None  # and raises nothing


@pytest.mark.parametrize(
    ("headers", "kind", "field"),
    [
        ({}, Invalid, "Content-Type"),
        ({"content_type": "text/html"}, Invalid, "Content-Type"),
        ({"content_type": "application/json; charset=latin1"}, Invalid, "Content-Type"),
        ({"content_type": 'multipart/mixed; boundary="x"'}, UnsupportedMedia, "Content-Type"),
        ({"content_type": "application/json", "content_encoding": "gzip"}, UnsupportedMedia, "Content-Encoding"),
    ],
)
def test_refuses_a_body_when_it_is_not_plain_json(headers, kind, field):
    with pytest.raises(kind) as refused:
        with_headers(**headers).require_json()
    assert refused.value.field == field


def test_refuses_a_parameter_when_the_resource_does_not_know_it():
    call = Call("GET", {"statementID": "x"}, {})
    call.require_known(["statementID"])
    with pytest.raises(Invalid) as refused:
        call.require_known(["statementId"])
    assert refused.value.field == "statementID"

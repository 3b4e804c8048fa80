"""What the door learns of a request."""

import pytest

from lrs_bridge.errors import Invalid, NotFound
from lrs_bridge.xapi.exchange import Call
from lrs_bridge.xapi.visit import Visit


def visit(version=None, error=None):
    found = Visit("GET", "Basic outer")
    headers = {} if version is None else {"x-experience-api-version": version}
    found.read(Call("PUT", {}, headers | {"authorization": "Basic inner"}))
    found.error = error
    return found


def test_takes_over_what_the_form_says_when_the_call_stands_in_one():
    found = visit("1.0.2")
    assert (found.method, found.authorization, found.said_version) == ("PUT", "Basic inner", "1.0.2")


@pytest.mark.parametrize(
    ("version", "error", "told"),
    [
        ("1.0", None, "1.0.3"),
        ("1.0.1", Invalid("x"), "1.0.3"),
        ("2.0.0", None, "2.0.0"),
        ("2.0.1", NotFound("x"), "2.0.0"),
        ("0.9", Invalid("x", field="X-Experience-API-Version"), "1.0.3"),
        (None, None, "1.0.3"),
        (None, NotFound("x"), "1.0.3"),
        (None, Invalid("x", field="X-Experience-API-Version"), "0.95"),
    ],
)
def test_tells_the_version_that_the_caller_speaks(version, error, told):
    assert visit(version, error).version_to_tell == told

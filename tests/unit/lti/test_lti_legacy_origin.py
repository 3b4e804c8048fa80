"""From whose pages a launch by LTI 1.1 is taken."""

from dataclasses import replace

import pytest

from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.lti.legacy.origin import check_origin
from tests.support.lti_legacy import PLATFORM

OURS = "https://lrs.example.no/under"


def refused(origin, destination=None, *ancestors):
    """Why the launch is refused; None when it is not."""
    platform = replace(PLATFORM, ancestors=ancestors)
    try:
        check_origin(platform, origin=origin, destination=destination, own_url=OURS)
    except LaunchRefused as error:
        return error.step, error.field
    return None


@pytest.mark.parametrize(
    ("origin", "ancestors"),
    [
        (None, ()),
        ("https://lms.example.no", ("https://lms.example.no",)),
        ("https://lms.example.no", ("https://other.example.no", "https://LMS.example.no:443")),
        ("http://127.0.0.1:8081", ("http://127.0.0.1:8081",)),
        ("https://xn--hy-lka.example.no", ("https://høy.example.no",)),
        ("https://lrs.example.no", ()),
    ],
)
def test_takes_launches_from_the_platforms_pages_and_ours_and_from_who_says_nothing(origin, ancestors):
    assert refused(origin, "document", *ancestors) is None


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://lms.example.no",
        "https://lms.example.no:8443",
        "https://lms.example.no.evil.example",
        "https://sub.lms.example.no",
        "file://",
        "https://[",
        "https://a..b",
        "gopher://lms.example.no",
        "",
        "https://lms.example.no, https://evil.example",
    ],
)
@pytest.mark.parametrize("destination", ["document", "iframe", None])
def test_refuses_launches_from_pages_of_others(origin, destination):
    assert refused(origin, destination, "https://lms.example.no", "nonsense") == (Step.BROWSER, "Origin")


@pytest.mark.parametrize(
    ("destination", "ancestors", "holds"),
    [
        ("iframe", ("https://lms.example.no",), True),
        ("frame", ("https://lms.example.no",), True),
        ("iframe", (), False),
        ("document", ("https://lms.example.no",), False),
        (None, ("https://lms.example.no",), False),
    ],
)
def test_takes_launches_that_hide_where_they_are_from_only_into_a_frame_that_is_the_platforms(destination, ancestors, holds):
    assert (refused("null", destination, *ancestors) is None) is holds

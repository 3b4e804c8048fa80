from datetime import UTC, datetime
from uuid import UUID

import pytest

from lrs_bridge.errors import Forbidden
from lrs_bridge.lti.launch.arrival import HERE, PLACE, REVIEW, ROSTER, WHO, ancestors_of, came_from, path_of
from lrs_bridge.lti.launch.launch import Course, Launch, MessageType
from lrs_bridge.lti.launch.roles import full_roles
from lrs_bridge.lti.platforms.platform import Platform, Product, State, Version
from lrs_bridge.ports import Reached, Standing


def launch(kind=MessageType.RESOURCE_LINK, roles=("Learner",), **more) -> Launch:
    return Launch(
        version="1.3",
        message_type=kind,
        issuer="https://lms.example.no",
        client_id="c",
        deployment_id="1",
        subject="42",
        roles=full_roles(roles),
        target_link_uri="https://tool.example.no/lti/launch",
        **more,
    )


def standing(reached: Reached) -> Standing:
    return Standing(reached, None, None, is_final=False, path="/plan/records/7")


def platform(**changes) -> Platform:
    base = {
        "tenant": "north",
        "platform_id": UUID(int=1),
        "version": Version.V1P3,
        "name": "Moodle",
        "product": Product.MOODLE,
        "state": State.RUNNING,
        "issuer": "https://lms.example.no",
        "client_id": "c",
        "authorization_url": "https://sso.example.no/auth",
        "token_url": None,
        "token_audience": None,
        "jwks_url": None,
        "adopts_deployment": False,
        "ancestors": ("https://frames.example.no",),
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Platform(**base | changes)


@pytest.mark.parametrize(
    ("said", "reached", "known", "path"),
    [
        (launch(), Reached.PLANNED, True, "/plan/records/7"),
        (launch(), Reached.NOT_THEIRS, True, "/plan/records/7"),
        (launch(custom={"lrs_bridge_placed": "activity:1"}), Reached.NOT_THEIRS, True, HERE),
        (launch(), None, True, HERE),
        (launch(), None, False, WHO),
        (launch(roles=()), Reached.SIGNED, True, "/plan/records/7"),
        (launch(roles=("Instructor",)), None, False, ROSTER),
        (launch(roles=("Instructor", "Learner")), Reached.PLANNED, True, "/plan/records/7"),
        (launch(MessageType.DEEP_LINKING, ("Instructor",)), None, False, PLACE),
        (launch(MessageType.SUBMISSION_REVIEW, ("Instructor",), for_subject="9"), None, False, REVIEW),
        (launch(MessageType.SUBMISSION_REVIEW, ("Learner",), for_subject="42"), None, True, REVIEW),
    ],
)
def test_leads_each_launch_to_its_page(said, reached, known, path):
    assert path_of(said, standing(reached) if reached else None, known=known) == path


@pytest.mark.parametrize(
    "said",
    [launch(MessageType.DEEP_LINKING), launch(MessageType.SUBMISSION_REVIEW, for_subject="9")],
)
def test_refuses_learners_what_only_teachers_may(said):
    with pytest.raises(Forbidden):
        path_of(said, None, known=True)


def test_lets_the_platform_and_what_its_administrator_named_show_us():
    assert ancestors_of(platform()) == ("https://lms.example.no", "https://sso.example.no", "https://frames.example.no")


def test_lets_a_platform_of_lti_1p1_show_us_only_where_its_administrator_says():
    legacy = platform(issuer="lti1p1:key", authorization_url=None, version=Version.V1P1)
    assert ancestors_of(legacy, launch(return_url="https://evil.example/back")) == ("https://frames.example.no",)
    assert ancestors_of(platform(issuer="lti1p1:key", authorization_url=None, version=Version.V1P1, ancestors=())) == ("*",)


def test_lets_the_page_show_us_that_the_launch_is_led_back_to():
    assert "https://apps.example.no" in ancestors_of(platform(), launch(return_url="https://apps.example.no/back"))
    assert ancestors_of(platform(), launch(return_url="https://evil.example; script-src *")) == ancestors_of(platform())


@pytest.mark.parametrize("issuer", ["https://canvas.instructure.com", "https://blackboard.com"])
def test_lets_all_customers_of_a_hosted_product_show_us(issuer):
    assert any("*." in origin for origin in ancestors_of(platform(issuer=issuer)))


@pytest.mark.parametrize(
    ("course", "told"),
    [(None, "Moodle"), (Course("1", "LIS1"), "Moodle: LIS1"), (Course("1", None, "L1"), "Moodle: L1"), (Course("1"), "Moodle")],
)
def test_names_the_platform_and_its_course(course, told):
    assert came_from(platform(), launch(course=course)) == told

import pytest

from lrs_bridge.lti.launch.claims import read_launch
from lrs_bridge.lti.launch.launch import Course, DeepLinkingSettings, Grades, MessageType, Migration, ResourceLink
from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from tests.support.tokens import CLIENT, LTI, PUBLIC, claims

SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"


def read(**changes):
    return read_launch(claims(**changes), client_id=CLIENT)


def test_reads_what_a_full_launch_says():
    migration = Migration("key", "7", None, proven=True)
    given = claims(
        name="Kari Nordmann",
        email="kari@example.no",
        custom={"placed": "plan:", "number": 7, "list": []},
        launch_presentation={"locale": "nn-NO", "return_url": "https://lms.example.no/back", "document_target": "iframe"},
        **{
            ENDPOINT: {"lineitems": "https://lms.example.no/items?type=1", "lineitem": "", "scope": ["score"]},
            MEMBERS: {"context_memberships_url": "https://lms.example.no/members"},
            GROUPS: {"context_groups_url": "https://lms.example.no/groups"},
        },
    )
    launch = read_launch(given, client_id=CLIENT, migration=migration)
    assert launch.course == Course("course-1", "LIS1", None)
    assert launch.resource_link == ResourceLink("link-1", "Smittevern")
    assert launch.custom == {"placed": "plan:", "number": "7"}
    assert (launch.name, launch.email, launch.locale) == ("Kari Nordmann", "kari@example.no", "nn-NO")
    assert (launch.return_url, launch.document_target) == ("https://lms.example.no/back", "iframe")
    assert launch.grades == Grades("https://lms.example.no/items?type=1", None, ("score",))
    assert (launch.memberships_url, launch.groups_url) == ("https://lms.example.no/members", "https://lms.example.no/groups")
    assert launch.migration == migration


def test_reads_a_launch_when_the_platform_says_as_little_as_it_may():
    launch = read(sub=None, roles=None, resource_link=None, context={"id": ""}, launch_presentation="odd", custom=None)
    assert (launch.subject, launch.roles, launch.resource_link, launch.course) == (None, (), None, None)
    assert (launch.name, launch.grades, launch.deep_linking, launch.locale) == (None, None, None, None)


def test_joins_the_parts_of_a_name_when_the_whole_is_missing():
    assert read(given_name="Kari", family_name="Nordmann").name == "Kari Nordmann"
    assert read(name=" ", family_name="Nordmann").name == "Nordmann"


def test_takes_ids_that_are_numbers_and_roles_that_are_one_text():
    launch = read(sub=42, context={"id": 3}, roles="Instructor,Learner")
    assert (launch.subject, launch.course.id, len(launch.roles)) == ("42", "3", 2)


@pytest.mark.parametrize("wrong", ["x" * 256, "a\x00b"])
def test_refuses_an_id_that_can_not_be_kept(wrong):
    with pytest.raises(LaunchRefused) as caught:
        read(sub=wrong)
    assert (caught.value.step, caught.value.field) == (Step.MESSAGE, "sub")


def test_reads_what_a_platform_takes_back_by_deep_linking():
    said = {
        "deep_link_return_url": "https://lms.example.no/back",
        "accept_types": ["ltiResourceLink", 7],
        "accept_presentation_document_targets": "iframe,window",
        "accept_multiple": "True",
        "accept_lineitem": False,
        "data": "",
    }
    launch = read(message_type="LtiDeepLinkingRequest", target_link_uri=None, **{SETTINGS: said})
    assert launch.message_type is MessageType.DEEP_LINKING
    assert launch.target_link_uri == ""
    assert launch.deep_linking == DeepLinkingSettings(
        return_url="https://lms.example.no/back",
        accept_types=("ltiResourceLink",),
        accept_targets=("iframe", "window"),
        accept_multiple=True,
        accept_lineitem=False,
        data="",
    )


def test_takes_one_item_with_a_line_item_when_the_platform_does_not_say():
    launch = read(message_type="LtiDeepLinkingRequest", **{SETTINGS: {"deep_link_return_url": PUBLIC, "accept_multiple": 1}})
    assert (launch.deep_linking.accept_multiple, launch.deep_linking.accept_lineitem, launch.deep_linking.data) == (
        False,
        True,
        None,
    )


def test_reads_whose_work_is_reviewed():
    assert read(message_type="LtiSubmissionReviewRequest", for_user={"user_id": "9"}).for_subject == "9"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"message_type": "LtiDeepLinkingRequest"}, f"{SETTINGS}.deep_link_return_url"),
        ({"message_type": "LtiSubmissionReviewRequest"}, f"{LTI}for_user.user_id"),
        ({"message_type": None}, f"{LTI}message_type"),
        (
            {"message_type": "LtiDeepLinkingRequest", SETTINGS: {"deep_link_return_url": "javascript:alert(1)"}},
            f"{SETTINGS}.deep_link_return_url",
        ),
        ({"message_type": ["x"]}, f"{LTI}message_type"),
        ({"target_link_uri": " "}, f"{LTI}target_link_uri"),
    ],
)
def test_refuses_a_message_that_lacks_what_its_kind_needs(changes, field):
    with pytest.raises(LaunchRefused) as caught:
        read(**changes)
    assert caught.value.field == field

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import UpstreamFailed
from lrs_bridge.lti.advantage.groups import Group, parse_groups
from lrs_bridge.lti.advantage.members import Member, members_url, parse_members
from lrs_bridge.lti.launch.roles import LEARNER

CUSTOM = "https://purl.imsglobal.org/spec/lti/claim/custom"
ROLES = "https://purl.imsglobal.org/spec/lti/claim/roles"


def parse(*members, **more):
    return parse_members(json.dumps({"context": {"id": "c1", "title": "Kurs"}, "members": members} | more).encode())


def test_asks_for_a_role_a_link_and_a_page():
    url = members_url("https://a.example/m?x=1", role="Learner", resource_link_id="rl 1", limit=50)
    assert url == "https://a.example/m?x=1&role=Learner&rlid=rl+1&limit=50"
    assert members_url("https://a.example/m") == "https://a.example/m"


def test_reads_members_whose_roles_are_written_in_any_way():
    page = parse(
        {"user_id": "1", "roles": ["Learner"], "name": "Kari", "email": "k@example.no"},
        {"user_id": 2, "roles": [LEARNER], "status": "Inactive", "given_name": "Ola", "family_name": "Øst"},
        {"user_id": "3", "roles": ["urn:lti:role:ims/lis/Learner"], "status": "Deleted", "name": ""},
    )
    assert (page.course_id, page.course_title) == ("c1", "Kurs")
    first, second, third = page.members
    assert first == Member("1", (LEARNER,), is_active=True, name="Kari", email="k@example.no")
    assert (second.subject, second.name, second.is_active, second.roles) == ("2", "Ola Øst", False, (LEARNER,))
    assert (third.name, third.is_active) == (None, False)


def test_reads_the_message_of_a_resource_link():
    message = {CUSTOM: {"a": 1}, ROLES: ["Learner"]}
    for written in ([message], message, ["odd", message]):
        (member,) = parse({"user_id": "1", "message": written}).members
        assert (member.custom, member.roles) == ({"a": "1"}, (LEARNER,))
    (member,) = parse({"user_id": "1", "roles": "Learner", "message": ["odd"], "name": "a\n"}).members
    assert (member.custom, member.roles) == ({}, ())


def test_reads_the_groups_of_a_member():
    (member,) = parse({"user_id": "1", "group_enrollments": [{"group_id": "g1"}, {"group_id": None}, "odd"]}).members
    assert member.group_ids == ("g1",)
    (member,) = parse({"user_id": "1", "group_enrollments": {}}).members
    assert member.group_ids == ()


def test_leaves_out_members_without_an_id():
    assert parse({"roles": []}, {"user_id": True}, {"user_id": ""}, 7).members == ()
    assert parse(context=None).course_id is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"members": 1}', b"[" * 100_000])
def test_says_when_it_is_no_list_of_members(content):
    with pytest.raises(UpstreamFailed):
        parse_members(content)
    with pytest.raises(UpstreamFailed):
        parse_groups(content)


def test_reads_groups():
    content = b'{"id": "x", "groups": [{"id": "g1", "name": "A", "set_id": 5}, {"id": 2}, {"name": "no id"}, "odd"]}'
    assert parse_groups(content) == [Group("g1", "A", "5"), Group("2", "2")]


@given(
    st.dictionaries(
        st.sampled_from(["user_id", "roles", "message", "group_enrollments", "status", "name"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()), st.dictionaries(st.text(), st.text())),
    )
)
def test_reads_any_member(member):  # fmt: skip
    assert len(parse(member).members) <= 1

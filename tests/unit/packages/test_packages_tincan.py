"""Tin Can packages: what is launched, and what it is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.packages.notice import Refused
from lrs_bridge.packages.tincan import TincanActivity, parse_tincan
from tests.support.packages import billion_laughs, storyline_tincan, tincan_xml, xxe_manifest

FILES = {"index_lms.html": 1, "a b.html": 1}
COURSE = "http://adlnet.gov/expapi/activities/course"


def parse(text):
    return parse_tincan(text.encode(), FILES)


def refusal(text):
    with pytest.raises(Refused) as caught:
        parse(text)
    return caught.value


def test_reads_what_storyline_writes():
    package = storyline_tincan(title="Håndhygiene")
    course = parse_tincan(package["tincan.xml"].encode(), dict.fromkeys(package, 1))
    activity = TincanActivity("urn:articulate:storyline:5bf7UNdh4tm", COURSE, "Håndhygiene", "Om Håndhygiene", "index_lms.html")
    assert course.activities == (activity,)
    assert course.launchable == activity
    assert course.notices == ()


@pytest.mark.parametrize(
    ("launch", "url"),
    [
        ("index_lms.html?a=1", "index_lms.html?a=1"),
        (" a%20b.html ", "a%20b.html"),
        ("a b.html", "a%20b.html"),
        ("https://courses.example/a b", "https://courses.example/a%20b"),
    ],
)
def test_makes_the_address_of_what_is_launched(launch, url):
    assert parse(tincan_xml(launch=launch)).launchable.launch == url


def test_plays_the_first_activity_that_can_be_launched():
    second = '<activity id="urn:b" type="no iri"><name lang="und">B</name><launch/><launch>index_lms.html</launch></activity>'
    course = parse(tincan_xml(launch=None, inside=second))
    assert [each.launch for each in course.activities] == [None, "index_lms.html"]
    assert course.launchable == TincanActivity("urn:b", None, "B", None, "index_lms.html")


@pytest.mark.parametrize("name", ["", "<name> </name>", "<name/>"])
def test_names_an_activity_without_a_name_by_its_id(name):
    text = f'<tincan><activities><activity id="urn:a">{name}<launch>index_lms.html</launch></activity></activities></tincan>'
    course = parse(text)
    assert course.launchable.name == "urn:a"
    assert [each.code for each in course.notices] == ["missing_title"]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("<tincan>", "not_xml", 1),
        ("", "not_xml", None),
        (xxe_manifest(), "doctype", 1),
        (billion_laughs(), "not_xml", None),
        ("<manifest/>", "wrong_root", 1),
        ("<tincan/>", "nothing_to_launch", 1),
        ("<tincan><activities/></tincan>", "nothing_to_launch", 1),
        (tincan_xml(launch=None), "nothing_to_launch", 2),
        (tincan_xml(launch="gone.html"), "missing_launch_file", 2),
        (tincan_xml(launch="../index_lms.html"), "missing_launch_file", 2),
        (tincan_xml(launch="javascript:alert(1)"), "missing_launch_file", 2),
        (tincan_xml("kurs"), "bad_id", 2),
        (tincan_xml(""), "bad_id", 2),
        (tincan_xml("urn:a b"), "bad_id", 2),
        (tincan_xml("urn:b", inside='<activity id="urn:b"/>'), "duplicate_identifier", 2),
    ],
)
def test_refuses_what_can_not_be_played(text, code, line):
    refused = refusal(text)
    assert refused.problems[0].code == code
    assert refused.problems[0].file == "tincan.xml"
    assert line is None or refused.problems[0].line == line
    assert refused.rule


@given(st.integers(0, len(tincan_xml()) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_raises_nothing_but_our_errors_for_mutated_input(at, put, cut):
    content = tincan_xml().encode()
    try:
        course = parse_tincan(content[:at] + put + content[at + cut :], FILES)
    except LrsBridgeError as error:
        assert error.message  # noqa: PT017 either comes out
    else:
        assert course.launchable.launch

"""A package's structure, line by line."""

import msgspec
import pytest

from lrs_bridge.cmi5.structure import parse_course_structure
from lrs_bridge.hosting.outline import Line, outline_of, text_of
from lrs_bridge.packages.tincan import parse_tincan
from lrs_bridge.scorm.manifest.parsing import parse_manifest
from tests.support import cmi5
from tests.support.packages import item_xml, manifest_xml, resource_xml, tincan_xml


def scorm(items, resources=""):
    listed = resource_xml(spelling="scormtype") + resources
    content = manifest_xml(items=items, resources=listed).encode()
    return parse_manifest(content, files={"index.html": 1, "page.html": 1}, read=lambda *_: b"")


def test_shows_the_items_of_a_manifest_with_depth_kind_and_rules():
    inside = "<adlcp:masteryscore>80</adlcp:masteryscore><adlcp:maxtimeallowed>00:30:00</adlcp:maxtimeallowed>"
    chapter = item_xml("c1", "Kapittel", inside=item_xml("i1", "Leksjon", "r1", inside=inside) + item_xml("i2", "Side", "r2"))
    found = outline_of(scorm(chapter, resource_xml("r2", "page.html", "asset", spelling="scormtype")))
    assert found == (
        Line(0, "Kapittel", "cluster"),
        Line(1, "Leksjon", "sco", (("mastery_score", "80.0"), ("max_time_allowed", "00:30:00"))),
        Line(1, "Side", "asset"),
    )


def test_shows_blocks_and_units_of_a_cmi5_course():
    unit = cmi5.au("b", attributes='moveOn="Passed" masteryScore="0.8" launchMethod="OwnWindow"')
    content = cmi5.course(cmi5.au("a"), cmi5.block("blokk", unit))
    found = outline_of(parse_course_structure(content, files=cmi5.FILES).structure)
    assert [(line.depth, line.title, line.kind) for line in found] == [(0, "a", "au"), (0, "blokk", "block"), (1, "b", "au")]
    assert dict(found[2].rules) == {"moveOn": "Passed", "masteryScore": "0.8", "launchMethod": "OwnWindow"}
    assert "masteryScore" not in dict(found[0].rules)


def test_shows_the_activities_of_a_tin_can_course():
    more = '<activity id="urn:x:1"><name>Del</name></activity>'
    found = outline_of(parse_tincan(tincan_xml(title="Kurs", launch="a.html", inside=more).encode(), files={"a.html": 1}))
    assert found == (Line(0, "Kurs", "http://adlnet.gov/expapi/activities/course"), Line(0, "Del", "activity"))


def test_knows_no_other_structures():
    class Other(msgspec.Struct):
        pass

    with pytest.raises(TypeError):
        outline_of(Other())


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ({"en-US": "Course", "nb": "Kurs"}, "Kurs"),
        ({"de": "Kursus", "en-US": "Course"}, "Course"),
        ({"nn-NO": "Kurset", "NB-no": "Kurs"}, "Kurs"),
        ({"de": "Kursus", "fr": "Cours"}, "Kursus"),
        ({"": "Kurs"}, "Kurs"),
        ({}, ""),
    ],
)
def test_takes_the_language_that_readers_here_are_likeliest_to_read(texts, found):
    assert text_of(texts) == found

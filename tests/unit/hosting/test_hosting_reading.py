"""What an uploaded file turns out to be."""

import io
from functools import partial

import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.hosting.reading import LONGEST_TITLE, read_package
from lrs_bridge.packages.archive import Limits
from lrs_bridge.packages.recognise import Kind
from tests.support import packages
from tests.support.packages import COURSE_JS, cmi5_xml, manifest_xml, single_sco, zipped


def read(content, **limits):
    return read_package(io.BytesIO(zipped(content) if isinstance(content, dict) else content), Limits(**limits))


@pytest.mark.parametrize(
    ("content", "kind", "edition", "iris"),
    [
        (single_sco("1.2"), Kind.SCORM, "SCORM 1.2", ()),
        (single_sco("2nd"), Kind.SCORM, "SCORM 2004 2nd Edition", ()),
        (single_sco("3rd"), Kind.SCORM, "SCORM 2004 3rd Edition", ()),
        (single_sco("4th"), Kind.SCORM, "SCORM 2004 4th Edition", ()),
        ({"cmi5.xml": cmi5_xml(), "index.html": ""}, Kind.CMI5, "cmi5", ("https://lrs-bridge.example/kurs/1",)),
        (packages.storyline_tincan(title="Kurs"), Kind.TINCAN, "Tin Can (xAPI)", ("urn:articulate:storyline:5bf7UNdh4tm",)),
    ],
)
def test_reads_every_kind(content, kind, edition, iris):
    found = read(content)
    assert (found.kind, found.edition, found.title, found.publisher_iris) == (kind, edition, "Kurs", iris)
    assert set(found.archive.files) == set(content)


@pytest.mark.parametrize("before", ["", "\ufeff", " \n"])
def test_reads_a_course_structure_that_was_sent_alone(before):
    xml = cmi5_xml(url="https://cdn.example.no/kurs/index.html")
    xml = xml.partition("?>")[2] if before.isspace() else xml  # a declaration must come first
    found = read((before + xml).encode())
    assert (found.kind, found.archive, found.tool) == (Kind.CMI5, None, None)


def test_names_the_tool_that_made_it():
    assert read(packages.rise()).tool.name == "Articulate Rise 360"
    assert read(single_sco()).tool is None


def test_reads_from_the_beginning_whatever_was_read_before():
    file = io.BytesIO(zipped(single_sco()))
    file.seek(100)
    assert read_package(file, Limits()).kind is Kind.SCORM


def test_shortens_titles_that_are_too_long_to_keep():
    found = read({"cmi5.xml": cmi5_xml(title=" " + "x" * 400), "index.html": ""})
    assert found.title == "x" * LONGEST_TITLE


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"not a package at all", "zip"),
        ({"index.html": "x"}, "imsmanifest.xml"),
        ({"kurs/imsmanifest.xml": manifest_xml(), "kurs/index.html": "x"}, "kurs"),
        ({"imsmanifest.xml": "<manifest", "index.html": "x"}, "imsmanifest.xml:1"),
        ({"imsmanifest.xml": packages.xxe_manifest(), "index.html": "x", "course.js": COURSE_JS}, "imsmanifest.xml"),
        ({"imsmanifest.xml": manifest_xml(), "course.js": ""}, "index.html"),
        (b"<courseStructure/>", "cmi5.xml"),
    ],
)
def test_refuses_what_can_not_be_played_in_words_that_name_the_place(content, told):
    with pytest.raises(Invalid) as refused:
        read(content)
    assert told in f"{refused.value.field} {refused.value.message}"
    assert refused.value.field
    assert refused.value.rule


@pytest.mark.parametrize("content", [single_sco(), cmi5_xml().encode()])
def test_refuses_manifests_of_any_length(content):
    with pytest.raises(Invalid) as refused:
        partial(read, content)(most_markup_bytes=100)
    assert refused.value.rule

"""Which kind of course a package is."""

import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.packages.recognise import Kind, is_bare_course_structure, recognise


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (["imsmanifest.xml", "index.html"], Kind.SCORM),
        (["cmi5.xml", "index.html"], Kind.CMI5),
        (["tincan.xml", "index.html"], Kind.TINCAN),
        (["cmi5.xml", "tincan.xml"], Kind.CMI5),
        (["imsmanifest.xml", "tincan.xml"], Kind.SCORM),
        (["cmi5.xml", "imsmanifest.xml"], Kind.CMI5),
        (["imsmanifest.xml", "old/cmi5.xml", "h5p.json", "a.crs"], Kind.SCORM),
    ],
)
def test_recognises_packages_by_their_entry_file(files, kind):
    assert recognise(files) is kind


@pytest.mark.parametrize(
    ("files", "said", "field"),
    [
        (
            ["kurs/imsmanifest.xml"],
            "imsmanifest.xml lies in the folder “kurs”; zip the contents of the folder",
            "kurs/imsmanifest.xml",
        ),
        (["kurs/b/imsmanifest.xml", "kurs/imsmanifest.xml"], "in the folder “kurs”", "kurs/imsmanifest.xml"),
        (["kurs/tincan.xml", "kurs/cmi5.xml"], "cmi5.xml lies in the folder “kurs”", "kurs/cmi5.xml"),
        (["IMSManifest.xml"], "IMSManifest.xml must be called imsmanifest.xml, in small letters", "IMSManifest.xml"),
        (["B.AU", "A.CRS", "b.des", "b.cst"], "A.CRS is AICC's", "A.CRS"),
        (["moodle.cst"], "moodle.cst is AICC's", "moodle.cst"),
        (["kurs.zip"], "a zip file in a zip file", "kurs.zip"),
        (["h5p.json", "content/content.json"], "this is an H5P file", "h5p.json"),
        (["story.html", "index.html"], "published for the web", "story.html"),
        (["index.html", "other.zip"], "published for the web", "index.html"),
        (["test.htm"], "there is no imsmanifest.xml, cmi5.xml or tincan.xml", "package"),
        ([], "there is no imsmanifest.xml, cmi5.xml or tincan.xml", "package"),
    ],
)
def test_says_what_is_to_be_done_about_other_packages(files, said, field):
    with pytest.raises(Invalid) as caught:
        recognise(files)
    assert said in caught.value.message
    assert caught.value.field == field
    assert caught.value.rule


@pytest.mark.parametrize(
    ("beginning", "is_bare"),
    [
        (b"<?xml version", True),
        (b"\n <courseStructure", True),
        (b"\xef\xbb\xbf<?xml", True),
        ("\ufeff<?xml".encode("utf-16-le"), True),
        ("\ufeff<?xml".encode("utf-16-be"), True),
        (b"PK\x03\x04", False),
        (b"", False),
        (b"plain", False),
    ],
)
def test_tells_a_bare_course_structure_from_a_zip_file(beginning, is_bare):
    assert is_bare_course_structure(beginning) is is_bare

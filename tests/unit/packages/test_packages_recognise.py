"""Which kind of course a package is."""

import pytest

from lrs_bridge.packages.notice import Code, Refused
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
    ("files", "said", "field", "code"),
    [
        (
            ["kurs/imsmanifest.xml"],
            "imsmanifest.xml lies in the folder “kurs”; zip the contents of the folder",
            "kurs/imsmanifest.xml",
            Code.IN_FOLDER,
        ),
        (["kurs/b/imsmanifest.xml", "kurs/imsmanifest.xml"], "in the folder “kurs”", "kurs/imsmanifest.xml", Code.IN_FOLDER),
        (["kurs/tincan.xml", "kurs/cmi5.xml"], "cmi5.xml lies in the folder “kurs”", "kurs/cmi5.xml", Code.IN_FOLDER),
        (
            ["IMSManifest.xml"],
            "IMSManifest.xml must be called imsmanifest.xml, in small letters",
            "IMSManifest.xml",
            Code.MISNAMED,
        ),
        (["B.AU", "A.CRS", "b.des", "b.cst"], "A.CRS is AICC's", "A.CRS", Code.AICC),
        (["moodle.cst"], "moodle.cst is AICC's", "moodle.cst", Code.AICC),
        (["kurs.zip"], "a zip file in a zip file", "kurs.zip", Code.ZIP_IN_ZIP),
        (["h5p.json", "content/content.json"], "this is an H5P file", "h5p.json", Code.H5P),
        (["story.html", "index.html"], "published for the web", "story.html", Code.FOR_THE_WEB),
        (["index.html", "other.zip"], "published for the web", "index.html", Code.FOR_THE_WEB),
        (["test.htm"], "there is no imsmanifest.xml, cmi5.xml or tincan.xml", "package", Code.NO_ENTRY_FILE),
        ([], "there is no imsmanifest.xml, cmi5.xml or tincan.xml", "package", Code.NO_ENTRY_FILE),
    ],
)
def test_says_what_is_to_be_done_about_other_packages(files, said, field, code):
    with pytest.raises(Refused) as caught:
        recognise(files)
    assert said in caught.value.message
    assert (caught.value.field, caught.value.problems[0].code) == (field, code)
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

"""Authoring tools, recognised from packages in their shape."""

import io
import json

import pytest

from lrs_bridge.errors import Invalid, NotFound
from lrs_bridge.packages.archive import open_archive
from lrs_bridge.packages.recognise import Kind, recognise
from lrs_bridge.packages.tool import recognise_tool
from lrs_bridge.scorm.manifest.model import Version
from lrs_bridge.scorm.manifest.parsing import parse_manifest
from tests.support.packages import (
    TOOLS,
    adapt,
    attacking,
    captivate,
    h5p,
    ispring,
    kursbyggeren,
    rise,
    several_scos,
    single_sco,
    storyline,
    storyline_cmi5,
    storyline_tincan,
    zipped,
)


def tool_of(files):
    def read(path, most):
        content = files[path]
        return (content.encode() if isinstance(content, str) else content)[:most]

    return recognise_tool(files, read)


def codes(tool):
    return [each.code for each in tool.advice]


@pytest.mark.parametrize(
    ("package", "name", "version", "advice"),
    [
        (rise(), "Articulate Rise 360", None, ["commits_on_leaving", "long_suspend_data"]),
        (rise("3rd"), "Articulate Rise 360", None, ["commits_on_leaving", "long_suspend_data"]),
        (storyline(), "Articulate Storyline 360", "3.57.26476.0", ["unknown_success", "long_suspend_data", "old_xapi"]),
        (storyline_tincan(), "Articulate Storyline 360", "3.57.26476.0", ["unknown_success", "long_suspend_data", "old_xapi"]),
        (storyline_cmi5(), "Articulate Storyline 360", "3.57.26476.0", ["unknown_success", "long_suspend_data", "old_xapi"]),
        (captivate(), "Adobe Captivate", "11.5.5", ["commits_on_leaving", "long_suspend_data"]),
        (ispring(), "iSpring Suite", "11.3.2", ["early_failed", "long_suspend_data"]),
        (adapt(), "Adapt", "5.31.2", ["ends_more_than_once"]),
        (h5p(), "H5P", "QuestionSet 1.20", ["wrapped"]),
        (kursbyggeren(), "Kursbyggeren", None, ["content_elsewhere"]),
    ],
)
def test_recognises_tools(package, name, version, advice):
    tool = tool_of(package)
    assert (tool.name, tool.version, codes(tool)) == (name, version, advice)
    assert all(each.message for each in tool.advice)


@pytest.mark.parametrize("builder", TOOLS.values(), ids=TOOLS)
@pytest.mark.parametrize("version", ["1.2", "2nd", "3rd", "4th"])
def test_imports_what_tools_export(builder, version):
    archive = open_archive(io.BytesIO(zipped(builder(version))))
    manifest = parse_manifest(archive.read("imsmanifest.xml", 10**6), files=archive.files, read=archive.read)
    assert recognise(archive.files) is Kind.SCORM
    assert recognise_tool(archive.files, archive.beginning) is not None
    assert (manifest.version, manifest.edition) == ((Version.V1_2, None) if version == "1.2" else (Version.V2004, version))
    assert manifest.organization.launchable[0].href in archive.files
    assert manifest.notices == ()


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"lib/main.bundle.js": "", "lib/lzwcompress.js": "", "index.html": "", "cmi5.xml": ""}, "Articulate Rise 360"),
        ({"story.html": "", "story_content/a.js": ""}, "Articulate Storyline 360"),
        ({"project.txt": '{"metadata":{"generator":"Captivate","author":"x","generatorVersion":"12.1"}}'}, "Adobe Captivate"),
        ({"index.html": "", "imsmanifest.xml": '<manifest identifier="ISPRING-1"/>'}, "iSpring Suite"),
        ({"data/ispring.js": ""}, "iSpring Suite"),
        ({"adapt/js/adapt.js": ""}, "Adapt"),
        ({"index.html": "<script>location.href = 'https://courses.example/1'</script>"}, "Hosted player"),
        ({"launch.htm": '<IFRAME width=1 SRC="https://courses.example/1">'}, "Hosted player"),
        ({"index.html": '<meta http-equiv="refresh" content="0; url=https://courses.example/1">'}, "Hosted player"),
    ],
)
def test_recognises_other_shapes(files, name):
    assert tool_of(files).name == name


@pytest.mark.parametrize(
    "files",
    [
        single_sco(),
        several_scos(),
        attacking(),
        {},
        {"story.html": ""},
        {"lib/main.bundle.js": ""},
        {"project.txt": "captivate"},
        {"index.html": "https://courses.example/"},
        {"index.html": '<iframe src="https://www.youtube.com/embed/1"></iframe><iframe src="https://player.vimeo.com/video/1">'},
        {"index.html": "course.html?tracking=1"},
        {"imsmanifest.xml": '<manifest xsi:schemaLocation="http://www.imsproject.org/xsd/imscp_rootv1p1p2 imscp.xsd"/>'},
        {"index.html": '<iframe src="https://courses.example/1">'} | {f"{number}.js": "" for number in range(40)},
        {"index.html": "startcourseid=7"} | {f"{number}.js": "" for number in range(40)},
    ],
)
def test_recognises_nothing_in_other_packages(files):
    assert tool_of(files) is None


@pytest.mark.parametrize(
    "described",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"mainLibrary": "H5P.A", "preloadedDependencies": []}',
        '{"mainLibrary": "H5P.A", "preloadedDependencies": [{"machineName": "H5P.A"}]}',
        '{"mainLibrary": "H5P.A", "preloadedDependencies": 5}',
        "[" * 100_000,
    ],
)
def test_knows_no_version_where_none_can_be_read(described):
    assert tool_of({"content/h5p.json": described}).version is None


def test_makes_versions_plain():
    main = {"machineName": "H5P.<b>\n", "majorVersion": "1" * 99, "minorVersion": 2}
    described = {"mainLibrary": "H5P.<b>\n", "preloadedDependencies": [main]}
    version = tool_of({"h5p.json": json.dumps(described)}).version
    assert version.startswith("<b> 111")
    assert len(version) == 60


@pytest.mark.parametrize("error", [Invalid("damaged"), NotFound("gone")])
def test_files_that_can_not_be_read_tell_nothing(error):
    def read(_path, _most):
        raise error

    assert recognise_tool(["story.html", "meta.xml"], read).version is None
    assert recognise_tool(["index.html"], read) is None


def test_reads_no_more_than_the_beginning_of_files():
    asked = []

    def read(path, most):
        asked.append(most)
        return b"\xff\xfe ispring"

    assert recognise_tool(["INDEX.html"], read).name == "iSpring Suite"
    assert set(asked) == {64 * 1024}

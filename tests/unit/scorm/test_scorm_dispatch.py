"""The package for other learning systems: valid by our own reading, in the order of the XSDs, the same each time."""

import io
import json
import re
import zipfile
from dataclasses import replace
from uuid import UUID

import pytest
from lxml import etree

from lrs_bridge.errors import Invalid
from lrs_bridge.packages.archive import open_archive
from lrs_bridge.packages.recognise import Kind, recognise
from lrs_bridge.scorm.dispatch.package import Destination, Edition, Texts, dispatch_package, manifest_of, page_of
from lrs_bridge.scorm.manifest.model import ItemKind, Version
from lrs_bridge.scorm.manifest.parsing import parse_manifest

DESTINATION = Destination(
    id=UUID("0b54ab9c-6a1d-4a43-8b0c-d9a5f8a1c2e3"),
    title="Smittevern & hygiene <2026>",
    url="https://lrs.example.no/dispatch/0b54ab9c",
    token="s3cret</script>",
)


def settings_of(page):
    return json.loads(re.search(rb'<script type="application/json" id="settings">(.*?)</script>', page)[1])


def names(element):
    return [etree.QName(child).localname for child in element]


@pytest.mark.parametrize(
    ("edition", "version", "known_as"),
    [
        (Edition.V1_2, Version.V1_2, None),
        (Edition.SECOND, Version.V2004, "2nd"),
        (Edition.THIRD, Version.V2004, "3rd"),
        (Edition.FOURTH, Version.V2004, "4th"),
    ],
)
def test_is_a_package_that_we_would_import_ourselves(edition, version, known_as):
    archive = open_archive(io.BytesIO(dispatch_package(DESTINATION, edition)))
    manifest = parse_manifest(archive.read("imsmanifest.xml", 100_000), files=archive.files)
    assert recognise(archive.files) is Kind.SCORM
    assert (manifest.version, manifest.edition, manifest.title) == (version, known_as, DESTINATION.title)
    assert manifest.notices == ()
    assert sorted(archive.files) == ["dispatch.js", "imsmanifest.xml", "index.html"]
    (item,) = manifest.organization.items
    assert (item.kind, item.href, item.title) == (ItemKind.SCO, "index.html", DESTINATION.title)


def test_has_its_elements_in_the_order_of_the_xsds():
    root = etree.fromstring(manifest_of(DESTINATION, Edition.FOURTH))
    metadata, organizations, resources = root
    (organization,) = organizations
    assert (names(root), names(metadata)) == (["metadata", "organizations", "resources"], ["schema", "schemaversion"])
    assert (names(organization), names(organization[1])) == (["title", "item"], ["title", "sequencing"])
    assert names(resources[0]) == ["file", "file"]


@pytest.mark.parametrize(
    ("edition", "ims", "attribute"),
    [
        (Edition.V1_2, "http://www.imsproject.org/xsd/imscp_rootv1p1p2", "{http://www.adlnet.org/xsd/adlcp_rootv1p2}scormtype"),
        (Edition.THIRD, "http://www.imsglobal.org/xsd/imscp_v1p1", "{http://www.adlnet.org/xsd/adlcp_v1p3}scormType"),
    ],
)
def test_speaks_the_namespaces_of_its_edition(edition, ims, attribute):
    root = etree.fromstring(manifest_of(DESTINATION, edition))
    assert root.nsmap[None] == ims
    assert root.find(f".//{{{ims}}}resource").get(attribute) == "sco"


def test_leaves_status_to_the_course_in_2004():
    manifest = parse_manifest(manifest_of(DESTINATION, Edition.FOURTH), files={"index.html": 1, "dispatch.js": 1})
    controls = manifest.organization.items[0].sequencing.delivery_controls
    assert (controls.completion_set_by_content, controls.objective_set_by_content) == (True, True)


def test_is_the_same_each_time_and_tells_nothing_of_when_and_where():
    first, second = (dispatch_package(DESTINATION, Edition.V1_2) for _ in range(2))
    entries = zipfile.ZipFile(io.BytesIO(first)).infolist()
    assert first == second
    assert {(entry.date_time, entry.create_system, entry.external_attr) for entry in entries} == {
        ((1980, 1, 1, 0, 0, 0), 3, 0o644 << 16)
    }


@pytest.mark.parametrize(
    ("edition", "hides", "version", "salt"),
    [(Edition.V1_2, False, "1.2", ""), (Edition.SECOND, True, "2004", str(DESTINATION.id)), (Edition.FOURTH, False, "2004", "")],
)
def test_tells_its_script_all_that_it_has_to_know(edition, hides, version, salt):
    page = page_of(replace(DESTINATION, hides_learners=hides, texts=Texts(ended="Ferdig")), edition)
    settings = settings_of(page)
    texts = settings.pop("texts")
    assert settings == {"version": version, "url": DESTINATION.url, "token": DESTINATION.token, "salt": salt}
    assert texts["ended"] == "Ferdig"


def test_shows_titles_and_texts_as_text_and_nothing_else():
    texts = Texts(again="<b>", new_window='"', no_script="&")
    page = page_of(
        replace(DESTINATION, title="<script>$token</script>\x00", language='nb" x="', texts=texts), Edition.V1_2
    ).decode()
    assert "<title>&lt;script&gt;$token&lt;/script&gt;</title>" in page
    assert '<html lang="nb&quot; x=&quot;">' in page
    assert "hidden>&lt;b&gt;</button>" in page
    assert page.count("<script") == page.count("</script>") == 2


def test_cuts_a_title_that_no_learning_system_would_take():
    title = "\x00\x0b\ufffe" + "å" * 300
    manifest = parse_manifest(
        manifest_of(replace(DESTINATION, title=title), Edition.V1_2), files={"index.html": 1, "dispatch.js": 1}
    )
    assert manifest.title == "å" * 200


@pytest.mark.parametrize(
    "url", ["", "/dispatch", "ftp://lrs.example.no/", "javascript:alert(1)", "https:///x", "//lrs.example.no/x"]
)
def test_refuses_a_destination_without_an_address(url):
    with pytest.raises(Invalid) as raised:
        dispatch_package(replace(DESTINATION, url=url), Edition.V1_2)
    assert raised.value.field == "url"

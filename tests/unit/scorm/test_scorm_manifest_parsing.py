"""Manifests as a whole: versions, organizations, metadata, and what keeps one from being played."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.packages.notice import Refused
from lrs_bridge.scorm.manifest.model import ItemKind, Manifest, Version
from lrs_bridge.scorm.manifest.parsing import parse_manifest
from tests.support.packages import (
    billion_laughs,
    item_xml,
    manifest_xml,
    resource_xml,
    scripted_titles,
    several_scos,
    single_sco,
    xxe_manifest,
)

FILES = {"imsmanifest.xml": 1, "index.html": 1}


def parse(text, files=FILES, read=None):
    content = text if isinstance(text, bytes) else text.encode()
    return parse_manifest(content, files=dict.fromkeys(files, 1), read=read)


def refusal(text, files=FILES):
    with pytest.raises(Refused) as caught:
        parse(text, files)
    return caught.value


def codes(manifest):
    return [each.code for each in manifest.notices]


@pytest.mark.parametrize("version", ["1.2", "2nd", "3rd", "4th"])
def test_reads_a_plain_package(version):
    package = single_sco(version, title="Håndhygiene")
    manifest = parse(package["imsmanifest.xml"], package)
    assert (manifest.version, manifest.edition) == ((Version.V1_2, None) if version == "1.2" else (Version.V2004, version))
    assert (manifest.identifier, manifest.title, manifest.default) == ("m1", "Håndhygiene", "o1")
    assert manifest.files == ("course.js", "index.html")
    assert manifest.notices == ()
    (item,) = manifest.organization.items
    assert (item.identifier, item.title, item.kind, item.href, item.resource) == (
        "i1",
        "Håndhygiene",
        ItemKind.SCO,
        "index.html",
        "r1",
    )
    assert item.is_visible


def test_is_written_as_json_and_read_again():
    package = several_scos("4th", organization="<imsss:sequencing><imsss:controlMode flow='true'/></imsss:sequencing>")
    manifest = parse(package["imsmanifest.xml"], package)
    assert msgspec.json.decode(msgspec.json.encode(manifest), type=Manifest) == manifest
    assert manifest.organization.sequencing.control_mode.flow


def metadata(schemaversion=None, schema="ADL SCORM", more=""):
    version = f"<schemaversion>{schemaversion}</schemaversion>" if schemaversion is not None else ""
    return f"<metadata><schema>{schema}</schema>{version}{more}</metadata>"


@pytest.mark.parametrize(
    ("written", "version", "edition"),
    [
        ("1.2", "1.2", None),
        (" 1.2 ", "1.2", None),
        ("SCORM 1.2", "1.2", None),
        ("CAM 1.3", "2004", "2nd"),
        ("1.3", "2004", "2nd"),
        ("2004 2nd Edition", "2004", "2nd"),
        ("2004 3rd Edition", "2004", "3rd"),
        ("2004 3RD edition", "2004", "3rd"),
        ("2004 4th Edition", "2004", "4th"),
    ],
)
def test_goes_by_the_schema_version(written, version, edition):
    for namespaces in ("1.2", "4th"):
        manifest = parse(manifest_xml(namespaces, metadata=metadata(written)))
        assert (manifest.version, manifest.edition) == (version, edition)
        assert manifest.notices == ()


@pytest.mark.parametrize(("written", "code"), [(None, "missing_version"), ("", "missing_version"), ("2005", "unknown_version")])
def test_goes_by_the_namespaces_where_the_schema_version_says_nothing(written, code):
    bare = manifest_xml("1.2", metadata=metadata(written), resources=resource_xml())
    for name in ("imsss", "adlseq", "adlnav"):
        bare = bare.replace(f' xmlns:{name}="', f' n:{name}="')
    old = parse(bare.replace(" xmlns=", ' xmlns:n="urn:n" xmlns=', 1))
    new = parse(manifest_xml("3rd", metadata=metadata(written)))
    assert (old.version, old.edition, codes(old)) == (Version.V1_2, None, [code])
    assert (new.version, new.edition, codes(new)) == (Version.V2004, "2nd", [code])
    assert "SCORM 1.2" in old.notices[0].message
    assert "SCORM 2004 2nd edition" in new.notices[0].message


@pytest.mark.parametrize(
    "schema", ["IMS Common Cartridge", "IMS Thin Common Cartridge", "QTIv2.1 Package", "IMS Question and Test"]
)
def test_refuses_other_packages_with_a_manifest(schema):
    refused = refusal(manifest_xml(metadata=metadata("1.1.0", schema)))
    assert refused.problems[0].code == "not_scorm"


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("<manifest>\n<a>", "not_xml", "imsmanifest.xml:2"),
        ("<manifest>", "not_xml", "imsmanifest.xml:1"),
        (xxe_manifest(), "doctype", "imsmanifest.xml:1"),
        ("<courseStructure/>", "wrong_root", "imsmanifest.xml:1"),
        ("<manifest/>", "no_organization", "imsmanifest.xml:1"),
        ("<manifest>\n<organizations/></manifest>", "no_organization", "imsmanifest.xml:2"),
        (manifest_xml(items=""), "nothing_to_launch", "imsmanifest.xml:4"),
        (manifest_xml(items=item_xml("i1")), "nothing_to_launch", "imsmanifest.xml:4"),
        (manifest_xml(items=item_xml("", "x", "r1")), "missing_identifier", "imsmanifest.xml:4"),
        (manifest_xml(items=item_xml("i1", "x", "r1") * 2), "duplicate_identifier", "imsmanifest.xml:4"),
        (manifest_xml(items=item_xml("i1", "x", "r2")), "missing_resource", "imsmanifest.xml:4"),
        (manifest_xml(resources=resource_xml() * 2), "duplicate_identifier", "imsmanifest.xml:5"),
        (manifest_xml(resources=resource_xml(href=None)), "missing_href", "imsmanifest.xml:5"),
        (manifest_xml(resources=resource_xml(href="gone.html")), "missing_launch_file", "imsmanifest.xml:5"),
        (manifest_xml(resources=resource_xml(href="../index.html")), "missing_launch_file", "imsmanifest.xml:5"),
        (manifest_xml(resources=resource_xml(href="javascript:alert(1)")), "bad_href", "imsmanifest.xml:5"),
        (manifest_xml(resources=resource_xml(href="file:///etc/passwd")), "bad_href", "imsmanifest.xml:5"),
        (manifest_xml(resources=resource_xml(href="//evil.example/x")), "bad_href", "imsmanifest.xml:5"),
    ],
)
def test_refuses_what_can_not_be_played(text, code, field):
    refused = refusal(text)
    assert (refused.problems[0].code, refused.field) == (code, field)
    assert refused.rule
    assert refused.message.startswith(f"{field}: ")


def test_refuses_an_empty_manifest():
    refused = refusal("")
    assert (refused.problems[0].code, refused.field, refused.message) == (
        "not_xml",
        "imsmanifest.xml",
        "imsmanifest.xml is empty",
    )


def test_refuses_entities_that_grow():
    assert refusal(billion_laughs()).problems[0].code == "not_xml"


def test_names_the_clause_of_the_version():
    assert refusal(manifest_xml(resources=resource_xml(href=None))).rule == "SCORM 1.2 CAM 2.3 <resource> href"
    assert refusal(manifest_xml("3rd", resources=resource_xml(href=None))).rule == "SCORM 2004 CAM 3.4.1 <resource> href"


def test_tells_of_all_problems_at_once():
    items = item_xml("i1", "A", "r1") + item_xml("i1", "B", "r2") + item_xml("i2", "", "r3")
    refused = refusal(manifest_xml(items=items, resources=resource_xml(href="gone.html")))
    found = [each.code for each in refused.problems]
    assert found == ["missing_launch_file", "duplicate_identifier", "missing_resource", "missing_resource"]
    assert [each.code for each in refused.notices] == ["missing_title"]


def test_tells_of_many_problems_without_drowning_in_them():
    refused = refusal(manifest_xml(items="".join(item_xml(f"i{number}", "A", "gone") for number in range(1000))))
    assert len(refused.problems) == 200


def organization_xml(identifier="o1", title="Kurs", items=None):
    said = f' identifier="{identifier}"' if identifier is not None else ""
    inside = items if items is not None else item_xml(f"i-{identifier}", "A", "r1")
    return f"<organization{said}><title>{title}</title>{inside}</organization>"


def organizations_xml(*organizations, default="o1"):
    said = f' default="{default}"' if default is not None else ""
    return f"<organizations{said}>{''.join(organizations)}</organizations>"


@pytest.mark.parametrize(
    ("default", "played", "found"), [("o2", "o2", []), (None, "o1", ["missing_default"]), ("o3", "o1", ["missing_default"])]
)
def test_plays_the_default_organization(default, played, found):
    both = organizations_xml(organization_xml("o1"), organization_xml("o2", "To"), default=default)
    manifest = parse(manifest_xml(organizations=both))
    assert (manifest.default, manifest.organization.identifier) == (played, played)
    assert {each.identifier for each in manifest.organizations} == {"o1", "o2"}
    assert manifest.title == {"o1": "Kurs", "o2": "To"}[played]
    assert codes(manifest) == found


def test_leaves_out_another_organization_that_can_not_be_played():
    broken = organization_xml("o2", items=item_xml("i1", "", "gone"))
    manifest = parse(manifest_xml(organizations=organizations_xml(organization_xml(), broken)))
    assert [each.identifier for each in manifest.organizations] == ["o1"]
    assert codes(manifest) == ["bad_organization"]
    assert "gone, which does not exist" in manifest.notices[0].message


def test_refuses_when_the_default_organization_can_not_be_played():
    broken = organization_xml("o1", items=item_xml("i1", "A", "gone"))
    refused = refusal(manifest_xml(organizations=organizations_xml(broken, organization_xml("o2"))))
    assert [each.code for each in refused.problems] == ["missing_resource"]


@pytest.mark.parametrize(
    ("second", "code"), [(organization_xml(None), "missing_identifier"), (organization_xml("o1"), "duplicate_identifier")]
)
def test_refuses_organizations_that_can_not_be_told_apart(second, code):
    assert refusal(manifest_xml(organizations=organizations_xml(organization_xml(), second))).problems[0].code == code


LOM = (
    "<lom><general><title><string language='nb'> Hånd\nhygiene </string></title>"
    "<description><string language='nb'>Vask hendene</string></description></general></lom>"
)
IMS = (
    "<lom xmlns='http://www.imsglobal.org/xsd/imsmd_rootv1p2p1'><general><title><langstring/><langstring>Hygiene</langstring></title>"
    "<description><langstring xml:lang='nb'>Vask</langstring></description></general></lom>"
)


@pytest.mark.parametrize(
    ("lom", "title", "description"),
    [
        (LOM, "Hånd hygiene", "Vask hendene"),
        (IMS, "Hygiene", "Vask"),
        ("<lom><general><title>Bare</title></general></lom>", "Bare", None),
        ("<lom><general><title><string> </string></title></general></lom>", "A", None),
        ("<lom/>", "A", None),
        ("", "A", None),
    ],
)
def test_takes_title_and_description_from_metadata(lom, title, description):
    nameless = organizations_xml(organization_xml(title=" "))
    manifest = parse(manifest_xml(metadata=metadata("1.2", more=lom), organizations=nameless))
    assert (manifest.title, manifest.description) == (title, description)
    assert codes(manifest) == ["missing_title"]
    assert parse(manifest_xml(metadata=metadata("1.2", more=lom))).title == "Kurs"


def test_a_nameless_organization_of_nameless_items_is_called_by_its_identifier():
    nameless = organizations_xml(organization_xml(title="", items=item_xml("i1", "", "r1")))
    manifest = parse(manifest_xml(organizations=nameless))
    assert (manifest.title, manifest.organization.items[0].title) == ("o1", "i1")


def outer(location="meta.xml", *, more=""):
    return manifest_xml(metadata=metadata("1.2", more=f"{more}<adlcp:location>{location}</adlcp:location>"))


def test_reads_metadata_from_a_file():
    asked = []

    def read(path, most):
        asked.append((path, most))
        return LOM.encode()

    manifest = parse(outer("md/meta%20a.xml"), {**FILES, "md/meta a.xml": 1}, read)
    assert (manifest.title, manifest.description) == ("Kurs", "Vask hendene")
    assert asked == [("md/meta a.xml", 8 * 1024**2)]
    assert manifest.notices == ()


def test_metadata_in_the_manifest_go_before_those_in_a_file():
    manifest = parse(outer(more=IMS), {**FILES, "meta.xml": 1}, lambda *_: LOM.encode())
    assert manifest.description == "Vask"
    half = "<lom><general><title>Half</title></general></lom>"
    assert parse(outer(more=half), {**FILES, "meta.xml": 1}, lambda *_: LOM.encode()).description == "Vask hendene"


def test_does_not_ask_for_metadata_files_without_a_reader():
    assert parse(outer("gone.xml")).notices == ()


def test_tells_of_metadata_files_that_are_missing_or_damaged():
    def refuse(*_):
        raise Invalid("meta.xml is damaged")

    missing = parse(outer("gone.xml"), FILES, refuse)
    damaged = parse(outer(), {**FILES, "meta.xml": 1}, refuse)
    hostile = parse(outer(), {**FILES, "meta.xml": 1}, lambda *_: xxe_manifest().encode())
    assert codes(missing) == ["missing_metadata"]
    assert codes(damaged) == codes(hostile) == ["bad_metadata"]
    assert "meta.xml is damaged" in damaged.notices[0].message
    assert "DOCTYPE" in hostile.notices[0].message


def test_tells_of_missing_metadata_and_of_manifests_in_it():
    manifest = parse(manifest_xml(metadata="", inside="<manifest identifier='m2'/>"))
    assert codes(manifest) == ["missing_version", "missing_metadata", "submanifest"]


def test_keeps_titles_as_plain_text():
    package = scripted_titles()
    title = parse(package["imsmanifest.xml"], package).title
    assert title == '<script>parent.document.title="owned"</script><img src=x onerror=alert(1)>"\'>'


def test_cuts_long_titles():
    package = single_sco(title="x" * 1000)
    manifest = parse(package["imsmanifest.xml"], package)
    assert len(manifest.title) == len(manifest.organization.items[0].title) == 300


def test_finds_elements_whatever_their_prefix_and_case():
    text = (
        '<c:manifest xmlns:c="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:x="http://www.adlnet.org/xsd/adlcp_v1p3">'
        "<c:metadata><c:schema>ADL SCORM</c:schema><c:schemaVersion>2004 4th Edition</c:schemaVersion></c:metadata>"
        '<c:organizations default="o"><c:organization identifier="o"><c:title>T</c:title>'
        '<c:item identifier="i" identifierRef="r"><c:title>I</c:title></c:item></c:organization></c:organizations>'
        '<c:resources><c:resource identifier="r" x:SCORMType="SCO" href="index.html"><c:file href="index.html"/></c:resource>'
        "</c:resources></c:manifest>"
    )
    manifest = parse(text)
    assert (manifest.edition, manifest.title, manifest.organization.items[0].kind) == ("4th", "T", ItemKind.SCO)
    assert manifest.notices == ()


MUTATED = several_scos(
    "4th",
    organization=(
        '<imsss:sequencing IDRef="s"><imsss:controlMode flow="true"/><imsss:objectives><imsss:primaryObjective objectiveID="p">'
        '<imsss:mapInfo targetObjectiveID="g"/></imsss:primaryObjective></imsss:objectives></imsss:sequencing>'
    ),
)
TEXT = MUTATED["imsmanifest.xml"].encode()


@given(st.lists(st.tuples(st.integers(0, len(TEXT)), st.integers(0, 30), st.binary(max_size=8)), min_size=1, max_size=3))
def test_raises_nothing_but_our_errors_for_mutated_manifests(changes):
    content = TEXT
    for at, cut, put in changes:
        content = content[:at] + put + content[at + cut :]
    try:
        manifest = parse_manifest(content, files=dict.fromkeys(MUTATED, 1), read=lambda *_: content)
    except LrsBridgeError as error:
        assert error.message  # noqa: PT017 either comes out
    else:
        assert manifest.organization.launchable
        assert msgspec.json.encode(manifest)


NAMES = st.sampled_from(
    ["manifest", "metadata", "schemaversion", "organizations", "organization", "item", "title", "resources", "resource", "file"]
)
VALUES = st.sampled_from(
    ["", "o1", "i1", "r1", "index.html", "true", "1e9", "nan", "-1", "../x", "http://a.example/", "?#&", "\u0130"]
)
ATTRIBUTES = st.sampled_from(
    ["identifier", "identifierref", "default", "href", "parameters", "scormtype", "xml:base", "isvisible", "IDRef", "ID"]
)
DEEPER = st.sampled_from(
    [
        "sequencing",
        "objectives",
        "primaryObjective",
        "objective",
        "mapInfo",
        "rollupRules",
        "rollupRule",
        "data",
        "map",
        "presentation",
    ]
)


@st.composite
def trees(draw, depth=0):
    name = draw(NAMES | DEEPER) if depth else "manifest"
    attributes = "".join(f' {key}="{value}"' for key, value in draw(st.dictionaries(ATTRIBUTES, VALUES, max_size=4)).items())
    inside = "".join(draw(st.lists(trees(depth=depth + 1), max_size=4))) if depth < 3 else draw(VALUES).replace("&", "&amp;")
    return f"<{name}{attributes.replace('&', '&amp;')}>{inside}</{name}>"


@given(trees())
def test_raises_nothing_but_our_errors_for_any_tree(text):
    try:
        manifest = parse(text)
    except LrsBridgeError as error:
        assert error.message  # noqa: PT017 either comes out
    else:
        assert manifest.organization.launchable

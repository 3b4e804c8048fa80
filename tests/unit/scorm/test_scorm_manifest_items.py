"""Items: what they launch, and what is said of them."""

import pytest

from lrs_bridge.packages.notice import Refused
from lrs_bridge.scorm.manifest.model import ItemKind, SharedData
from lrs_bridge.scorm.manifest.parsing import parse_manifest
from lrs_bridge.scorm.manifest.prerequisites import Prerequisite
from tests.support.packages import item_xml, manifest_xml, resource_xml

FILES = ("imsmanifest.xml", "index.html", "a/b c.html", "a/d.js", "Film.swf")


def parse(version="1.2", *, files=FILES, **manifest):
    return parse_manifest(manifest_xml(version, **manifest).encode(), files=dict.fromkeys(files, 1))


def item_of(inside, version="1.2", *, attributes=""):
    manifest = parse(version, items=item_xml("i1", "A", "r1", attributes=attributes, inside=inside) + item_xml("i2", "B", "r1"))
    return manifest.organization.items[0], manifest.notices


def launched(resource, *, base="", parameters=""):
    said = f'parameters="{parameters}"' if parameters else ""
    manifest = parse(resources=resource, items=item_xml("i1", "A", "r1", attributes=said), attributes=base)
    return manifest.organization.items[0].href, [each.code for each in manifest.notices if each.code != "undeclared_file"]


@pytest.mark.parametrize(
    ("written", "base", "own_base", "parameters", "href", "notices"),
    [
        ("index.html", "", "", "", "index.html", []),
        ("index.html", "", "", "?a=1&amp;b=2", "index.html?a=1&b=2", []),
        ("a/b%20c.html?x=1", "", "", "y=2", "a/b%20c.html?x=1&y=2", []),
        ("b c.html", "a/", "", "", "a/b%20c.html", []),
        ("b c.html", "", "a/", "", "a/b%20c.html", []),
        ("b c.html", "", "/a/", "", "a/b%20c.html", []),
        ("b c.html", "x/", "../a/", "", "a/b%20c.html", []),
        ("../index.html", "a/", "", "", "index.html", []),
        ("b c.html", "", "a", "", "a/b%20c.html", ["odd_href"]),
        ("A\\B C.html", "", "", "", "a/b%20c.html", ["odd_href"]),
        ("INDEX.HTML", "", "", "#p", "index.html#p", ["odd_href"]),
        ("Film.swf", "", "", "", "Film.swf", ["flash"]),
        ("https://courses.example/1?a", "", "", "b=2", "https://courses.example/1?a&b=2", ["external_content"]),
        ("1.html", "https://courses.example/x/", "", "", "https://courses.example/x/1.html", ["external_content"]),
    ],
)
def test_launches_addresses(written, base, own_base, parameters, href, notices):
    resource = resource_xml(href=written, spelling="scormtype", attributes=f'xml:base="{own_base}"' if own_base else "")
    assert launched(resource, base=f'xml:base="{base}"' if base else "", parameters=parameters) == (href, notices)


def test_an_asset_on_another_server_is_nothing_to_tell():
    resource = resource_xml(href="https://courses.example/1", kind="asset", spelling="scormtype")
    assert launched(resource) == ("https://courses.example/1", [])


@pytest.mark.parametrize("base", ["ftp://courses.example/", "file:///etc/", "//courses.example/"])
def test_refuses_bases_that_lead_elsewhere(base):
    with pytest.raises(Refused) as caught:
        parse(attributes=f'xml:base="{base}"')
    assert caught.value.problems[0].code == "missing_launch_file"


@pytest.mark.parametrize(
    ("kind", "spelling", "found", "notices"),
    [
        ("sco", "scormtype", ItemKind.SCO, []),
        ("SCO", "SCORMTYPE", ItemKind.SCO, []),
        ("asset", "scormType", ItemKind.ASSET, []),
        ("", "scormtype", ItemKind.SCO, ["missing_scorm_type"]),
        ("page", "scormtype", ItemKind.SCO, ["missing_scorm_type"]),
    ],
)
def test_tells_scos_from_assets(kind, spelling, found, notices):
    manifest = parse(files=["index.html"], resources=resource_xml(kind=kind, spelling=spelling))
    assert manifest.organization.items[0].kind is found
    assert [each.code for each in manifest.notices] == notices


def test_says_nothing_of_the_kind_of_a_resource_that_is_not_launched():
    extra = resource_xml("r2", None, "", files=["a/d.js"])
    manifest = parse(files=["index.html", "a/d.js"], resources=resource_xml(spelling="scormtype") + extra)
    assert manifest.notices == ()


def test_reads_trees_of_items():
    below = item_xml("i2", "B", "r1", inside=item_xml("i3", "C", "r1"))
    manifest = parse(items=item_xml("i1", "A", inside=below))
    top = manifest.organization.items[0]
    assert [each.identifier for each in manifest.organization.walk()] == ["i1", "i2", "i3"]
    assert [each.identifier for each in manifest.organization.launchable] == ["i2", "i3"]
    assert (top.kind, top.href, top.children[0].kind) == (ItemKind.CLUSTER, None, ItemKind.SCO)


def test_leaves_out_the_content_of_a_cluster_in_2004():
    items = item_xml("i1", "A", "r1", inside=item_xml("i2", "B", "r1"))
    manifest = parse("3rd", files=["index.html"], items=items)
    assert manifest.organization.items[0].kind is ItemKind.CLUSTER
    assert [each.identifier for each in manifest.organization.launchable] == ["i2"]
    assert [each.code for each in manifest.notices] == ["cluster_with_content"]


def test_leaves_out_items_with_nothing_to_show():
    items = item_xml("i1", "A", inside=item_xml("i2", "B")) + item_xml("i3", "C", "r1")
    manifest = parse(files=["index.html"], items=items)
    assert [each.identifier for each in manifest.organization.walk()] == ["i3"]
    assert [each.message for each in manifest.notices] == [
        "the item “B” has nothing to show; it is left out",
        "the item “A” has nothing to show; it is left out",
    ]


@pytest.mark.parametrize(("length", "codes"), [(250, []), (251, ["long_identifier"])])
def test_refuses_identifiers_that_no_commit_could_name(length, codes):
    try:
        parse(files=["index.html"], items=item_xml("i" * length, "A", "r1"))
        found = []
    except Refused as refused:
        found = [each.code for each in refused.problems]
    assert found == codes


def test_refuses_items_that_are_nested_too_deep():
    deep = item_xml("last", "A", "r1")
    for number in range(100):
        deep = item_xml(f"i{number}", "A", inside=deep)
    with pytest.raises(Refused) as caught:
        parse(items=deep)
    assert caught.value.problems[0].code == "too_deep"


@pytest.mark.parametrize(
    ("inside", "name", "value"),
    [
        ("<adlcp:datafromlms> a b </adlcp:datafromlms>", "launch_data", "a b"),
        ("<adlcp:dataFromLMS>a</adlcp:dataFromLMS>", "launch_data", "a"),
        ("<adlcp:datafromlms/>", "launch_data", None),
        ("<adlcp:masteryscore>80</adlcp:masteryscore>", "mastery_score", 80.0),
        ("<adlcp:masteryscore> 0.5 </adlcp:masteryscore>", "mastery_score", 0.5),
        ("<adlcp:masteryscore></adlcp:masteryscore>", "mastery_score", None),
        ("<adlcp:maxtimeallowed>02:30:00</adlcp:maxtimeallowed>", "max_time_allowed", "02:30:00"),
        ("<adlcp:maxtimeallowed>0002:30:00.5</adlcp:maxtimeallowed>", "max_time_allowed", "0002:30:00.5"),
        ("<adlcp:maxtimeallowed/>", "max_time_allowed", None),
        ("<adlcp:timelimitaction>Exit, no message</adlcp:timelimitaction>", "time_limit_action", "exit,no message"),
        ("<adlcp:timelimitaction/>", "time_limit_action", None),
        ("<adlcp:prerequisites/>", "prerequisites", None),
        ("<adlcp:prerequisites type='aicc_script'> i2 </adlcp:prerequisites>", "prerequisites", "i2"),
        (
            "<adlcp:prerequisites>i2</adlcp:prerequisites>",
            "prerequisite",
            Prerequisite("status", item="i2"),
        ),
        ("<adlcp:completionThreshold>0.5</adlcp:completionThreshold>", "completion_threshold", None),
        ("<imsss:sequencing/>", "sequencing", None),
    ],
)
def test_reads_what_1_2_says_of_items(inside, name, value):
    item, notices = item_of(inside)
    assert getattr(item, name) == value
    assert [each.code for each in notices] == ["undeclared_file"]


@pytest.mark.parametrize(
    ("inside", "name", "kept", "code"),
    [
        ("<adlcp:masteryscore>high</adlcp:masteryscore>", "mastery_score", None, "odd_value"),
        ("<adlcp:masteryscore>101</adlcp:masteryscore>", "mastery_score", None, "odd_value"),
        ("<adlcp:masteryscore>nan</adlcp:masteryscore>", "mastery_score", None, "odd_value"),
        ("<adlcp:masteryscore>٨</adlcp:masteryscore>", "mastery_score", None, "odd_value"),
        ("<adlcp:maxtimeallowed>2 hours</adlcp:maxtimeallowed>", "max_time_allowed", None, "odd_value"),
        ("<adlcp:timelimitaction>shout</adlcp:timelimitaction>", "time_limit_action", None, "odd_value"),
        ("<adlcp:prerequisites>i9</adlcp:prerequisites>", "prerequisites", "i9", "odd_prerequisites"),
        ("<adlcp:prerequisites>i9</adlcp:prerequisites>", "prerequisite", None, "odd_prerequisites"),
        (f"<adlcp:datafromlms>{'x' * 256}</adlcp:datafromlms>", "launch_data", "x" * 256, "long_launch_data"),
    ],
)
def test_tells_of_odd_values(inside, name, kept, code):
    item, notices = item_of(inside)
    assert getattr(item, name) == kept
    assert [each.code for each in notices if each.code != "undeclared_file"] == [code]
    assert notices[0].line == 4


@pytest.mark.parametrize(
    ("written", "visible", "odd"), [("false", False, 0), ("0", False, 0), ("TRUE", True, 0), ("no", True, 1)]
)
def test_hides_items(written, visible, odd):
    item, notices = item_of("", attributes=f'isvisible="{written}"')
    assert item.is_visible is visible
    assert len(notices) == 1 + odd


@pytest.mark.parametrize(
    ("threshold", "by_measure", "least", "weight", "odd"),
    [
        ("<adlcp:completionThreshold>0.8</adlcp:completionThreshold>", True, 0.8, 1.0, 0),
        ("<adlcp:completionThreshold>much</adlcp:completionThreshold>", False, None, 1.0, 1),
        (
            "<adlcp:completionThreshold completedByMeasure='true' minProgressMeasure='0.7' progressWeight='0.2'/>",
            True,
            0.7,
            0.2,
            0,
        ),
        ("<adlcp:completionThreshold completedByMeasure='true'/>", True, 1.0, 1.0, 0),
        ("<adlcp:completionThreshold minProgressMeasure='0.7'/>", False, None, 1.0, 0),
        ("<adlcp:completionThreshold completedByMeasure='yes' progressWeight='2'/>", False, None, 1.0, 2),
    ],
)
def test_reads_completion_thresholds(threshold, by_measure, least, weight, odd):
    item, notices = item_of(threshold, "4th")
    assert (item.completed_by_measure, item.completion_threshold, item.progress_weight) == (by_measure, least, weight)
    assert [each.code for each in notices if each.code != "undeclared_file"] == ["odd_value"] * odd


def test_reads_what_2004_says_of_organizations():
    said = '<adlcp:completionThreshold completedByMeasure="true" minProgressMeasure="0.5"/>'
    organization = parse("4th", organization=said).organization
    assert (organization.completed_by_measure, organization.completion_threshold) == (True, 0.5)
    assert organization.objectives_global_to_system
    assert organization.shared_data_global_to_system
    text = manifest_xml("4th").replace("<organization ", '<organization adlseq:objectivesGlobalToSystem="false" ')
    found = parse_manifest(text.encode(), files={"index.html": 1}).organization
    assert not found.objectives_global_to_system


def test_takes_the_time_that_is_allowed_from_sequencing():
    limited = '<imsss:sequencing><imsss:limitConditions attemptAbsoluteDurationLimit="PT1H"/></imsss:sequencing>'
    assert item_of(limited, "3rd")[0].max_time_allowed == "PT1H"
    assert item_of("<adlcp:masteryscore>80</adlcp:masteryscore>", "3rd")[0].mastery_score is None


def presentation(*hidden):
    controls = "".join(f"<adlnav:hideLMSUI>{each}</adlnav:hideLMSUI>" for each in hidden)
    return f"<adlnav:presentation><adlnav:navigationInterface>{controls}</adlnav:navigationInterface></adlnav:presentation>"


def test_reads_which_controls_are_hidden():
    item, notices = item_of(presentation("continue", "suspendall", "continue", "everything"), "4th")
    assert item.hidden_controls == ("continue", "suspendAll")
    assert notices[0].rule == "SCORM 2004 CAM 5.2 (adlnav:hideLMSUI)"
    assert "“everything”" in notices[0].message


def test_reads_shared_data():
    maps = (
        '<adlcp:map targetID="urn:a"/><adlcp:map targetID="urn:b" readSharedData="false" writeSharedData="false"/>'
        '<adlcp:map targetID="urn:a" readSharedData="false"/><adlcp:map/>'
    )
    item, notices = item_of(f"<adlcp:data>{maps}</adlcp:data>", "4th")
    assert item.shared_data == (SharedData("urn:a"), SharedData("urn:b", may_read=False, may_write=False))
    assert [each.code for each in notices if each.code != "undeclared_file"] == ["odd_value"] * 2


def depending(target, files=()):
    return resource_xml("r1", inside=f'<dependency identifierref="{target}"/>', spelling="scormtype", files=files)


def test_gathers_the_files_of_what_is_used():
    shared = resource_xml("r2", None, "asset", files=["a/d.js"], inside='<dependency identifierref="r1"/>', spelling="scormtype")
    unused = resource_xml("r3", "a/b c.html", "asset", spelling="scormtype")
    manifest = parse(resources=depending("r2") + shared + unused)
    assert manifest.files == ("a/d.js", "index.html")
    assert [each.message for each in manifest.notices] == ["1 file is in the package without being declared: Film.swf"]


def test_tells_of_dependencies_that_do_not_exist():
    manifest = parse(files=["index.html"], resources=depending("gone"))
    assert [each.code for each in manifest.notices] == ["missing_dependency"]


def test_tells_of_files_that_are_missing_or_not_declared():
    gone = [f"{number}.js" for number in range(5)]
    elsewhere = ["https://cdn.example/a.js"]
    resource = resource_xml(files=gone + elsewhere, spelling="scormtype")
    manifest = parse(files=["index.html", "x.js", "y.js", "imsmanifest.xml", "schema.XSD"], resources=resource)
    assert [each.message for each in manifest.notices] == [
        "5 declared files are not in the package: 0.js, 1.js, 2.js …",
        "2 files are in the package without being declared: x.js, y.js",
    ]

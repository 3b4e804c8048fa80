"""Every real package, as far as they are at hand: what is read from it, or why it is refused."""

import re

import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.packages.archive import open_archive
from lrs_bridge.packages.notice import Refused
from lrs_bridge.packages.recognise import Kind, recognise
from lrs_bridge.scorm.manifest.parsing import parse_manifest
from tests.support.packages import SHARED

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the real packages (../shared/packages) are not on this machine")

GOOD = {
    "golf/ContentPackagingMetadata_SCORM20043rdEdition": ("2004", "3rd", 1, "Golf Explained - Metadata Example", []),
    "golf/ContentPackagingOneFilePerSCO_SCORM12": ("1.2", None, 18, "Golf Explained - CP One File Per SCO", []),
    "golf/ContentPackagingOneFilePerSCO_SCORM20043rdEdition": ("2004", "3rd", 18, "Golf Explained - CP One File Per SCO", []),
    "golf/ContentPackagingSingleSCO_SCORM12": ("1.2", None, 1, "Golf Explained - CP Single SCO", []),
    "golf/ContentPackagingSingleSCO_SCORM20042ndEdition": ("2004", "2nd", 1, "Golf Explained - CP Single SCO", []),
    "golf/ContentPackagingSingleSCO_SCORM20043rdEdition": ("2004", "3rd", 1, "Golf Explained - CP Single SCO", []),
    "golf/ContentPackagingWithMetadata_SCORM12": ("1.2", None, 1, "SCORM 1.2 With Metadata", []),
    "golf/LaunchUrlFromNestedItem_SCORM12": ("1.2", None, 2, "Launch URL From Nested Item Test", []),
    "golf/MultipleItemsWithIdentifierRef_SCORM12": ("1.2", None, 3, "Multiple Items With IdentifierRef Test", []),
    "golf/PrerequisitesTest_SCORM12": ("1.2", None, 4, "Prerequisites Test Course", []),
    "golf/RunTimeAdvancedCalls_SCORM20043rdEdition": ("2004", "3rd", 1, "Golf Explained - Run-time Advanced Calls", []),
    "golf/RuntimeBasicCalls_SCORM12": ("1.2", None, 1, "Golf Explained - Run-time Basic Calls", []),
    "golf/RuntimeBasicCalls_SCORM20043rdEdition": ("2004", "3rd", 1, "Golf Explained - Run-time Basic Calls", []),
    "golf/RuntimeMinimumCalls_SCORM12": ("1.2", None, 18, "Golf Explained - Minimum Run-time Calls", []),
    "golf/RuntimeMinimumCalls_SCORM20043rdEdition": ("2004", "3rd", 18, "Golf Explained - Minimum Run-time Calls", []),
    "golf/SequencingForcedSequential_SCORM20043rdEdition": ("2004", "3rd", 5, "Golf Explained - Sequencing Forced Order", []),
    "golf/SequencingPostTestRollup4thEd_SCORM20044thEdition": (
        "2004",
        "4th",
        5,
        "Golf Explained - 4th Edition Features",
        ["undeclared_file"],
    ),
    "golf/SequencingPostTestRollup_SCORM20043rdEdition": ("2004", "3rd", 5, "Golf Explained - Sequencing Post Test Rollup", []),
    "golf/SequencingPreOrPostTestRollup_SCORM20043rdEdition": (
        "2004",
        "3rd",
        6,
        "Golf Explained - Sequencing Pre or Post Test Rollup",
        [],
    ),
    "golf/SequencingRandomTest_SCORM20043rdEdition": ("2004", "3rd", 8, "Golf Explained - Sequencing Random Test", []),
    "golf/SequencingSimpleRemediation_SCORM20043rdEdition": ("2004", "3rd", 8, "Golf Explained - Simple Remediation", []),
    "moodle-fixtures/RuntimeBasicCalls_SCORM20043rdEdition": ("2004", "3rd", 1, "Golf Explained - Run-time Basic Calls", []),
    "moodle-fixtures/RuntimeMinimumCalls_SCORM12": ("1.2", None, 18, "Golf Explained - Minimum Run-time Calls", []),
    "moodle-fixtures/RuntimeMinimumCalls_SCORM12-mini": ("1.2", None, 9, "Golf Explained - Minimum Run-time Calls", []),
    "moodle-fixtures/complexscorm": (
        "1.2",
        None,
        8,
        "The organization",
        ["missing_metadata", "missing_default", "undeclared_file"],
    ),
    "moodle-fixtures/singlesco_scorm12": ("1.2", None, 1, "Golf Explained - CP Single SCO", []),
    "moodle-fixtures/singlescobasic": ("1.2", None, 1, "Golf Explained - Run-time Basic Calls", []),
}
"""Version, edition, launchable items, title, notices."""

NO_FILE = "which is not in the package"
BAD = {
    # a manifest without the files that it launches can be read but not played
    "golf/AdlAttributes_SCORM20043rdEdition": ("imsmanifest.xml:36", NO_FILE),
    "golf/ComplexNestedOrganization_SCORM12": ("imsmanifest.xml:79", NO_FILE),
    "golf/ContentPackagingNoSchemaVersion_SCORM20042ndEdition": ("imsmanifest.xml:20", NO_FILE),
    "golf/MinimalValid_SCORM20043rdEdition": ("imsmanifest.xml:19", NO_FILE),
    "golf/InvalidFileReferences_SCORM12": ("imsmanifest.xml:26", "content/nonexistent.html, which is not in the package"),
    "golf/MissingRequiredFields_SCORM12": ("imsmanifest.xml:26", NO_FILE),
    "golf/InvalidMissingOrgIdentifier_SCORM20043rdEdition": ("imsmanifest.xml:12", "an organization has no identifier"),
    "golf/ItemWithNonExistentResourceId_SCORM12": ("imsmanifest.xml:20", "resource non_existent_resource, which does not exist"),
    "golf/MalformedXml_SCORM12": ("imsmanifest.xml:27", "not well-formed XML"),
    "golf/MissingLaunchUrl_SCORM12": ("imsmanifest.xml:30", "which has no href: there is nothing to launch"),
    "moodle-fixtures/singlescobasic_missingorg": ("imsmanifest.xml:25", "there is no organization"),
    "moodle-fixtures/validscorm": ("imsmanifest.xml:2", "not well-formed XML"),
    "moodle-fixtures/badscorm": ("badscorm/imsmanifest.xml", "lies in the folder “badscorm”; zip the contents of the folder"),
    "moodle-fixtures/validaicc": ("moodle.cst", "AICC is not played"),
    "moodle-fixtures/invalid": ("package", "there is no imsmanifest.xml"),
}
"""Place and reason of the first problem."""


def imported(name, files=None):
    with (SHARED / f"{name}.zip").open("rb") as file:
        archive = open_archive(file)
        assert recognise(archive.files) is Kind.SCORM
        content = archive.read("imsmanifest.xml", archive.limits.most_markup_bytes)
        return parse_manifest(content, files=archive.files if files is None else files(content), read=archive.read)


def test_knows_all_of_them():
    found = {
        f"{path.parent.name}/{path.stem}" for folder in ("golf", "moodle-fixtures") for path in (SHARED / folder).glob("*.zip")
    }
    assert found == GOOD.keys() | BAD.keys()


@pytest.mark.parametrize("name", GOOD)
def test_reads_those_that_can_be_played(name):
    manifest = imported(name)
    version, edition, launchable, title, notices = GOOD[name]
    assert (manifest.version, manifest.edition) == (version, edition)
    assert len(manifest.organization.launchable) == launchable
    assert manifest.title == title
    assert [each.code for each in manifest.notices] == notices


@pytest.mark.parametrize("name", BAD)
def test_refuses_those_that_can_not(name):
    with pytest.raises(Invalid) as caught:
        imported(name)
    field, reason = BAD[name]
    assert caught.value.field == field
    assert reason in caught.value.message
    assert caught.value.rule


def declared(content):
    """The files that a manifest speaks of, as if they were there."""
    return dict.fromkeys(re.findall(r'href="([^"]+)"', content.decode()), 1)


@pytest.mark.parametrize(
    ("name", "version", "edition", "launchable", "notices"),
    [
        ("golf/AdlAttributes_SCORM20043rdEdition", "2004", "3rd", 1, ["missing_scorm_type"]),
        ("golf/ComplexNestedOrganization_SCORM12", "1.2", None, 11, []),
        ("golf/ContentPackagingNoSchemaVersion_SCORM20042ndEdition", "2004", "2nd", 1, ["missing_version", "missing_metadata"]),
        ("golf/MinimalValid_SCORM20043rdEdition", "2004", "3rd", 1, ["missing_scorm_type"]),
        ("golf/MissingRequiredFields_SCORM12", "1.2", None, 1, ["missing_title"]),
    ],
)
def test_reads_bare_manifests_when_their_files_are_there(name, version, edition, launchable, notices):
    manifest = imported(name, declared)
    assert (manifest.version, manifest.edition, len(manifest.organization.launchable)) == (version, edition, launchable)
    assert [each.code for each in manifest.notices] == notices


def test_tells_of_a_missing_title_beside_what_is_refused():
    with pytest.raises(Refused) as caught:
        imported("golf/MissingRequiredFields_SCORM12")
    assert [each.code for each in caught.value.notices] == ["missing_title"]


def test_reads_adl_attributes():
    item = imported("golf/AdlAttributes_SCORM20043rdEdition", declared).organization.items[0]
    assert (item.launch_data, item.time_limit_action) == ("Launch Data", "exit,message")
    assert (item.completed_by_measure, item.completion_threshold, item.progress_weight) == (True, 0.75, 1.0)
    assert item.hidden_controls == ("exit", "continue")
    assert (item.sequencing.control_mode.choice, item.sequencing.control_mode.flow) == (False, True)


def test_reads_parameters_of_items_that_share_a_resource():
    items = imported("golf/SequencingSimpleRemediation_SCORM20043rdEdition").organization.launchable
    assert [item.href for item in items[3:6]] == [
        "shared/launchpage.html?content=havingfun",
        "shared/launchpage.html?content=assessment1",
        "shared/launchpage.html?content=assessment2",
    ]


def test_merges_what_a_sequencing_collection_says():
    wrapper = imported("golf/SequencingSimpleRemediation_SCORM20043rdEdition").organization.items[0]
    assert not wrapper.is_visible
    playing, last = wrapper.children[0].sequencing, wrapper.children[-1].sequencing
    assert [rule.action for rule in playing.pre_condition_rules] == ["skip"]
    assert playing.rollup_controls.objective_measure_weight == 0
    assert playing.primary_objective.maps[0].target.endswith("playing_satisfied")
    assert last.rollup_considerations.required_for_completed == "ifNotSkipped"
    assert last.pre_condition_rules == ()  # its own rules stand in the place of the collection's
    assert [rule.action for rule in last.post_condition_rules] == ["exitParent"]


def test_reads_what_the_fourth_edition_added():
    organization = imported("golf/SequencingPostTestRollup4thEd_SCORM20044thEdition").organization
    item = organization.items[1]
    assert not organization.objectives_global_to_system
    assert not organization.shared_data_global_to_system
    assert (item.progress_weight, item.completed_by_measure, item.completion_threshold) == (0.3, False, None)
    assert item.shared_data[0].target.endswith("notesStorage")
    primary, previous = item.sequencing.primary_objective, item.sequencing.objectives[0]
    assert (primary.maps[0].write_completion_status, previous.maps[0].write_completion_status) == (True, False)
    assert not previous.maps[0].read_satisfied_status


def test_reads_metadata_from_a_file_of_their_own():
    description = imported("golf/ContentPackagingMetadata_SCORM20043rdEdition").description
    assert description.startswith("A high level overview of the sport of golf.")
    assert "\n" not in description

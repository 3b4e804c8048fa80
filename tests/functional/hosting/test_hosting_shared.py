"""Every real package, as far as they are at hand: uploaded, shown, played to its end by what its SCOs could say."""

from urllib.parse import urlsplit

import pytest

from lrs_bridge.hosting.hosted import Stage
from lrs_bridge.plans.record import State
from tests.support.packages import SHARED
from tests.unit.scorm.test_scorm_manifest_shared import BAD, GOOD

pytestmark = [
    pytest.mark.skipif(not SHARED.is_dir(), reason="the real packages (../shared/packages) are not on this machine"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
DONE = {
    "1.2": {"cmi.core.lesson_status": "passed", "cmi.core.score.raw": "90", "cmi.core.score.max": "100"},
    "2004": {"cmi.completion_status": "completed", "cmi.success_status": "passed", "cmi.score.scaled": "0.9"},
}


def content_of(name) -> bytes:
    return (SHARED / f"{name}.zip").read_bytes()


def launchable(items):
    for item in items:
        if item.get("href"):
            yield item
        yield from launchable(item["children"])


@pytest.mark.parametrize("name", GOOD)
def test_plays_a_good_one_to_its_end(school, name):
    version, _, count, title, _ = GOOD[name]
    hosted_id = school.host(content_of(name), name=f"{name.rpartition('/')[2]}.zip")
    school.map(hosted_id, school.ward.intubation)
    assert title in school.browser("owner").get(f"/hosted/{hosted_id}").text
    player = school.sit(hosted_id)
    state = player.state()
    items = list(launchable(state["organization"]["items"]))
    assert (state["version"], len(items)) == (version, count)
    for item in items:
        file = player.get(state["files"] + urlsplit(item["href"]).path)
        assert (file.status_code, len(file.data) > 0) == (200, True), item["href"]
        player.starts(sco=item["identifier"], current=item["identifier"])
        player.ends(DONE[version], sco=item["identifier"])
    attempt = school.attempt(state["attempt"])
    says_so = any(item["kind"] == "sco" for item in items)  # assets can't
    assert (attempt.stage, attempt.progress) == (Stage.PASSED if says_so else Stage.COMPLETED, 1.0)
    assert school.ward.record(school.ward.intubation).state is State.SIGNED


@pytest.mark.parametrize("name", BAD)
def test_refuses_a_bad_one_and_says_where(school, name):
    place, told = BAD[name]
    answer = school.upload(content_of(name))
    assert answer.status_code == 400
    assert place in f"{answer.json['field']} {answer.json['message']}"
    assert told in answer.json["message"] or any(told in one["message"] for one in answer.json["problems"])
    assert school.rows("package") == []


@pytest.mark.parametrize(("name", "units"), [("cmi5/single_au_basic_responsive", 1), ("cmi5/pre_post_test_framed", 6)])
def test_shows_the_units_of_cmi5_courses(school, name, units):
    hosted_id = school.host(content_of(name))
    page = school.browser("kari").get(f"/learn/attempts/{school.begin(hosted_id)}")
    assert page.status_code == 200
    assert page.text.count("/units/") == units

"""Packages uploaded by course owners: what is taken, what is refused, and by whom."""

import html
import io
import re
from uuid import UUID, uuid4

import pytest

from tests.support import browsing, packages
from tests.support.environment import settings_for
from tests.support.hosting import JSON, open_school
from tests.support.packages import cmi5_xml, manifest_xml, single_sco, zipped
from tests.support.plans import open_ward


def text_of(answer) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


KINDS = {
    "SCORM 1.2": single_sco("1.2"),
    "SCORM 2004 2nd Edition": packages.storyline("2nd", title="Kurs"),
    "SCORM 2004 3rd Edition": packages.captivate("3rd", title="Kurs"),
    "SCORM 2004 4th Edition": packages.ispring("4th", title="Kurs"),
    "cmi5": {"cmi5.xml": cmi5_xml(), "index.html": "x"},
    "Tin Can (xAPI)": packages.storyline_tincan(title="Kurs"),
}


@pytest.mark.parametrize("edition", KINDS)
def test_takes_every_kind_and_shows_at_once_what_it_is(school, edition):
    hosted_id = school.host(KINDS[edition])
    page = text_of(school.browser("owner").get(f"/hosted/{hosted_id}"))
    assert f"Standard {edition}" in page
    assert f"Files in it {len(KINDS[edition])}" in page
    assert "Version 1 Owner Eva Eier" in page
    assert "kurs.zip" in page
    (package,) = school.rows("package")
    assert (package.tenant_id, package.added_by, package.file_name) == (school.tenant, school.ward.owner, "kurs.zip")
    assert {row.path for row in school.rows("package_file")} == set(KINDS[edition])


def test_takes_a_course_structure_alone(school):
    hosted_id = school.host(cmi5_xml(url="https://cdn.example.no/index.html").encode(), name="cmi5.xml")
    page = text_of(school.browser("owner").get(f"/hosted/{hosted_id}"))
    assert "Standard cmi5" in page
    assert "Files in it 0" in page


def test_sends_readers_of_the_form_on_to_the_course(school):
    answer = school.upload(single_sco(), headers={})
    assert answer.status_code == 303
    page = school.browser("owner").get(answer.location)
    assert "Kurs" in page.text
    assert "Kurs" in text_of(school.browser("owner").get("/hosted"))


def test_names_the_tool_and_what_was_noticed(school):
    hosted_id = school.host(packages.rise())
    page = text_of(school.browser("owner").get(f"/hosted/{hosted_id}"))
    assert "Articulate Rise 360" in page
    assert "What was noticed" in page


def test_registers_the_course_under_its_address_and_its_publisher_s(school):
    hosted_id = school.host({"cmi5.xml": cmi5_xml(), "index.html": "x"})
    (course,) = [row for row in school.rows("course") if row.title == "Kurs"]
    assert course.owner_id == school.ward.owner
    known = {row.iri for row in school.rows("course_alias", course_id=course.course_id)}
    assert {course.iri, *known} == {f"http://127.0.0.1:8080/hosted/{hosted_id}", "https://lrs-bridge.example/kurs/1"}


def test_lets_a_publisher_s_address_belong_to_the_course_that_had_it_first(school):
    school.host({"cmi5.xml": cmi5_xml(), "index.html": "x"})
    school.host({"cmi5.xml": cmi5_xml(), "index.html": "y"})
    assert len([row for row in school.rows("course_alias") if row.iri == "https://lrs-bridge.example/kurs/1"]) == 1


def test_shows_scripts_in_titles_as_text(school):
    hosted_id = school.host(packages.scripted_titles())
    for path in (f"/hosted/{hosted_id}", "/hosted", f"/learn/{hosted_id}"):
        page = school.browser("owner").get(path).text
        assert "<script>parent" not in page
        assert "&lt;script&gt;" in page


# What is refused

BAD = {
    "no manifest": ({"index.html": "x"}, "imsmanifest.xml"),
    "manifest in a folder": ({"kurs/imsmanifest.xml": manifest_xml(), "kurs/index.html": ""}, "kurs"),
    "not XML": ({"imsmanifest.xml": "<manifest>\n<organizations", "index.html": ""}, "imsmanifest.xml:2"),
    "no such file": ({"imsmanifest.xml": manifest_xml()}, "index.html"),
    "entities": ({"imsmanifest.xml": packages.xxe_manifest(), "index.html": ""}, "imsmanifest.xml"),
    "laughs": ({"imsmanifest.xml": packages.billion_laughs(), "index.html": ""}, "imsmanifest.xml"),
    "no zip": (b"%PDF-1.7 this is something else", "zip"),
    "bomb": (packages.zip_bomb(), "zeros.bin"),
    "traversal": (packages.with_entry("../evil.txt"), "../evil.txt"),
    "lies about a length": (packages.with_entry("evil.txt", b"x" * 1000, size=3), "evil.txt"),
    "cmi5 that leads nowhere": ({"cmi5.xml": cmi5_xml(url="gone.html")}, "gone.html"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing reaches it
def test_refuses_a_package_with_file_line_and_rule_and_keeps_nothing_of_it(school, name):
    content, named = BAD[name]
    school.browser("owner")
    before = school.counts()
    answer = school.upload(content)
    assert answer.status_code == 400
    told = answer.json
    assert told["code"] == "invalid"
    assert named in f"{told['field']} {told['message']}"
    assert told["rule"]
    assert all({"code", "message", "place", "rule"} == set(one) for one in told["problems"])
    page = school.upload(content, headers={})
    assert page.status_code == 400
    assert "The package was refused" in page.text
    assert named in html.unescape(page.text)
    assert school.counts() == before


def test_says_in_the_reader_s_language_what_is_wrong_and_what_to_do(school):
    owner = school.browser("owner")
    owner.environ_base["HTTP_ACCEPT_LANGUAGE"] = "nn"
    told = school.upload({"imsmanifest.xml": manifest_xml()})
    page = school.upload({"imsmanifest.xml": manifest_xml()}, headers={})
    for text in (told.json["told"], page.text):
        assert "Ei side som kurset skal opne, er ikkje i pakka." in text
        assert "Sjå etter at alle filene er med" in text
        assert re.search(r'<span class="mono">imsmanifest\.xml:\d+</span> · SCORM 1.2 CAM 2.3 &lt;resource&gt; href<br>', text)
        assert '<span lang="en">the item “Side” starts index.html, which is not in the package</span>' in text
    assert [one["code"] for one in told.json["problems"]] == ["missing_launch_file"]


def test_says_in_the_reader_s_language_what_was_noticed(school):
    hosted_id = school.host(packages.ispring())
    owner = school.browser("owner")
    owner.environ_base["HTTP_ACCEPT_LANGUAGE"] = "nb"
    page = owner.get(f"/hosted/{hosted_id}").text
    assert "Kurs laget med dette verktøyet melder «ikke bestått» straks de åpnes." in page
    assert "Its courses report “failed” within seconds" in page


def test_tells_one_kind_once_and_folds_what_is_many(school):
    items = "".join(packages.item_xml(f"i{number}", f"Side {number}", "r9") for number in range(5))
    told = school.upload({"imsmanifest.xml": manifest_xml(items=items), "index.html": "x"}).json
    assert len(told["problems"]) == 5
    assert told["told"].count("The table of contents names a part that is not in the package.") == 1
    assert told["told"].count("refers to the resource r9") == 5
    assert "2 more of them" in told["told"]


@pytest.mark.parametrize("headers", [{}, JSON])
def test_says_that_a_file_is_the_newest_version_already(school, headers):
    hosted_id = school.host()
    answer = school.renew(hosted_id, single_sco(), headers=headers)
    assert answer.status_code == 409
    assert "This very file is the newest version already." in answer.text
    assert "this very file is the newest version already" in answer.text


def test_tells_everything_that_is_wrong_with_a_manifest(school):
    items = packages.item_xml("i1", "A", "r1") + packages.item_xml("i1", "B", "r9")
    told = school.upload({"imsmanifest.xml": manifest_xml(items=items), "index.html": "x"}).json
    assert len(told["problems"]) == 2
    assert all(re.fullmatch(r"imsmanifest\.xml:\d+", one["place"]) and one["rule"] for one in told["problems"])


def test_refuses_a_new_version_that_can_not_be_played_and_goes_on_with_the_old(school):
    hosted_id = school.host()
    before = school.counts()
    answer = school.renew(hosted_id, {"index.html": "x"})
    assert (answer.status_code, answer.json["rule"] is not None) == (400, True)
    page = school.renew(hosted_id, {"index.html": "x"}, headers={})
    assert page.status_code == 400
    assert "The package was refused" in page.text
    assert school.counts() == before


@pytest.mark.parametrize("headers", [{}, JSON])
def test_asks_for_a_file_where_none_was_chosen(school, headers):
    owner = school.browser("owner")
    form = {"csrf_token": browsing.token(owner)}
    answer = owner.post("/hosted/new", data=form, headers=headers, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "choose a file" in answer.text


@pytest.mark.parametrize("name", ["kurs\x00.zip", "..\\..\\kurs.zip", "/etc/passwd", "k" * 500 + ".zip", "æøå – 課程.zip", "/"])
def test_keeps_strange_file_names_harmless(school, name):
    hosted_id = school.host(name=name)
    (package,) = school.rows("package")
    assert "\x00" not in package.file_name
    assert not {"/", "\\"} & set(package.file_name)
    assert len(package.file_name) <= 300
    assert school.browser("owner").get(f"/hosted/{hosted_id}").status_code == 200


# Who may


@pytest.mark.parametrize("who", ["kari", "sigrid"])
def test_takes_packages_from_owners_and_administrators_alone(school, who):
    hosted_id = school.host()
    before = school.counts()
    school.browser(who)
    assert school.upload(single_sco("2nd"), who=who).status_code == 403
    assert school.renew(hosted_id, single_sco("2nd"), who=who).status_code == 403
    assert school.policy(hosted_id, who=who, most_attempts="1").status_code == 403
    for path in ("/hosted", "/hosted/new", f"/hosted/{hosted_id}/attempts"):
        assert school.browser(who).get(path).status_code == 403
    assert school.browser(who).get(f"/hosted/{hosted_id}").location == f"/learn/{hosted_id}"
    assert browsing.submit(school.browser(who), f"/hosted/{hosted_id}/preview").status_code == 403
    after = school.counts()
    assert {name: after[name] for name in ("package", "hosted_version", "course", "attempt")} == {
        name: before[name] for name in ("package", "hosted_version", "course", "attempt")
    }


def test_takes_packages_from_administrators(school):
    hosted_id = school.host(who="admin")
    assert "Owner Arne Admin" in text_of(school.browser("admin").get(f"/hosted/{hosted_id}"))


def test_asks_strangers_to_log_in(school, app):
    client = browsing.browser(app)
    form = {"csrf_token": browsing.token(client), "package": (io.BytesIO(zipped(single_sco())), "kurs.zip")}
    assert client.post("/hosted/new", data=form, headers=JSON).status_code == 401
    for path in ("/hosted", "/hosted/new", f"/hosted/{uuid4()}", f"/learn/{uuid4()}"):
        assert client.get(path).location.startswith("/login?next=")
    assert school.counts()["package"] == 0


def test_takes_nothing_without_the_form_s_token(school):
    owner, before = school.browser("owner"), school.counts()
    form = {"package": (io.BytesIO(zipped(single_sco())), "kurs.zip")}
    answer = owner.post("/hosted/new", data=form, headers=JSON, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["code"]) == (400, "form_expired")
    assert school.counts() == before


def test_keeps_course_owners_to_their_own_courses(school):
    own, others = school.host(), school.host(single_sco("2nd", title="Et annet kurs"), who="admin")
    owner = school.browser("owner")
    listed = text_of(owner.get("/hosted"))
    assert "Kurs" in listed
    assert "Et annet kurs" not in listed
    assert "Et annet kurs" in text_of(school.browser("admin").get("/hosted"))
    assert owner.get(f"/hosted/{others}").location == f"/learn/{others}"  # as anybody's who takes it
    assert owner.get(f"/hosted/{others}/attempts").status_code == 403
    before = school.counts()
    assert school.renew(others, single_sco("3rd")).status_code == 403
    assert school.policy(others, most_attempts="1").status_code == 403
    assert school.policy(others, most_attempts="none").status_code == 403
    assert browsing.submit(owner, f"/hosted/{others}/preview").status_code == 403
    assert school.counts() == before
    assert school.policy(own, most_attempts="1").status_code == 303
    assert school.policy(own, who="admin", most_attempts="2").status_code == 303


def test_shows_nothing_of_other_tenants(school, engine, app):
    hosted_id = school.host()
    attempt_id = school.begin(hosted_id)
    elsewhere = open_ward(engine, "elsewhere")
    elsewhere.clock = school.ward.clock
    elsewhere = open_school(elsewhere, app)
    stranger = elsewhere.browser("admin")
    for path in ("", "/attempts", f"/attempts/{attempt_id}"):
        assert stranger.get(f"/hosted/{hosted_id}{path}").status_code == 404
    assert stranger.get(f"/learn/{hosted_id}").status_code == 404
    assert stranger.get(f"/learn/attempts/{attempt_id}").status_code == 404
    assert elsewhere.renew(hosted_id, single_sco("2nd"), who="admin").status_code == 404
    assert elsewhere.policy(hosted_id, who="admin", most_attempts="1").status_code == 404
    assert browsing.submit(stranger, f"/learn/{hosted_id}/start").status_code == 404
    assert "Kurs" not in text_of(stranger.get("/hosted"))


def test_knows_no_course_that_is_not_there(school):
    missing = UUID(int=0)
    for path in (f"/hosted/{missing}", f"/hosted/{missing}/attempts", f"/learn/{missing}", f"/learn/attempts/{missing}"):
        assert school.browser("admin").get(path).status_code == 404
    assert school.renew(missing, single_sco(), who="admin").status_code == 404
    assert browsing.submit(school.browser("admin"), f"/hosted/{missing}/preview").status_code == 404


# Versions and policy


def test_begins_new_attempts_in_a_new_version_and_goes_on_with_old_ones_in_theirs(school):
    hosted_id = school.host({**single_sco(), "page.txt": "one"})
    old = school.sit(hosted_id)
    assert school.renew(hosted_id, {**single_sco(), "page.txt": "two"}).status_code == 201
    new = school.sit(hosted_id, who="ola")
    assert (old.file("page.txt").text, new.file("page.txt").text) == ("one", "two")
    resumed = school.sit(hosted_id)
    assert resumed.file("page.txt").text == "one"
    assert school.attempt(resumed.state()["attempt"]).number == 1
    page = text_of(school.browser("owner").get(f"/hosted/{hosted_id}"))
    assert "Version 2" in page
    assert [row.number for row in sorted(school.rows("hosted_version"), key=lambda row: row.number)] == [1, 2]


def test_takes_a_new_version_of_another_standard(school):
    hosted_id = school.host()
    school.begin(hosted_id)
    assert school.renew(hosted_id, {"cmi5.xml": cmi5_xml(), "index.html": "x"}).status_code == 201
    assert "Standard cmi5" in text_of(school.browser("owner").get(f"/hosted/{hosted_id}"))
    assert school.sit(hosted_id).state()["version"] == "1.2"
    attempt = school.begin(hosted_id, who="ola")
    assert "Open" in school.browser("ola").get(f"/learn/attempts/{attempt}").text


def test_refuses_the_very_file_that_is_the_newest_already(school):
    content = zipped(single_sco())
    hosted_id = school.host(content)
    before = school.counts()
    answer = school.renew(hosted_id, content)
    assert (answer.status_code, answer.json["code"]) == (409, "conflict")
    assert school.renew(hosted_id, content, headers={}).status_code == 409
    assert school.counts() == before
    assert school.host(content) != hosted_id  # as another course it may be


def test_keeps_how_a_course_is_taken(school):
    hosted_id = school.host()
    assert school.policy(hosted_id, most_attempts="3", review_on="2027-01-31", is_open="no").status_code == 303
    (row,) = school.rows("hosted_course")
    assert (row.most_attempts, row.is_open, row.review_on.isoformat()) == (3, False, "2027-01-31")
    page = school.browser("owner").get(f"/hosted/{hosted_id}")
    assert 'value="3"' in page.text
    assert "Closed" in text_of(page)
    assert school.policy(hosted_id, most_attempts="", review_on="", is_open="yes").status_code == 303
    (row,) = school.rows("hosted_course")
    assert (row.most_attempts, row.is_open, row.review_on) == (None, True, None)


@pytest.mark.parametrize(
    ("fields", "told"),
    [({"most_attempts": "0"}, "Write a number from 1 to 100"), ({"review_on": "soon"}, "Choose a date.")],
)
def test_says_beside_the_field_what_is_wrong_with_a_policy(school, fields, told):
    hosted_id = school.host()
    answer = school.policy(hosted_id, **fields)
    assert answer.status_code == 400
    assert told in answer.text
    assert f'value="{next(iter(fields.values()))}"' in answer.text


def test_reminds_of_a_review_that_is_overdue(school):
    hosted_id = school.host()
    school.policy(hosted_id, review_on="2020-01-01")
    assert "Review is overdue" in text_of(school.browser("owner").get("/hosted"))
    assert "Review is overdue" in text_of(school.browser("owner").get(f"/hosted/{hosted_id}"))


def test_finds_courses_by_words_of_their_titles(school):
    school.host(single_sco(title="Smittevern 100%"))
    school.host(single_sco(title="Legemidler"))
    owner = school.browser("owner")
    assert "Legemidler" not in text_of(owner.get("/hosted?q=smitte"))
    assert "Smittevern 100%" in text_of(owner.get("/hosted?q=100%25"))
    for query in ("q=nothing", "page=7", "page=x", "page=-1", "page=99999999999999999999"):
        assert owner.get(f"/hosted?{query}").status_code == 200


# How much


@pytest.fixture
def small(database_url, tmp_path):
    return settings_for(database_url, tmp_path, MAX_PACKAGE_BYTES="20000", MAX_BODY_BYTES="10000")


class TestLimits:
    @pytest.fixture
    def settings(self, small):
        return small

    @pytest.mark.parametrize("headers", [{}, JSON])
    def test_refuses_a_package_that_is_too_large(self, school, headers):
        hosted_id = school.host()
        content = zipped({**single_sco(), "noise.bin": bytes(300_000)}, compression=0)
        before = school.counts()
        for answer in (school.upload(content, headers=headers), school.renew(hosted_id, content, headers=headers)):
            assert answer.status_code == 413
            assert not headers or answer.json["code"] == "too_large"
        assert school.counts() == before

    def test_lets_nobody_else_send_as_much(self, school):
        content = zipped({**single_sco(), "noise.bin": bytes(15_000)}, compression=0)
        owner = school.browser("owner")
        assert school.upload(content).status_code == 201
        assert owner.post("/help", data=b"x" * 15_000, content_type="text/plain").status_code in {405, 413}
        form = {"csrf_token": browsing.token(owner), "x": (io.BytesIO(content), "kurs.zip")}
        assert owner.post("/language", data=form, content_type="multipart/form-data").status_code == 413
        assert school.upload(content, who="kari").status_code in {403, 413}

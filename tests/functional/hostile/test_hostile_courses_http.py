"""What a course can ask of the server by itself: with its own ticket, with others', with forged ones, with odd requests."""

import json
import logging
import re
from datetime import timedelta
from threading import Barrier, Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from lrs_bridge.lti.launch import service as launches
from lrs_bridge.people import service as people
from lrs_bridge.web.errors import WORDS
from tests.support import browsing, framed
from tests.support.hosting import PUBLIC_URL
from tests.support.lrs import VERSION
from tests.support.packages import cmi5_xml, several_scos, single_sco, tincan_xml

FOREVER = timedelta(days=3)


@pytest.fixture
def hosted(school):
    return school.host(single_sco() | {"film.mp4": bytes(range(256)) * 8})


@pytest.fixture
def player(school, hosted):
    return school.sit(hosted)


@pytest.fixture
def refusals(caplog):
    """What the log tells support: of each refusal the words and the fields."""
    caplog.set_level(logging.WARNING, "lrs_bridge.hosting.playing.views")
    return lambda: [(line.message, line.fields) for line in caplog.records if line.name == "lrs_bridge.hosting.playing.views"]


def ticket_of_files(player):
    return player.state()["files"].split("/files/")[1].strip("/")


# Tickets


@pytest.mark.parametrize("who", ["kari", "ola"])
def test_a_ticket_opens_nothing_on_the_host_of_another_attempt(school, hosted, player, who, refusals):
    other = school.sit(school.host(several_scos()) if who == "kari" else hosted, who=who)
    assert other.origin != player.origin
    files, stolen = ticket_of_files(other), other.ticket
    answers = [
        player.get(f"/play/{stolen}"),
        player.get(f"/play/{stolen}/state"),
        player.get(f"/files/{files}/index.html"),
        player.app.test_client().post(
            f"/play/{stolen}/commit", base_url=player.origin, json=other.message({"cmi.location": "x"})
        ),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4
    assert other.state()["scos"] == {}
    told = {(what, fields["attempt"]) for what, fields in refusals()}
    assert told == {("a ticket was refused", other.state()["attempt"])}


def test_a_ticket_is_good_for_its_own_purpose_alone(player):
    files = ticket_of_files(player)
    assert player.get(f"/files/{player.ticket}/index.html").status_code == 401
    assert player.get(f"/play/{files}").status_code == 401
    assert player.get(f"/play/{files}/state").status_code == 401


def test_forged_and_changed_tickets_are_refused(player, refusals):
    payload, _, signature = player.ticket.rpartition(".")
    forged = [
        f"{payload}.{signature[::-1]}",
        f"{payload[:-2]}AA.{signature}",
        signature,
        "x" * 5000,
        "%00",
        "[]",
    ]
    assert {player.get(f"/play/{each}/state").status_code for each in forged} <= {401, 404}
    assert {what for what, _ in refusals()} == {"a ticket was refused"}
    assert {fields["host"] for _, fields in refusals()} == {urlsplit(player.origin).netloc}


def test_an_address_that_is_over_says_so_where_it_is_and_is_told_to_nobody_else(school, player, refusals):
    files = ticket_of_files(player)
    school.ward.clock += FOREVER
    english = {"Accept-Language": "en"}
    answers = [player.get(path, headers=english) for path in (f"/play/{player.ticket}", f"/files/{files}/index.html")]
    assert [(answer.status_code, answer.location) for answer in answers] == [(401, None)] * 2
    assert all("Go back to your course and open the link there again" in answer.text for answer in answers)
    assert WORDS["unauthenticated"].title == WORDS["frame_ended"].title
    assert len(refusals()) == 2


def test_what_is_logged_names_no_ticket(player, caplog):
    caplog.set_level(logging.DEBUG)
    files = ticket_of_files(player)
    for path in (f"/play/{player.ticket}", f"/files/{files}/index.html", f"/files/{files}/none.html", f"/play/{files}"):
        player.get(path).close()
    player.commit(sequence=-1)
    assert [line for line in caplog.messages if player.ticket in line or files in line] == []
    assert [line for line in map(str, (vars(record) for record in caplog.records)) if player.ticket in line] == []


# Commits


def test_a_sitting_can_not_speak_for_one_that_has_yet_to_come(player, refusals):
    answer = player.commit({"cmi.location": "x"}, session=2)
    assert (answer.status_code, answer.json["reason"]) == (403, "invalid")
    assert player.state()["scos"] == {}
    assert [(what, fields["why"]) for what, fields in refusals()] == [("a commit was refused", "this sitting is a later one")]


def test_a_sitting_hands_in_what_the_one_before_could_not_send(school, player):
    player.says({"cmi.core.lesson_location": "1"})
    left = player.message({"cmi.core.lesson_location": "2"})
    later = school.play(player.state()["attempt"])
    assert later.session == 2
    assert later.send(left).status_code == 200
    assert later.state()["scos"]["i1"]["cmi"]["cmi.core.lesson_location"] == "2"
    later.says({"cmi.core.lesson_location": "3"})
    assert later.send(left | {"sequence": 3}).status_code == 200
    assert later.state()["scos"]["i1"]["cmi"]["cmi.core.lesson_location"] == "3"


def deep(depth):
    found = []
    for _ in range(depth):
        found = [found]
    return found


ODD = {
    "depth": {"sequencing": deep(300)},
    "depth in an object": {"globals": {"a": {"b": deep(400)}}},
    "whole number of a thousand digits": {"sequencing": 10**1000},
    "item with a name that no column takes": {"sco": "i" * 251},
    "place with a name that no column takes": {"current": "i" * 251},
    "sequence below zero": {"sequence": -1},
    "sequence beyond every number": {"sequence": 2**31},
    "session as text": {"session": "1"},
    "no object": {"cmi": ["a"]},
    "value that is an object": {"cmi": {"a": {}}},
    "calls that are none": {"calls": [[1]]},
    "time before time": {"calls": [[-1, "f", "", "", "", 0]]},
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_commits_are_refused_with_field_and_rule(player, odd):
    answer = player.commit(**odd)
    assert (answer.status_code, answer.json["reason"]) == (422, "invalid")
    assert {answer.json["field"], answer.json["rule"]}.isdisjoint({None, ""})
    assert player.state()["scos"] == {}


@pytest.mark.parametrize(
    "odd", [b"", b"\0", b"\xff\xfe{}", b"null", b"[" * 200_000, b'{"session":1', b'{"a":"\\ud800' * 9, b"NaN"]
)
def test_what_is_no_commit_is_refused(player, odd):
    answer = player.send(odd, "text/plain")
    assert (answer.status_code, answer.json["field"]) == (422, "body")


def test_odd_texts_are_kept_as_they_can_be(school, hosted, player):
    texts = {"cmi.a": "\ud800", "cmi.b": "a\0b", "cmi.c": "\u202e\ufffe\U0010ffff", "__proto__": "x", "constructor": "y"}
    far = [[9e15, "LMSSetValue", "a\0", "\udfff", "true", 0], [0, "", "", "", "", "NaN"]]
    assert player.commit(texts, calls=far, sco="a\0b", current="__proto__").status_code == 200
    assert player.state()["scos"]["a\ufffdb"]["cmi"]["cmi.a"] == "\ufffd"
    page = school.browser("owner").get(f"/hosted/{hosted}/attempts/{player.state()['attempt']}")
    assert (page.status_code, "LMSSetValue" in page.text) == (200, True)


def test_support_reads_no_more_of_a_flood_than_a_page_can_hold(school, hosted, player, monkeypatch):
    monkeypatch.setattr("lrs_bridge.scorm.service.SHOWN_LENGTH", 20_000)
    for number in range(1, 11):
        player.says({"cmi.suspend_data": f"{number:06}" * 1000}, sequence=number)
    page = school.browser("owner").get(f"/hosted/{hosted}/attempts/{player.state()['attempt']}")
    assert re.findall(r"<span>(1\.\d+) ", page.text) == ["1.10", "1.9", "1.8"]


def test_long_commits_are_merged_at_once_and_are_not_held_in_memory_together(school, player):
    player.says({"cmi.suspend_data": "x" * 1000})
    assert school.rows("scorm_sco") == []
    player.says({"cmi.suspend_data": "x" * 100_000})
    assert [(row.item, row.sequence) for row in school.rows("scorm_sco")] == [("i1", 2)]


def test_a_commit_that_is_too_long_is_refused_before_it_is_read(player):
    answer = player.send(b"x" * (3 * 1024 * 1024))
    assert (answer.status_code, answer.json["result"]) == (413, "false")


def together(*works):
    """Does them at the same time; what each gives."""
    gate, found = Barrier(len(works)), [None] * len(works)

    def run(place, work):
        gate.wait()
        found[place] = work()

    threads = [Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_windows_that_open_at_the_same_time_are_sittings_of_their_own(school, player):
    attempt = player.state()["attempt"]
    cookie = school.browser("kari").get_cookie("lrs_bridge_session").value

    def opens():
        client = browsing.browser(school.app)
        client.set_cookie("lrs_bridge_session", cookie)
        return client.get(f"/learn/attempts/{attempt}").status_code

    assert together(*[opens] * 6) == [200] * 6
    assert sorted(row.number for row in school.rows("scorm_session")) == [1, 2, 3, 4, 5, 6, 7]


def test_an_end_that_is_told_many_times_at_once_is_one_result(school, player):
    ends = [player.message({"cmi.core.lesson_status": "completed"}, sequence=n, terminated=True) for n in range(1, 7)]
    answers = together(*[lambda end=end: player.send(end | {"reason": "terminate"}).status_code for end in ends])
    assert answers == [200] * 6
    assert len(school.rows("scorm_result")) == 1


# Files


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "..%5c..%5cwindows%5cwin.ini",
        "..\\..\\etc\\passwd",
        "%252e%252e%252fetc%252fpasswd",
        "index.html%00.js",
        "%ff%fe",
        "%ed%a0%80",
        "C:/windows/win.ini",
        "x" * 5000,
    ],
)
def test_no_path_leads_out_of_the_package(player, path):
    answer = player.get(f"/files/{ticket_of_files(player)}/{path}")
    assert (answer.status_code, "root:" in answer.text) == (404, False)


@pytest.mark.parametrize("path", ["/../../../../etc/passwd", "/index.html/..", "//etc/passwd", "", "/"])
def test_paths_that_are_put_in_order_lead_no_farther(player, path):
    answer = player.app.test_client().get(
        f"/files/{ticket_of_files(player)}{path}", base_url=player.origin, follow_redirects=True
    )
    assert (answer.status_code, urlsplit(answer.request.url).netloc) == (404, urlsplit(player.origin).netloc)


def test_a_file_is_found_where_an_author_wrote_two_slashes(school):
    player = school.sit(school.host(single_sco() | {"a/b.txt": "here"}))
    path = f"/files/{ticket_of_files(player)}/a//b.txt"
    with player.app.test_client().get(path, base_url=player.origin) as answer:
        assert (answer.status_code, answer.text) == (200, "here")


@pytest.mark.parametrize(
    "wanted",
    ["bytes=0-,0-,0-", "bytes=" + ",".join(["0-"] * 3000), "bytes=99999999999-", "bytes=" + "9" * 4000 + "-", "bytes=5-2"],
)
def test_odd_ranges_are_answered_with_what_there_is(player, wanted):
    with player.file("film.mp4", headers={"Range": wanted}) as answer:
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == "bytes */2048"
        assert answer.data == b""


def test_a_service_worker_is_refused_and_support_is_told(player, refusals):
    answer = player.file("course.js", headers={"Service-Worker": "script"})
    assert answer.status_code == 403
    attempt = player.state()["attempt"]
    assert [(what, fields["attempt"]) for what, fields in refusals()] == [("a service worker was refused", attempt)]


def test_every_answer_of_a_course_is_boxed_in(player):
    box = "sandbox allow-scripts allow-same-origin allow-forms allow-popups allow-downloads allow-modals"
    for path in ("index.html", "course.js", "imsmanifest.xml", "film.mp4"):
        with player.file(path) as answer:
            assert answer.headers["Content-Security-Policy"] == box
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "Set-Cookie" not in answer.headers


# The two origins


def test_the_player_speaks_the_readers_language_and_to_the_application_alone(player):
    page = player.get().text
    assert re.search(r'<html lang="[a-z]{2}">', page)
    assert f'data-shell="{PUBLIC_URL}"' in page


@pytest.mark.parametrize(
    "path", ["/hosted", "/login", "/metrics", "/learn/attempts/1", "//evil.example/", "/%0d%0aSet-Cookie:%20a=b", "/%5cevil"]
)
def test_the_courses_host_shows_no_page_of_the_application(player, path):
    answer = player.get(path)
    assert (answer.status_code, urlsplit(answer.location).netloc) in {(302, urlsplit(PUBLIC_URL).netloc), (404, b"")}
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("spelled", [str.upper, lambda host: f"{host.partition(':')[0]}.:8080", lambda host: f"www.{host}"])
def test_no_spelling_of_the_courses_host_has_both_courses_and_pages(player, spelled):
    host = spelled(urlsplit(player.origin).netloc)
    state, page = (
        player.app.test_client().get(path, headers={"Host": host}) for path in (f"/play/{player.ticket}/state", "/login")
    )
    assert (state.status_code, page.status_code) in {(200, 302), (404, 200)}


def test_a_forwarded_host_is_heeded_from_trusted_proxies_alone(player):
    forwarded = {"X-Forwarded-Host": urlsplit(PUBLIC_URL).netloc, "X-Forwarded-Prefix": "/x"}
    assert player.get("/login", headers=forwarded).status_code == 302
    assert player.get("state", headers=forwarded).status_code == 200


@pytest.mark.parametrize("path", ["/login", "/hosted/new", "/logout"])
def test_forms_of_a_course_are_refused_by_the_application(school, path):
    browser = school.browser("owner")
    answer = browser.post(path, data={"username": "x"}, headers={"Origin": "http://evil.localhost:8080"})
    assert answer.status_code == 400
    assert browser.get("/hosted").status_code == 200


# Courses that speak for themselves


def launched(school, package, who="kari"):
    """The parameters that a unit of its own is opened with."""
    attempt = school.begin(package, who=who)
    answer = browsing.submit(school.browser(who), f"/learn/attempts/{attempt}/units/0")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


def test_a_course_gets_no_key_to_the_session_of_the_frame_that_it_is_opened_in(school, app):
    wired, now, tenant = app.extensions["lrs_bridge"], school.ward.clock, school.tenant
    platform = framed.register(wired, now=now, tenant=tenant)
    user = launches.user_of(framed.ISSUER, "42")
    school.ward.do(lambda s: people.link_identifier(s, tenant, user, school.ward.kari, actor="test", now=now))
    entered = framed.enter(wired, platform, framed.launch(), now=now)
    base, client = f"/lti/in/{entered.session_id}.{entered.secret}", browsing.browser(app)
    hosted_id = school.host({"cmi5.xml": cmi5_xml(), "index.html": "x"})
    form = {"csrf_token": browsing.token(client, f"{base}/learn/{hosted_id}")}
    page = client.post(f"{base}/learn/{hosted_id}/start", data=form).location
    told = parse_qs(urlsplit(client.post(f"{page}/units/0", data=form).location).query)
    key = app.test_client().post(urlsplit(told["fetch"][0]).path).json["auth-token"]
    asked = {"activityId": told["activityId"][0], "agent": told["actor"][0], "registration": told["registration"][0]}
    answer = app.test_client().get(
        "/xapi/activities/state",
        query_string=asked | {"stateId": "LMS.LaunchData"},
        headers=VERSION | {"Authorization": f"Basic {key}"},
    )
    assert entered.secret not in answer.text
    assert answer.json["returnURL"].endswith(f"/lti/in/{entered.session_id}/learn/attempts/{told['registration'][0]}")


def test_a_course_with_a_key_reaches_its_own_documents_alone(school, app):
    hosted_id = school.host({"tincan.xml": tincan_xml("urn:example:course"), "index_lms.html": "x"})
    mine, others = launched(school, hosted_id), launched(school, hosted_id, who="ola")
    client, headers = app.test_client(), VERSION | {"Authorization": mine["auth"], "If-None-Match": "*"}

    def puts(resource, **asked):
        return client.put(f"/xapi/{resource}", query_string=asked, json={"a": 1}, headers=headers).status_code

    state, profile = "activities/state", "activities/profile"
    assert puts(state, activityId="urn:example:course", agent=mine["actor"], stateId="s") == 204
    assert puts(profile, activityId="urn:example:course/scene:1", profileId="p") == 204
    refused = [
        puts(state, activityId="https://other.example/course", agent=mine["actor"], stateId="s"),
        puts(state, activityId="urn:example:course2", agent=mine["actor"], stateId="s"),
        puts(profile, activityId="https://other.example/course", profileId="p"),
        puts(state, activityId="urn:example:course", agent=others["actor"], stateId="s"),
        puts(state, activityId="urn:example:course", agent=mine["actor"], stateId="s", registration=others["registration"]),
        puts("agents/profile", agent=others["actor"], profileId="p"),
    ]
    assert refused == [403] * 6


def test_a_key_completes_nothing_but_its_own_course(school, app):
    mine = launched(school, school.host({"tincan.xml": tincan_xml("urn:example:course"), "index_lms.html": "x"}))
    client, headers = app.test_client(), VERSION | {"Authorization": mine["auth"]}

    def says(object_id, **more):
        said = {
            "actor": json.loads(mine["actor"]),
            "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
            "object": {"id": object_id},
        }
        return client.post("/xapi/statements", json=said | more, headers=headers).status_code

    assert says("https://other.example/course") == 200
    assert school.rows("completion") == []
    assert says("urn:example:course", actor={"mbox": "mailto:ola@example.no"}) == 403
    assert says("urn:example:course", context={"registration": "5f4a1c7e-0d52-4c0b-9a3e-2f6b8d1e9c00"}) == 403
    assert school.rows("completion") == []
    assert says("urn:example:course") == 200
    assert len(school.rows("completion")) == 1


def test_a_key_is_good_for_its_own_attempt(school, app):
    hosted_id = school.host({"tincan.xml": tincan_xml("urn:example:course"), "index_lms.html": "x"})
    mine, others = launched(school, hosted_id), launched(school, hosted_id, who="ola")
    swapped = [_joined(others["auth"], mine["auth"]), _joined(mine["auth"], others["auth"]), "Basic Og==", "Basic AA=="]
    asked = [app.test_client().get("/xapi/statements", headers=VERSION | {"Authorization": each}) for each in swapped]
    assert [answer.status_code for answer in asked] == [401] * 4


def _joined(key_of, secret_of):
    """The key of one and the secret of another."""
    from base64 import b64decode, b64encode  # noqa: PLC0415

    key, secret = (b64decode(each.split()[1]).decode() for each in (key_of, secret_of))
    return "Basic " + b64encode(f"{key.partition(':')[0]}:{secret.partition(':')[2]}".encode()).decode()

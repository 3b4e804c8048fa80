"""Documents as an independent client sees them: the tincan package, which hands on tags but reads none itself."""

from threading import Thread

import pytest
import requests
from tincan import Activity, Agent, RemoteLRS
from tincan.documents import ActivityProfileDocument, AgentProfileDocument, StateDocument
from werkzeug.serving import make_server

from tests.support.lrs import VERSION, new_key
from tests.support.statements import COURSE, REGISTRATION

KARI = Agent(name="Kari Nordmann", mbox="mailto:kari@example.no")
ACTIVITY = Activity(id=COURSE)


@pytest.fixture
def lrs(app):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    serving = Thread(target=server.serve_forever, daemon=True)
    serving.start()
    key, secret = new_key(app.extensions["lrs_bridge"].engine)
    yield RemoteLRS(endpoint=f"http://127.0.0.1:{server.port}/xapi/", username=key, password=secret)
    server.shutdown()
    serving.join()
    server.server_close()


def tag(answer):
    return answer.response.getheader("ETag")


def post(lrs, resource, **parameters):
    headers = {"Authorization": lrs.auth} | VERSION
    answer = requests.post(lrs.endpoint + resource, params=parameters, json={"a": 1}, headers=headers, timeout=60)
    assert answer.status_code == 204


def state(content, **more):
    return StateDocument(activity=ACTIVITY, agent=KARI, id="bokmerke", content=bytearray(content), **more)


def test_saves_reads_lists_and_clears_states(lrs):
    assert lrs.save_state(state(b"side 3", content_type="text/plain")).success
    found = lrs.retrieve_state(ACTIVITY, KARI, "bokmerke")
    assert found.success
    assert (bytes(found.content.content), found.response.getheader("Content-Type")) == (b"side 3", "text/plain")
    assert lrs.retrieve_state_ids(ACTIVITY, KARI).content == ["bokmerke"]
    assert lrs.retrieve_state_ids(ACTIVITY, KARI, registration=REGISTRATION).content == []
    assert lrs.delete_state(state(b"")).success
    assert lrs.retrieve_state_ids(ACTIVITY, KARI).content == []
    assert lrs.save_state(state(b"side 4")).success
    assert lrs.clear_state(ACTIVITY, KARI).success
    assert lrs.retrieve_state_ids(ACTIVITY, KARI).content == []


def test_changes_a_state_once_when_its_tag_is_sent_back(lrs):
    assert lrs.save_state(state(b"1")).success
    etag = tag(lrs.retrieve_state(ACTIVITY, KARI, "bokmerke"))
    repeated = lrs.save_state(state(b"2", etag=etag))  # the package sends each state twice: its second try comes too late
    assert repeated.response.status == 412
    assert bytes(lrs.retrieve_state(ACTIVITY, KARI, "bokmerke").content.content) == b"2"
    assert lrs.save_state(state(b"3", etag=etag)).response.status == 412
    assert bytes(lrs.retrieve_state(ACTIVITY, KARI, "bokmerke").content.content) == b"2"


def test_replaces_an_agent_profile_when_its_tag_is_sent_back(lrs):
    post(lrs, "agents/profile", profileId="valg", agent=KARI.to_json("1.0.3"))
    etag = tag(lrs.retrieve_agent_profile(KARI, "valg"))
    new = AgentProfileDocument(agent=KARI, id="valg", content=bytearray(b"2"), etag=etag)
    assert lrs.save_agent_profile(new).success
    assert lrs.save_agent_profile(new).response.status == 412
    assert bytes(lrs.retrieve_agent_profile(KARI, "valg").content.content) == b"2"
    assert lrs.retrieve_agent_profile_ids(KARI).content == ["valg"]
    assert lrs.delete_agent_profile(new).response.status == 412
    new.etag = tag(lrs.retrieve_agent_profile(KARI, "valg"))
    assert lrs.delete_agent_profile(new).success
    assert lrs.retrieve_agent_profile_ids(KARI).content == []


def test_replaces_an_activity_profile_when_its_tag_is_sent_back(lrs):
    post(lrs, "activities/profile", profileId="valg", activityId=COURSE)
    etag = tag(lrs.retrieve_activity_profile(ACTIVITY, "valg"))
    new = ActivityProfileDocument(activity=ACTIVITY, id="valg", content=bytearray(b"2"), etag=etag)
    assert lrs.save_activity_profile(new).success
    assert lrs.save_activity_profile(new).response.status == 412
    assert bytes(lrs.retrieve_activity_profile(ACTIVITY, "valg").content.content) == b"2"
    assert lrs.retrieve_activity_profile_ids(ACTIVITY).content == ["valg"]
    assert lrs.delete_activity_profile(new).response.status == 412
    new.etag = tag(lrs.retrieve_activity_profile(ACTIVITY, "valg"))
    assert lrs.delete_activity_profile(new).success
    assert lrs.retrieve_activity_profile_ids(ACTIVITY).content == []


def test_makes_no_profile_without_a_condition_which_the_package_cannot_send(lrs):
    for new, save in (
        (AgentProfileDocument(agent=KARI, id="valg", content=bytearray(b"1")), lrs.save_agent_profile),
        (ActivityProfileDocument(activity=ACTIVITY, id="valg", content=bytearray(b"1")), lrs.save_activity_profile),
    ):
        answer = save(new)
        assert (answer.success, answer.response.status) == (False, 400)
        assert "If-None-Match: *" in answer.data

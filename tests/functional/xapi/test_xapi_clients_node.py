"""The LRS as clients of others see it: TinCanJS, @xapi/xapi and ADL's wrapper under node, over HTTP."""

from itertools import count

import pytest

from tests.support.clients import BOOKMARK, COURSE, check_attachments, check_document, check_statements, sha1_of_bookmark
from tests.support.databases import served
from tests.support.lrs import new_key_at
from tests.support.node import run_client

DRIVERS = {"tincanjs": "tincanjs", "@xapi/xapi": "xapi", "adl-xapiwrapper": "adl"}
DOCUMENTS = ("state", "activityProfile", "agentProfile")
every_client = pytest.mark.parametrize("package", DRIVERS)
full_client = pytest.mark.parametrize("package", ["tincanjs", "@xapi/xapi"])
every_document = pytest.mark.parametrize("document", DOCUMENTS)


TENANTS = count()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request, tmp_path_factory):
    with served(request.param, tmp_path_factory.mktemp("clients"), workers=1) as server:
        yield server


@pytest.fixture
def run(server):
    """Takes a step of a client's driver, with a key to a tenant of the test's own."""
    key, secret = new_key_at(server.database_url, tenant=f"clients-{next(TENANTS)}")

    def step(package, name, **more):
        endpoint = f"{server.url}/xapi/"
        return run_client(package, DRIVERS[package], name, endpoint=endpoint, key=key, secret=secret, **more)

    return step


@every_client
def test_saves_pages_and_voids_when_a_client_sends_statements(run, package):
    check_statements(run(package, "statements"))


@every_client
def test_tells_a_version_that_the_client_speaks_when_asked_about_itself(run, package):
    found = run(package, "about")
    assert found["err"] is None
    assert "1.0.3" in found["versions"]


@full_client
@every_document
def test_keeps_documents_under_their_etags_when_a_client_has_them(run, package, document):
    check_document(run(package, document))


@every_document
def test_takes_etags_without_quotes_when_adls_wrapper_computes_them(run, document):
    found = run("adl-xapiwrapper", document)
    accepted = ("create", "replace")
    assert {name: found[name] for name in accepted} == dict.fromkeys(accepted)
    assert found["contents"] == BOOKMARK
    assert found["etag"] == f'"{found["own"]}"' == f'"{sha1_of_bookmark()}"'
    assert (found["stale"], found["taken"]) == (412, 412)
    assert found["replaced"] == {"side": 4}
    assert found["typo"] == 400  # text sent as application/octect-stream is no JSON to merge with
    assert found["ids"] == ["bokmerke"]


def test_merges_json_when_adls_wrapper_posts_an_object(run):
    found = run("adl-xapiwrapper", "merging")
    assert (found["create"], found["merge"], found["stale"]) == (None, None, 412)
    assert found["merged"] == BOOKMARK | {"ark": 1}


@pytest.mark.parametrize(("package", "more"), [("tincanjs", {}), ("@xapi/xapi", {"adapter": "fetch"})])
def test_gives_back_the_file_when_a_client_sent_it_along(run, package, more):
    check_attachments(run(package, "attachments", **more))  # under node axios would call what @xapi/xapi sends octet-stream


def test_takes_the_same_calls_when_the_client_speaks_2_0(run):
    check_statements(run("@xapi/xapi", "statements", version="2.0.0"))
    check_document(run("@xapi/xapi", "state", version="2.0.0"))


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_keeps_states_of_registrations_apart_when_a_client_names_them(run, version):
    found = run("@xapi/xapi", "registrations", version=version)
    assert found["both"] == [{"n": 1}, {"n": 2}]
    assert found["ids"] == ["a", "b"]
    assert found["text"] == ["bare tekst", "text/plain"]
    assert found["drop"] is None
    assert found["left"] == [[], ["a"]]


def test_describes_agents_and_activities_when_a_client_asks(run):
    found = run("@xapi/xapi", "discovery")
    assert found["agent"] == {"objectType": "Person", "name": ["Kari Nordmann"], "mbox": ["mailto:kari@example.no"]}
    assert found["activity"]["id"] == COURSE
    assert found["activity"]["definition"]["name"] == {"nb": "Smittevern på «sengepost»"}

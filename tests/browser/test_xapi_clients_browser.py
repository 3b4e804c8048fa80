"""Course content of another origin, in Chromium, with the browser builds of TinCanJS, @xapi/xapi and ADL's xAPIWrapper."""

from itertools import count

import pytest

from tests.support.clients import BOOKMARK, CERTIFICATE, check_attachments, check_document, check_statements, sha1_of_bookmark
from tests.support.databases import served
from tests.support.lrs import new_key_at
from tests.support.pages import ContentHost

BUILDS = {
    "tincanjs": ("tincanjs/build/tincan-min.js", "TinCan", "tincanjs"),
    "@xapi/xapi": ("@xapi/xapi/dist/XAPI.umd.js", "XAPI", "xapi"),
    "xapiwrapper": ("xapiwrapper/dist/xapiwrapper.min.js", "ADL", "adl_browser"),
}
DOCUMENTS = ("state", "activityProfile", "agentProfile")
STATE = 'activities/state?activityId=https://kurs.example.no/a&stateId=b&agent={"mbox":"mailto:kari@example.no"}'
TENANTS = count()
TAKE_STEP = """async ([driver, global, step, settings]) => {
    const steps = await import(`/clients/${driver}.mjs`);
    const trouble = new Promise((_, reject) => {
        window.addEventListener("error", (event) => reject(event.error));
        setTimeout(() => reject(new Error("no answer after 30 seconds")), 30_000);
    });
    return await Promise.race([steps[step](steps.connect(window[global], settings), settings), trouble]);
}"""
ASK = """async ([url, settings]) => {
    const answer = await fetch(url, settings);
    return {status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text()};
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served("sqlite", tmp_path_factory.mktemp("lrs"), workers=1) as server:
        yield server


@pytest.fixture(scope="module")
def host():
    host = ContentHost().start()
    yield host
    host.stop()


@pytest.fixture
def key(server):
    return new_key_at(server.database_url, tenant=f"browser-{next(TENANTS)}")


@pytest.fixture
def page(chromium, host):
    context = chromium.new_context(base_url=host.url)
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()


@pytest.fixture
def run(page, server, key):
    """Takes a step of a client's driver on the page."""

    def step(package, name, **more):
        build, name_of_global, driver = BUILDS[package]
        page.add_script_tag(url=f"/modules/{build}")
        settings = {"endpoint": f"{server.url}/xapi/", "key": key[0], "secret": key[1], **more}
        return page.evaluate(TAKE_STEP, [driver, name_of_global, name, settings])

    return step


@pytest.fixture
def ask(page, server, key):
    """Asks the LRS as a script of the page does."""

    def fetch(path, method="GET", *, body=None, secret=None, **headers):
        page.evaluate("([key, secret]) => { window.basic = 'Basic ' + btoa(`${key}:${secret}`); }", [key[0], secret or key[1]])
        known = {"Authorization": page.evaluate("window.basic"), "X-Experience-API-Version": "1.0.3"}
        sent = {"method": method, "headers": known | {name.replace("_", "-"): value for name, value in headers.items()}}
        return page.evaluate(ASK, [f"{server.url}/xapi/{path}", sent | ({} if body is None else {"body": body})])

    return fetch


@pytest.mark.parametrize("package", BUILDS)
def test_saves_pages_and_voids_when_content_of_another_origin_sends_statements(run, package):
    check_statements(run(package, "statements"))


@pytest.mark.parametrize("package", BUILDS)
def test_tells_its_versions_when_content_of_another_origin_asks(run, package):
    assert "1.0.3" in run(package, "about")["versions"]


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("package", ["tincanjs", "@xapi/xapi"])
def test_keeps_documents_under_their_etags_when_content_of_another_origin_has_them(run, package, document):
    check_document(run(package, document))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_keeps_documents_when_adls_wrapper_of_another_origin_has_them(run, document):
    found = run("xapiwrapper", document)
    accepted = ("create", "merge", "drop")
    assert {name: found[name] for name in accepted} == dict.fromkeys(accepted)
    assert found["contents"] == BOOKMARK
    assert found["etag"] == f'"{found["own"]}"' == f'"{sha1_of_bookmark()}"'
    assert (found["stale"], found["taken"]) == (412, 412)
    assert found["merged"] == BOOKMARK | {"ark": 1}
    assert found["ids"] == ["bokmerke"]
    assert found["dropped"] == 404


@pytest.mark.parametrize("package", ["tincanjs", "@xapi/xapi"])
def test_gives_back_the_file_when_content_of_another_origin_sent_it_along(run, package):
    check_attachments(run(package, "attachments"))


def test_gives_back_the_file_when_adls_wrapper_of_another_origin_sent_it_along(run):
    found = run("xapiwrapper", "attachments")
    assert found["errors"] == [None, None]
    assert found["type"].startswith("multipart/mixed; boundary=")
    assert f"X-Experience-API-Hash: {found['sha2']}\r\n" in found["whole"]
    assert f"\r\n\r\n{CERTIFICATE}\r\n--" in found["whole"]


def test_understands_the_alternate_syntax_when_tincanjs_has_more_than_2048_characters(run):
    found = run("tincanjs", "long")
    assert set(found["errors"]) == {None}
    assert found["found"] == [True]
    assert found["contents"] == {"tekst": "æ & ø = å + ☃"}
    assert found["stale"] == 412


def test_lets_a_script_read_what_the_headers_tell_when_it_is_of_another_origin(ask):
    path = "activities/profile?activityId=https://kurs.example.no/a&profileId=p"
    made = ask(path, "PUT", body='{"a": 1}', Content_Type="application/json", If_None_Match="*")
    assert made["status"] == 204
    found = ask(path)
    assert found["headers"]["etag"].startswith('"')
    assert {"last-modified", "content-type", "x-experience-api-version"} <= set(found["headers"])
    assert ask(path, "DELETE", If_Match=found["headers"]["etag"])["status"] == 204
    assert "x-experience-api-consistent-through" in ask("statements")["headers"]


@pytest.mark.parametrize("path", [STATE, "statements", "about"])
def test_reads_the_newest_when_a_page_asks_again(ask, path):
    ask(STATE, "PUT", body='{"side": 1}', Content_Type="application/json")
    told = ask(path)["headers"]["cache-control"]  # Chromium would keep for a while what has a Last-Modified and says nothing
    assert {"no-cache", "no-store"} & set(told.replace(" ", "").split(","))


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("statements", {"secret": "wrong"}, 401),
        ("statements?limit=x", {}, 400),
        ("nothing", {}, 404),
        ("statements", {"method": "DELETE"}, 405),
    ],
)
def test_lets_a_script_read_the_reason_when_it_is_refused(ask, path, more, status):
    found = ask(path, **more)
    assert (found["status"], found["headers"]["content-type"]) == (status, "application/json")
    assert '"message"' in found["text"]
    assert "basic" not in found["headers"].get("www-authenticate", "").lower()  # else the browser asks for a password itself

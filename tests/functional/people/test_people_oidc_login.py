import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey

from lrs_bridge.app import create_app
from lrs_bridge.db import audit, read, transact
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.people import client as people_client
from lrs_bridge.people import service
from tests.support.browsing import browser, set_clock, submit
from tests.support.browsing import log_in as log_in_locally
from tests.support.cast import ANNE, KARI, NORTH, OLA, load
from tests.support.environment import settings_for
from tests.support.openid import OpenIDProvider, log_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # tests/store/people has both databases

SERVICE = "http://localhost"


@pytest.fixture(scope="module")
def provider():
    provider = OpenIDProvider(SERVICE).start()
    yield provider
    provider.stop()


@pytest.fixture
def make_app(database_url, tmp_path):
    """Applications configured for a provider, all on one database with the cast in it."""
    made = []

    def make(provider, **changes):
        path = tmp_path / f"providers-{len(made)}.toml"
        path.write_text(provider.toml(**changes))
        settings = settings_for(database_url, tmp_path, PUBLIC_URL=SERVICE, OIDC_PROVIDERS_FILE=str(path))
        app = create_app(settings)
        app.testing = True
        if not made:
            transact(app.extensions["lrs_bridge"].engine, lambda session: load(session, ["anne"]))
        made.append(app)
        return app

    people_client._kept.clear()
    yield make
    for app in made:
        app.extensions["lrs_bridge"].engine.dispose()


@pytest.fixture
def app(make_app, provider):
    return make_app(provider)


@pytest.fixture
def client(app):
    return browser(app)


@pytest.fixture
def people(app):
    return app.extensions["lrs_bridge"].engine


def begin(client, target="/help") -> str:
    """Where the service sends the browser to log in."""
    answer = client.get("/login/oidc/test", query_string={"next": target})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def come_back(client, login="hpr-700001", target="/help") -> str:
    """The address that the provider sends the browser back to, after a login there."""
    return log_in(begin(client, target), login, SERVICE)


def who(client) -> str:
    text = client.get("/help").text
    return text.split('who__name">')[1].split("<")[0] if "who__name" in text else ""


def changed(url: str, **changes: str | None) -> str:
    parts = urlsplit(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()} | changes
    return parts.path + "?" + "&".join(f"{key}={value}" for key, value in query.items() if value is not None)


def test_login_page_offers_the_provider(client, people):
    assert 'href="/login/oidc/test?next=/help"' in client.get("/login?next=/help").text


def test_login_asks_for_proof_that_only_this_browser_can_use(client, people, provider):
    asked = parse_qs(urlsplit(begin(client)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["acr_values"] == ["high"]
    assert asked["redirect_uri"] == [provider.redirect_uri]
    again = parse_qs(urlsplit(begin(client)).query)
    for secret in ("state", "nonce", "code_challenge"):
        assert len(asked[secret][0]) >= 43
        assert asked[secret] != again[secret]


def test_person_is_recognised_by_hpr_number_and_then_by_subject(client, people):
    answer = client.get(come_back(client))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/help")
    assert who(client) == "Kari Nordmann"
    with client.session_transaction() as session:
        assert (session["provider"], session["assurance"]) == ("test", "high")
    known_as = read(people, lambda session: service.identifiers_of(session, NORTH, KARI))
    assert [i.value for i in known_as if i.kind is IdentifierKind.OIDC_SUBJECT] == ["hpr-700001"]
    events = read(people, lambda session: audit.find(session, NORTH, subject=f"person:{KARI}"))
    assert {e.action for e in events if e.actor == "provider:test"} == {"identifier.link"}


def test_answer_is_refused_when_it_is_used_twice(client, people):
    url = come_back(client)
    client.get(url)
    answer = client.get(url)
    assert answer.status_code == 403
    assert "You are not logged in" in answer.text


def test_answer_is_refused_when_another_browser_asked_for_it(app, people):
    attacker, victim = browser(app), browser(app)
    url = come_back(attacker)
    begin(victim)
    answer = victim.get(url)
    assert answer.status_code == 403
    assert who(victim) == ""


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"state": "another"}, id="wrong state"),
        pytest.param({"state": None}, id="no state"),
        pytest.param({"code": "another"}, id="wrong code"),
        pytest.param({"code": None}, id="no code"),
        pytest.param({"iss": "https://evil.example.no"}, id="another issuer"),
        pytest.param({"iss": None}, id="no issuer, from a provider that names itself"),
        pytest.param({"error": "access_denied", "code": None}, id="broken off"),
    ],
)
def test_answer_is_refused_when_altered(client, people, changes):
    answer = client.get(changed(come_back(client), **changes))
    assert answer.status_code == 403
    assert who(client) == ""


@pytest.mark.parametrize("secret", ["nonce", "verifier"])
def test_answer_is_refused_when_it_belongs_to_another_login(client, people, secret):
    url = come_back(client)
    with client.session_transaction() as session:
        pending = session["logins"]
        (state,) = pending
        session["logins"] = {state: pending[state] | {secret: "x" * 43}}
    assert client.get(url).status_code == 403
    assert who(client) == ""


def test_answer_is_refused_when_it_comes_late(app, client, people):
    url = come_back(client)
    set_clock(app, datetime.now(UTC) + timedelta(minutes=16))
    answer = client.get(url)
    assert answer.status_code == 403
    assert "took too long" in answer.text


def test_login_is_refused_when_it_is_weaker_than_required(client, people):
    answer = client.get(come_back(client, "weak-kari"))
    assert answer.status_code == 403
    assert "not strong enough" in answer.text
    assert who(client) == ""


def test_some_tabs_may_log_in_at_once(client, people):
    first, second = begin(client, "/help"), begin(client, "/accessibility")
    assert client.get(log_in(first, "hpr-700001", SERVICE)).headers["Location"] == "/help"
    assert client.get(log_in(second, "hpr-700001", SERVICE)).status_code == 403  # the first login began a new session


def test_oldest_login_gives_way_when_too_many_are_under_way(client, people):
    urls = [begin(client) for _tab in range(4)]
    assert client.get(log_in(urls[0], "hpr-700001", SERVICE)).status_code == 403
    assert client.get(log_in(urls[1], "hpr-700001", SERVICE)).status_code == 303


def test_login_leads_nowhere_but_here(client, people):
    assert client.get(come_back(client, target="//evil.example")).headers["Location"] == "/"


def test_unknown_person_is_told_whom_to_contact_and_listed_for_the_administrator(app, client, people):
    answer = client.get(come_back(client, "stranger"))
    assert answer.status_code == 403
    assert "Help desk, 55 00 00 00" in answer.text
    assert who(client) == ""
    administrator = browser(app)
    log_in_locally(administrator, "anne")
    page = administrator.get("/unknown-logins")
    assert "Name of stranger" in page.text
    assert "Test-ID" in page.text


def test_nobody_is_recognised_by_an_address(client, people):
    answer = client.get(come_back(client, "kari@north"))  # the provider says kari@north@example.no
    assert answer.status_code == 403


def test_unknown_person_can_log_in_when_the_administrator_has_linked_the_login(app, client, people, provider):
    client.get(come_back(client, "stranger"))
    administrator = browser(app)
    log_in_locally(administrator, "anne")
    named = {"issuer": provider.issuer, "subject": "stranger"}
    found = administrator.get("/unknown-logins", query_string=named | {"text": "østby"})
    assert f'value="{OLA}"' in found.text
    assert "Nobody was found." in administrator.get("/unknown-logins", query_string=named | {"text": "xyz"}).text
    answer = submit(administrator, "/unknown-logins", person_id=str(OLA), **named)
    assert answer.headers["Location"] == "/unknown-logins"
    page = administrator.get("/unknown-logins").text
    assert "The person can log in now." in page
    assert "There are no unknown logins" in page
    assert client.get(come_back(client, "stranger")).status_code == 303
    assert who(client) == "Ola Østby"


def test_unknown_login_leaves_the_list_when_dismissed(app, client, people, provider):
    client.get(come_back(client, "stranger"))
    administrator = browser(app)
    log_in_locally(administrator, "anne")
    submit(administrator, "/unknown-logins", dismiss="1", issuer=provider.issuer, subject="stranger")
    assert "There are no unknown logins" in administrator.get("/unknown-logins").text
    events = read(people, lambda session: audit.find(session, NORTH, subject="login"))
    assert [(e.action, e.actor) for e in events] == [("login.dismiss", f"person:{ANNE}")]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"subject": "x"}, 400),
        ({"issuer": "i", "subject": "x"}, 400),
        ({"issuer": "i", "subject": "x", "person_id": str(OLA)}, 404),
    ],
    ids=["no issuer", "nobody chosen", "no such login"],
)
def test_settling_an_unknown_login_is_refused_when_it_makes_no_sense(app, people, fields, status):
    administrator = browser(app)
    log_in_locally(administrator, "anne")
    assert submit(administrator, "/unknown-logins", **fields).status_code == status


def test_unknown_logins_are_for_administrators(client, people):
    client.get(come_back(client))
    assert client.get("/unknown-logins").status_code == 403
    assert submit(client, "/unknown-logins", dismiss="1", issuer="i", subject="s").status_code == 403


def test_login_is_refused_when_the_registers_contradict_each_other(client, people, provider):
    subject = Identifier(IdentifierKind.OIDC_SUBJECT, provider.issuer, "hpr-700001")
    now = datetime.now(UTC)
    transact(people, lambda session: service.link_identifier(session, NORTH, subject, OLA, actor="system", now=now))
    answer = client.get(come_back(client))
    assert answer.status_code == 403
    assert "two different persons" in answer.text


def test_hpr_number_counts_for_nothing_when_it_is_not_trusted(make_app, provider, people):
    app = make_app(provider, hpr_claim=None)
    assert browser(app).get(come_back(browser(app))).status_code == 403


def test_logout_ends_the_session_at_the_provider_too(client, people, provider):
    client.get(come_back(client))
    page = client.get("/help")
    assert f"form-action 'self' {provider.issuer}" in page.headers["Content-Security-Policy"]
    answer = submit(client, "/logout")
    target = urlsplit(answer.headers["Location"])
    asked = parse_qs(target.query)
    assert f"{target.scheme}://{target.netloc}" == provider.issuer
    assert asked["post_logout_redirect_uri"] == [f"{SERVICE}/logged-out"]
    assert asked["id_token_hint"][0].count(".") == 2
    assert who(client) == ""


def test_id_token_is_never_kept_in_the_open(client, people):
    client.get(come_back(client))
    rows = read(people, lambda session: session.exec_driver_sql("select sealed_id_token from login_session").all())
    (sealed,) = [row[0] for row in rows if row[0]]
    assert "." not in sealed
    assert "eyJ" not in sealed


@pytest.mark.parametrize("path", ["/login/oidc/other", "/login/oidc/other/callback"])
def test_provider_is_not_found_when_unknown(client, people, path):
    assert client.get(path).status_code == 404


def test_page_says_that_another_service_failed_when_the_provider_is_gone(make_app, people):
    gone = OpenIDProvider(SERVICE).start()
    gone.stop()
    client = browser(make_app(gone))
    answer = client.get("/login/oidc/test")
    assert answer.status_code == 502
    assert "Another service did not answer as it should" in answer.text
    assert "Error id" in answer.text


def test_logout_works_when_the_provider_is_gone(make_app, people):
    leaving = OpenIDProvider(SERVICE).start()
    client = browser(make_app(leaving))
    client.get(come_back(client))
    leaving.stop()
    people_client._kept.clear()
    assert submit(client, "/logout").headers["Location"] == "/logged-out"
    assert who(client) == ""


def test_login_works_with_a_private_key_and_pushed_requests(make_app, people):
    key = ECKey.generate_key("P-256", {"kid": "client-1", "alg": "ES256", "use": "sig"}, private=True)
    strict = OpenIDProvider(SERVICE, pushed=True, private_key=key.as_dict(private=True)).start()
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("CLIENT_KEY", json.dumps(key.as_dict(private=True)))
            client = browser(make_app(strict, client_secret=None, client_key_env='"CLIENT_KEY"'))
        asked = parse_qs(urlsplit(begin(client)).query)
        assert set(asked) == {"client_id", "request_uri"}
        assert client.get(come_back(client)).status_code == 303
        assert who(client) == "Kari Nordmann"
    finally:
        strict.stop()

"""Each step of a login and a launch has launches that fail there alone: spoil one thing in a right one, and it is refused."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import requests

from lrs_bridge.lti.platforms import service as platforms
from tests.support.lti.messages import (
    LTI,
    LTI_DL,
    Key,
    Message,
    altered_after_signing,
    claim,
    cut_signature,
    headed,
    shifted,
    signed_by_stranger,
)
from tests.support.lti.own_platform import DEEP_LINKING, OwnPlatform
from tests.support.lti.tool import TENANT
from tests.support.lti.walking import Step, Walker, before, changing, forms

OTHER = "https://other.example.no"
NO_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Spoilt:
    """What is wrong with a launch: a fault of the message, of the login request, or of what the browser posts.

    ``{tool}`` and ``{platform}`` in texts are their addresses.
    """

    step: str
    fault: Callable[[Message], None] | None = None
    login: dict[str, str | None] = field(default_factory=dict)
    posted: dict[str, str | None] = field(default_factory=dict)
    target: str | None = None
    kind: str | None = None
    user: str = "student"
    in_journal: bool = True


def spoilt(step: str, what: str, **more):
    return pytest.param(Spoilt(step, **more), id=f"{step}: {what}")


def target(change: Callable[[str], str]):
    """A fault: the message is for another address than the login, on the tool."""

    def spoil(message: Message) -> None:
        message.claims[LTI + "target_link_uri"] = change(message.claims[LTI + "target_link_uri"])

    return spoil


PLAN = "{tool}/lti/launch/plan"
CASES = [
    spoilt("login", "no login_hint", login={"login_hint": None}, in_journal=False),
    spoilt("login", "no target_link_uri", login={"target_link_uri": None}, in_journal=False),
    spoilt("login", "no issuer", login={"iss": None}, in_journal=False),
    spoilt("login", "an endless deployment", login={"lti_deployment_id": "1" * 300}, in_journal=False),
    spoilt("platform", "an unknown issuer", login={"iss": OTHER}, in_journal=False),
    spoilt("platform", "an unknown client", login={"client_id": "nobody"}, in_journal=False),
    spoilt("target", "a login for another host", login={"target_link_uri": f"{OTHER}/lti/launch"}, in_journal=False),
    spoilt("target", "a login for a host like ours", login={"target_link_uri": "{tool}.evil/lti/launch"}, in_journal=False),
    spoilt("target", "a login for another page", login={"target_link_uri": "{tool}/plan"}, in_journal=False),
    spoilt("target", "a login for a script", login={"target_link_uri": "javascript:alert(1)"}, in_journal=False),
    spoilt("state", "no state", posted={"state": None}, in_journal=False),
    spoilt("state", "a made-up state", posted={"state": "made up"}, in_journal=False),
    spoilt("state", "an unsigned state", posted={"state": "WyJ0b2tlbiJd.c2lnbmF0dXJl"}, in_journal=False),
    spoilt("answer", "no token", posted={"id_token": None}, in_journal=False),
    spoilt("answer", "no token but words", posted={"id_token": "words"}, in_journal=False),
    spoilt("answer", "an error", posted={"id_token": None, "error": "access_denied"}, in_journal=False),
    spoilt("algorithm", "none", fault=headed(alg="none"), in_journal=False),
    spoilt("algorithm", "HS256 with the public key", fault=headed(alg="HS256"), in_journal=False),
    spoilt("algorithm", "RS512", fault=headed(alg="RS512"), in_journal=False),
    spoilt("key", "an unknown kid", fault=headed(kid="nobody")),
    spoilt("key", "another kid of no RSA key", fault=headed(kid="elliptic")),
    spoilt("signature", "a stranger's", fault=signed_by_stranger),
    spoilt("signature", "none", fault=cut_signature),
    spoilt("signature", "of other claims", fault=altered_after_signing),
    spoilt("issuer", "another", fault=claim("iss", OTHER)),
    spoilt("issuer", "with a slash", fault=lambda message: message.claims.update(iss=message.claims["iss"] + "/")),
    spoilt("issuer", "none", fault=claim("iss", None)),
    spoilt("audience", "another", fault=claim("aud", "nobody")),
    spoilt("audience", "none", fault=claim("aud", None)),
    spoilt("audience", "others", fault=claim("aud", ["nobody", "somebody"])),
    spoilt("audience", "an object", fault=claim("aud", {"own-client": True})),
    spoilt("authorized_party", "none of several", fault=claim("aud", ["own-client", "somebody"])),
    spoilt("authorized_party", "another", fault=claim("azp", "somebody")),
    spoilt("time", "expired", fault=shifted(iat=-200, exp=-200)),
    spoilt("time", "from the future", fault=shifted(iat=200, exp=200)),
    spoilt("time", "hours old", fault=shifted(iat=-4000)),
    spoilt("time", "no expiry", fault=claim("exp", None)),
    spoilt("time", "no beginning", fault=claim("iat", None)),
    spoilt("time", "not yet", fault=claim("nbf", 4102444800)),
    spoilt("time", "a word", fault=claim("exp", "tomorrow")),
    spoilt("nonce", "another", fault=claim("nonce", "another")),
    spoilt("nonce", "none", fault=claim("nonce", None)),
    spoilt("version", "another", fault=claim("version", "1.1")),
    spoilt("version", "none", fault=claim("version", None)),
    spoilt("message", "of another type", fault=claim("message_type", "LtiStartProctoring")),
    spoilt("message", "of no type", fault=claim("message_type", None)),
    spoilt("message", "a review of nobody", fault=claim("message_type", "LtiSubmissionReviewRequest")),
    spoilt("message", "choosing, by a student", kind=DEEP_LINKING),
    spoilt(
        "message",
        "choosing, with nowhere to go",
        kind=DEEP_LINKING,
        user="teacher",
        fault=claim("deep_linking_settings", None, of=LTI_DL),
    ),
    spoilt("message", "an endless user", fault=claim("sub", "9" * 300)),
    spoilt("deployment", "another", fault=claim("deployment_id", "2")),
    spoilt("deployment", "none", fault=claim("deployment_id", None)),
    spoilt("deployment", "another tenant's", fault=claim("deployment_id", "of south")),
    spoilt("deployment", "another tenant's login", fault=claim("deployment_id", "1"), login={"lti_deployment_id": "of south"}),
    spoilt("target", "another host", fault=claim("target_link_uri", f"{OTHER}/lti/launch")),
    spoilt("target", "another place of ours", target=PLAN, fault=target(lambda url: url.replace("/plan", f"/activity/{NO_ID}"))),
    spoilt("target", "another query", target=PLAN, fault=target(lambda url: f"{url}?a=b")),
    spoilt("target", "no host of its own", fault=claim("target_link_uri", "/lti/launch")),
    spoilt("target", "none", fault=claim("target_link_uri", None)),
    spoilt("placement", "something that is gone", target=f"{{tool}}/lti/launch/activity/{NO_ID}"),
    spoilt("placement", "no id", target="{tool}/lti/launch/activity/..%2F..%2Fetc"),
    spoilt("placement", "something that never was", target="{tool}/lti/launch/secrets/1"),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def neighbours(tool, own_running):
    """Another tenant that has the same platform, by a deployment of its own."""
    tool.add_tenant("south")
    tool.register(own_running, tenant="south", deployment="of south")


@pytest.fixture
def unchanged(tool):
    """Nothing that launches store changes in the test."""
    before_it = tool.counts()
    yield
    assert tool.counts() == before_it


def assert_refused(step: Step, at: str) -> str:
    """The page names the step and an error id, and gives no session; the error id."""
    answer = step.answer
    assert 400 <= answer.status_code < 500, answer.text
    assert re.findall(r'<span class="mono" lang="en">(\w+)</span>', answer.text) == [at], answer.text
    named = re.search(r"<dd[^>]*>\s*(?:<[^>]+>)*([0-9a-f][0-9a-f-]{7,})", answer.text)
    assert named, f"no error id: {answer.text}"
    assert answer.headers["X-Request-ID"] == named[1]
    given = [written.partition("=")[0] for written in answer.raw.headers.getlist("Set-Cookie")]
    assert [name for name in given if "frame" in name or "session" in name] == []
    return named[1]


def filled(texts: dict[str, str | None], tool) -> dict[str, str | None]:
    return {name: value and value.replace("{tool}", tool.url) for name, value in texts.items()}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("unchanged")
def test_refuses_a_launch_when_it_fails_at_one_step(tool, own, case):
    before_it = len(tool.visits())
    own.fault, own.login_changes = case.fault, filled(case.login, tool)
    link = "spoilt"
    if case.target:
        own.links[link] = {"title": "Borte", "url": case.target.replace("{tool}", tool.url)}
    url = own.course_url(case.user, link, **({"message": case.kind} if case.kind else {}))
    browser = Walker()
    steps = browser.walk(url, change=changing("/lti/launch", **case.posted))
    error_id = assert_refused(steps[-1], case.step)
    assert not [name for _host, name, *_more in browser.jar if "frame" in name or "session" in name]
    told = tool.visits()[before_it:]
    if case.in_journal:
        assert [(visit["failed_step"], visit["error_id"]) for visit in told] == [(case.step, error_id)]


def test_takes_the_launch_when_nothing_is_spoilt(tool, own):
    before_it = tool.counts()
    _browser, steps = tool.walk(own, "student", "unspoilt")
    assert steps[-1].answer.status_code == 200, steps[-1].answer.text
    assert steps[-1].path.startswith("/lti/in/")
    assert tool.counts()["lti_session"] == before_it["lti_session"] + 1
    assert tool.counts()["lti_link"] == before_it["lti_link"] + 1


TOLERATED = {
    "our client alone in a list": claim("aud", ["own-client"]),
    "several audiences, given to us": lambda m: m.claims.update(aud=["own-client", "somebody"], azp="own-client"),
    "the issuer's clock a bit slow": shifted(iat=-90, exp=-90),
    "the issuer's clock a bit fast": shifted(iat=45, exp=45),
    "no resource link id": claim("resource_link", {"title": "Blackboard's"}),
    "no resource link": claim("resource_link", None),
    "no name and no address": lambda m: [m.claims.pop(name) for name in ("name", "given_name", "family_name", "email")],
    "no context": claim("context", None),
    "no services": lambda m: [m.claims.pop(name) for name in list(m.claims) if "-ags/" in name or "-nrps/" in name],
    "no roles": claim("roles", []),
    "short roles": claim("roles", ["Learner"]),
    "a number as the deployment": claim("deployment_id", 1),
    "no kid where there is one key": headed(kid=None),
    "fractions of seconds": lambda m: m.claims.update(iat=m.claims["iat"] + 0.5, exp=m.claims["exp"] + 0.5),
}


@pytest.mark.parametrize("fault", TOLERATED.values(), ids=TOLERATED)
def test_takes_a_launch_when_it_is_odd_but_right(tool, own, fault):
    own.fault = fault
    _browser, steps = tool.walk(own, "student", "odd")
    assert steps[-1].answer.status_code == 200, steps[-1].answer.text
    assert steps[-1].path.startswith("/lti/in/")


def begun(own, **named) -> tuple[Walker, Step]:
    """A browser that is about to post the platform's message, and the page with its form."""
    browser = Walker()
    steps = browser.walk(own.course_url(**named), change=before("/lti/launch"))
    return browser, steps[-1]


def test_refuses_a_message_when_it_was_used_before(tool, own):
    browser, page = begun(own)
    kept, (form,) = dict(browser.jar), forms(page.answer)
    assert browser.send(form)[0].answer.status_code == 303
    browser.jar = kept | browser.jar  # a thief has the browser's cookie too
    before_it = tool.counts()
    assert_refused(browser.send(form)[-1], "replay")
    assert tool.counts() == before_it


def test_refuses_the_second_when_a_message_is_posted_twice_at_once(tool, own):
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    browser, page = begun(own)
    (form,) = forms(page.answer)
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies(form.action).items())}

    def post(_number):
        return requests.post(form.action, data=form.fields, headers=cookies, allow_redirects=False, timeout=30).status_code

    before_it = tool.counts()["lti_session"]
    with ThreadPoolExecutor(4) as several:
        statuses = sorted(several.map(post, range(4)))
    assert statuses == [303, 403, 403, 403]
    assert tool.counts()["lti_session"] == before_it + 1


@pytest.mark.usefixtures("unchanged")
def test_refuses_a_message_when_another_browser_began_the_login(own):
    _attacker, page = begun(own)
    victim = Walker()
    assert_refused(victim.send(forms(page.answer)[0])[-1], "browser")


@pytest.mark.usefixtures("unchanged")
def test_refuses_a_message_when_another_login_of_the_victim_is_open(own):
    _attacker, page = begun(own)
    victim, _own_page = begun(own, user="second")
    assert_refused(victim.send(forms(page.answer)[0])[-1], "browser")


@pytest.mark.usefixtures("unchanged")
def test_refuses_a_token_when_it_is_sent_with_another_login_of_the_same_browser(own):
    browser, first = begun(own)
    second = browser.walk(own.course_url(), change=before("/lti/launch"))[-1]
    swapped = forms(first.answer)[0].fields["id_token"]
    assert_refused(browser.send(forms(second.answer)[0], id_token=swapped)[-1], "nonce")


@pytest.mark.usefixtures("unchanged")
def test_refuses_a_token_when_the_same_platform_made_it_for_another_client(own):
    browser, page = begun(own)
    own.changes = {"aud": "other-client"}
    _other_browser, elsewhere = begun(own)
    foreign = forms(elsewhere.answer)[0].fields["id_token"]
    assert_refused(browser.send(forms(page.answer)[0], id_token=foreign)[-1], "audience")


@pytest.mark.usefixtures("unchanged")
def test_refuses_a_launch_when_the_key_set_cannot_be_fetched(tool):
    with OwnPlatform() as down:
        tool.register(down)
        browser, page = begun(down)
        down.status = 503
        assert_refused(browser.send(forms(page.answer)[0])[-1], "key")


@pytest.mark.usefixtures("unchanged")
def test_refuses_a_launch_when_the_key_set_is_none(tool):
    with OwnPlatform() as odd:
        tool.register(odd)
        odd.published = []
        assert_refused(tool.walk(odd)[1][-1], "key")


@pytest.mark.usefixtures("unchanged")
def test_refuses_a_launch_when_its_key_is_not_published_any_more(tool):
    with OwnPlatform() as rotating:
        tool.register(rotating)
        old = rotating.key
        rotating.rotate_keys()
        rotating.fault = lambda message: setattr(message, "key", old)
        assert_refused(tool.walk(rotating)[1][-1], "key")


def test_takes_launches_when_the_platform_signs_by_the_key_that_it_published_beside_the_old_one(tool):
    with OwnPlatform() as rotating:
        tool.register(rotating)
        old = rotating.key
        rotating.rotate_keys(keeps_old=True)
        new, rotating.key = rotating.key, old
        assert tool.walk(rotating)[1][-1].answer.status_code == 200
        rotating.key = new
        _browser, steps = tool.walk(rotating)
        assert steps[-1].answer.status_code == 200, steps[-1].answer.text
        assert len(rotating.arrived("/jwks")) == 1


def test_fetches_the_key_set_seldom_when_many_launches_name_unknown_keys(tool):
    with OwnPlatform() as noisy:
        tool.register(noisy)
        tool.walk(noisy)
        noisy.fault = lambda message: setattr(message, "key", Key("unknown"))
        before_it = len(noisy.arrived("/jwks"))
        for _number in range(4):
            assert_refused(tool.walk(noisy)[1][-1], "key")
        assert len(noisy.arrived("/jwks")) - before_it <= 1


@pytest.mark.usefixtures("unchanged")
def test_refuses_launches_when_the_platform_is_paused(tool):
    with OwnPlatform() as paused:
        added = tool.register(paused)
        tool.change(
            lambda session: platforms.pause_platform(session, TENANT, added.platform_id, by="test", now=datetime.now(UTC))
        )
        assert_refused(tool.walk(paused)[1][-1], "platform")
        assert paused.arrived("/authorization") == []


@pytest.mark.parametrize("path", ["/lti/login", "/lti/launch"])
@pytest.mark.usefixtures("unchanged")
def test_refuses_nonsense_when_a_door_is_tried_by_hand(tool, path):
    for fields in ({}, {"iss": "\x00", "login_hint": "x", "target_link_uri": "x"}, {"state": "a.b.c", "id_token": "...."}):
        answer = requests.post(tool.url + path, data=fields, timeout=30)
        assert 400 <= answer.status_code < 500, (fields, answer.status_code, answer.text[:500])
        assert "Set-Cookie" not in answer.headers or "frame" not in answer.headers["Set-Cookie"]

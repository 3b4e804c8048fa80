"""What administrators decide of a key: read from forms, and made into things to copy and to test."""

import shlex
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.identity import Account, Mbox
from lrs_bridge.xapi.credentials.authorization import basic_header
from lrs_bridge.xapi.credentials.connection import Connection
from lrs_bridge.xapi.credentials.credential import Authority, Credential, Scope
from lrs_bridge.xapi.credentials.probe import GOOD, Reply, Step, Verdict, judge_about, judge_key, judge_preflight
from lrs_bridge.xapi.credentials.terms import PRESETS, Terms, expires_on, parse_overlap, parse_rate, parse_terms, terms_of

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
FORM = {"name": " Læringsportalen ", "preset": "content"}


def read(scopes=(), **more):
    return parse_terms(FORM | more, scopes, NOW)


def test_reads_the_least_when_little_is_filled_in():
    assert read() == Terms("Læringsportalen", PRESETS["content"])


def test_reads_everything_when_all_is_filled_in():
    terms = read(
        ["state"],
        preset="own_choice",
        origins="https://a.no\n https://b.no:8443/ ",
        requests_per_minute=" 600 ",
        expires_on="2026-12-31",
        note="avtale 12",
        authority_name="HR",
        authority_home_page="https://hr.no",
        authority_account="lms",
    )
    end = datetime(2026, 12, 31, 23, tzinfo=UTC)
    vouched = Authority("HR", Account("https://hr.no", "lms"))
    assert terms == Terms(
        "Læringsportalen", frozenset({Scope.STATE}), ("https://a.no", "https://b.no:8443"), 600, end, "avtale 12", vouched
    )
    assert expires_on(terms.expires_at) == date(2026, 12, 31)


@pytest.mark.parametrize("preset", PRESETS)
def test_takes_the_usual_scopes_when_a_preset_is_chosen(preset):
    assert read(["all"], preset=preset).scopes == PRESETS[preset]


def test_takes_the_chosen_scopes_when_the_form_has_no_presets():
    assert parse_terms({"name": "x"}, ["all"], NOW).scopes == {Scope.ALL}


@pytest.mark.parametrize(
    ("said", "authority"),
    [
        ({"authority_name": "HR"}, Authority("HR")),
        ({"authority_mbox": "lms@hr.no"}, Authority("Læringsportalen", Mbox("mailto:lms@hr.no"))),
        ({"authority_mbox": "mailto:lms@hr.no", "authority_name": "HR"}, Authority("HR", Mbox("mailto:lms@hr.no"))),
    ],
)
def test_reads_who_vouches_when_it_is_said(said, authority):
    assert read(**said).vouched_by == authority


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "x" * 201}),
        ("note", {"note": "x" * 501}),
        ("scopes", {"preset": "own_choice"}),
        ("origins", {"origins": "a.no"}),
        *[("requests_per_minute", {"requests_per_minute": text}) for text in ("0", "-1", "1.5", "²", "1000001", "9" * 5000)],
        *[("expires_on", {"expires_on": text}) for text in ("2026-03-03", "31.12.2026", "9999-12-31", "x")],
        ("authority_mbox", {"authority_mbox": "hr"}),
        ("authority_mbox", {"authority_mbox": "a@b.no", "authority_account": "x"}),
        ("authority_home_page", {"authority_account": "x"}),
        ("authority_home_page", {"authority_home_page": "https://hr.no"}),
        ("authority_home_page", {"authority_home_page": "hr", "authority_account": "x"}),
        ("authority_name", {"authority_name": "x" * 201}),
    ],
)
def test_names_the_field_when_it_can_not_be_read(field, said):
    with pytest.raises(Invalid) as refused:
        read(**said)
    assert refused.value.field == field


@given(st.dictionaries(st.sampled_from(["name", "origins", "requests_per_minute", "expires_on", "authority_mbox"]), st.text()))
def test_raises_nothing_but_our_errors_when_a_form_holds_any_text(form):
    try:
        terms = parse_terms(form, ["all"], NOW)
    except LrsBridgeError:
        return
    assert terms.name == form["name"].strip()


def test_works_through_the_day_when_it_is_the_last():
    assert read(expires_on="2026-03-04").expires_at == datetime(2026, 3, 4, 23, tzinfo=UTC)
    assert expires_on(None) is None


@pytest.mark.parametrize(("text", "hours"), [("", 24), ("0", 0), ("720", 720)])
def test_reads_hours_of_overlap_when_written(text, hours):
    assert parse_overlap(text) == timedelta(hours=hours)


def test_refuses_an_overlap_when_it_is_too_long():
    with pytest.raises(Invalid):
        parse_overlap("721")


def test_refuses_terms_when_a_command_gives_too_much():
    for more in ({"name": ""}, {"name": "x" * 201}, {"name": "x", "note": "x" * 501}):
        with pytest.raises(Invalid):
            Terms(**more, scopes=frozenset({Scope.ALL}))


def test_reads_no_limit_when_none_is_written():
    assert parse_rate("  ") is None


def test_gives_the_terms_back_when_a_key_has_them():
    credential = Credential("demo", "demo.abc", "X", frozenset({Scope.ALL}), NOW, origins=("https://a.no",), note="n")
    assert terms_of(credential) == Terms("X", frozenset({Scope.ALL}), ("https://a.no",), note="n")


# Things to copy

OPEN = Connection("https://lrs.no", "demo.abc", "hemmelig")
CLOSED = Connection("https://lrs.no", "demo.abc")


def test_gives_an_endpoint_with_a_slash_when_somebody_connects():
    assert OPEN.endpoint == "https://lrs.no/xapi/"
    assert OPEN.token_address == "https://lrs.no/oauth/token"
    assert OPEN.authorization == basic_header("demo.abc", "hemmelig")


def test_gives_launch_parameters_that_a_client_reads_back_when_it_is_launched():
    assert OPEN.launch_parameters.startswith("endpoint=https%3A%2F%2Flrs.no%2Fxapi%2F&auth=Basic%20")
    assert parse_qs(OPEN.launch_parameters) == {"endpoint": [OPEN.endpoint], "auth": [OPEN.authorization]}


def test_gives_commands_that_a_shell_reads_back_when_copied():
    assert shlex.split(OPEN.curl)[2] == "demo.abc:hemmelig"
    assert shlex.split(OPEN.curl)[-1] == "https://lrs.no/xapi/statements?limit=1"
    assert shlex.split(OPEN.oauth)[-1] == OPEN.token_address


def test_gives_scripts_with_the_values_in_them_when_copied():
    said = orjson.loads(OPEN.tincanjs.removeprefix("var lrs = new TinCan.LRS(").removesuffix(");"))
    assert (said["endpoint"], said["username"], said["password"]) == (OPEN.endpoint, "demo.abc", "hemmelig")
    said = orjson.loads(OPEN.adl_wrapper.removeprefix("ADL.XAPIWrapper.changeConfig(").removesuffix(");"))
    assert said == {"endpoint": OPEN.endpoint, "user": "demo.abc", "password": "hemmelig"}


@pytest.mark.parametrize("name", ["authorization", "curl", "tincanjs", "adl_wrapper", "oauth", "launch_parameters"])
def test_says_where_the_secret_goes_when_it_is_not_known(name):
    assert "THE-SECRET" in getattr(CLOSED, name)
    assert "THE-SECRET" not in getattr(OPEN, name)


# What a test's answers mean

VERSION = {"x-experience-api-version": "1.0.3"}
ORIGIN = "https://a.no"


@pytest.mark.parametrize(
    ("reply", "step"),
    [
        (Reply(200, VERSION, b'{"version":["1.0.3","2.0.0"]}'), Step(Verdict.REACHED, "1.0.3, 2.0.0")),
        (Reply(200, {}, b'{"version":["1.0.3"]}'), Step(Verdict.NOT_AN_LRS, "200")),
        (Reply(200, VERSION, b"<html>"), Step(Verdict.NOT_AN_LRS, "200")),
        (Reply(200, VERSION, b"[]"), Step(Verdict.NOT_AN_LRS, "200")),
        (Reply(200, VERSION, b"{}"), Step(Verdict.NOT_AN_LRS, "200")),
        (Reply(302, VERSION, b'{"version":["1.0.3"]}'), Step(Verdict.NOT_AN_LRS, "302")),
    ],
)
def test_judges_the_endpoint_when_it_answers(reply, step):
    assert judge_about(reply) == step
    assert step.good == (step.verdict is Verdict.REACHED)


@pytest.mark.parametrize(
    ("status", "origin", "names", "good"),
    [
        (204, "*", "Authorization, Content-Type", True),
        (200, ORIGIN, "authorization", True),
        (403, "*", "Authorization", False),
        (204, "https://b.no", "Authorization", False),
        (204, "*", "*", False),
    ],
)
def test_judges_a_preflight_when_it_answers(status, origin, names, good):
    headers = {"access-control-allow-origin": origin, "access-control-allow-headers": names}
    assert judge_preflight(Reply(status, headers), ORIGIN).good is good
    assert not judge_preflight(Reply(204, {}), ORIGIN).good


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, b"{}", Verdict.KEY_READS),
        (401, b"", Verdict.KEY_WRONG),
        (403, b'{"field":"Authorization"}', Verdict.KEY_KNOWN),
        (403, b'{"field":"Origin"}', Verdict.ORIGIN_REFUSED),
        (429, b"", Verdict.LIMITED),
        (500, b"", Verdict.FAILED),
    ],
)
def test_judges_a_key_when_it_was_tried(status, body, verdict):
    assert judge_key(Reply(status, {}, body)).verdict is verdict
    assert (verdict in GOOD) == (verdict in {Verdict.KEY_READS, Verdict.KEY_KNOWN})

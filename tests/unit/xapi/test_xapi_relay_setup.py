from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.settings import Secret
from lrs_bridge.web.reply import Reply
from lrs_bridge.xapi.model.version import Version
from lrs_bridge.xapi.relay import connection
from lrs_bridge.xapi.relay.connection import Step, Tried, judge
from lrs_bridge.xapi.relay.filter import Filter
from lrs_bridge.xapi.relay.relay import (
    KEPT_TROUBLES,
    Direction,
    Light,
    Relay,
    State,
    Trouble,
    check_secret,
    parse_endpoint,
    parse_setup,
    told_as,
    trouble_from_json,
)
from lrs_bridge.xapi.relay.reply import Cause, RelayFailed
from lrs_bridge.xapi.relay.sealing import NONCE_BYTES, seal, unseal
from lrs_bridge.xapi.relay.sweep import Cursor

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
KEY, OTHER = Secret(bytes(32)), Secret(bytes([1]) * 32)
ID = UUID(int=1)


def relay(**changes):
    made = Relay(
        tenant="demo",
        relay_id=ID,
        direction=Direction.FORWARDING,
        name="There",
        endpoint="https://there.example.no/xapi",
        key="key",
        sealed_secret="sealed",
        version=Version.V1,
        filter=Filter(),
        state=State.RUNNING,
        assigned=True,
        stall_minutes=15,
        credential_key=None,
        cursor=0,
        sweep=Cursor(),
        relayed=0,
        refused_in_row=0,
        failures=0,
        retry_at=None,
        troubles=(),
        moved_at=NOW,
        stall_told=False,
        created_at=NOW,
    )
    return replace(made, **changes)


LATER = NOW + timedelta(minutes=16)


@pytest.mark.parametrize(
    ("changes", "now", "waiting_since", "light"),
    [
        ({}, NOW, NOW, Light.RUNNING),
        ({}, NOW + timedelta(minutes=15), NOW, Light.RUNNING),
        ({}, LATER, NOW, Light.STALLED),
        ({"failures": 3}, LATER, NOW, Light.STALLED),
        ({"failures": 3}, NOW, NOW, Light.TROUBLED),
        ({}, LATER, None, Light.RUNNING),
        ({}, LATER, LATER, Light.RUNNING),
        ({"stall_minutes": 60}, LATER, NOW, Light.RUNNING),
        ({"direction": Direction.PULL}, LATER, None, Light.STALLED),
        ({"direction": Direction.PULL}, NOW, None, Light.RUNNING),
        ({"state": State.PAUSED}, LATER, NOW, Light.PAUSED),
        ({"state": State.REFUSED}, LATER, NOW, Light.REFUSED),
    ],
)
def test_shows_how_it_fares(changes, now, waiting_since, light):
    assert relay(**changes).light(now, waiting_since) is light


def test_is_due_when_it_runs_and_need_not_wait():
    assert relay().is_due(NOW)
    assert relay(retry_at=NOW).is_due(NOW)
    assert not relay(retry_at=LATER).is_due(NOW)
    assert not relay(state=State.PAUSED).is_due(NOW)


def test_keeps_the_newest_troubles_and_one_of_a_kind_in_a_row():
    first, again, other = (Trouble(NOW, Cause.BUSY, "x"), Trouble(LATER, Cause.BUSY, "x"), Trouble(LATER, Cause.BUSY, "y"))
    assert relay().with_trouble(first) == (first,)
    assert relay(troubles=(first,)).with_trouble(again) == (again,)
    assert relay(troubles=(first,)).with_trouble(other) == (other, first)
    assert len(relay(troubles=(first,) * KEPT_TROUBLES).with_trouble(other)) == KEPT_TROUBLES
    assert [trouble_from_json(kept) for kept in told_as([first, other])] == [first, other]


@pytest.mark.parametrize(
    ("written", "endpoint"),
    [
        ("https://x.no/xapi", "https://x.no/xapi"),
        (" https://x.no/xapi/ ", "https://x.no/xapi"),
        ("https://x.no/xapi/statements", "https://x.no/xapi"),
        ("https://x.no/xapi/statements/", "https://x.no/xapi"),
        ("https://x.no", "https://x.no"),
        ("http://10.0.0.1:8080/data/xAPI//", "http://10.0.0.1:8080/data/xAPI"),
    ],
)
def test_reads_an_endpoint_as_people_write_it(written, endpoint):
    assert parse_endpoint(written) == endpoint


@pytest.mark.parametrize(
    "written",
    ["", "x.no", "ftp://x.no", "https://u:p@x.no", "https://x.no?y", "https://x.no#y", "https://x .no", "https://" + "x" * 1000],
)
def test_refuses_what_is_no_endpoint(written):
    with pytest.raises(Invalid) as error:
        parse_endpoint(written)
    assert error.value.field == "endpoint"


def setup(**changes):
    given = {"name": "There", "endpoint": "https://x.no", "key": "k", "secret": "s", "version": "1.0.3", "stall_minutes": "15"}
    return parse_setup(filter=Filter(), assigned=True, **(given | changes))


def test_reads_a_set_up():
    made = setup(version="2.0.0", stall_minutes=" 60 ", secret=None)
    assert (made.version, made.stall_minutes, made.secret) == (Version.V2, 60, None)
    assert "s3cret" not in repr(setup(secret="s3cret"))


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ("name", " "),
        ("name", "x" * 101),
        ("name", "a\nb"),
        ("key", ""),
        ("key", "a:b"),
        ("secret", ""),
        ("version", "1.1"),
        ("stall_minutes", "0"),
        ("stall_minutes", "10081"),
        ("stall_minutes", "9" * 5000),
        ("stall_minutes", "1.5"),
        ("stall_minutes", "²"),
    ],
)
def test_names_the_field_that_is_wrong(field, written):
    with pytest.raises(Invalid) as error:
        setup(**{field: written})
    assert error.value.field == field


def test_asks_for_the_secret_anew_when_it_would_go_elsewhere():
    old = relay(endpoint="https://x.no", key="k")
    for same in (setup(secret=None), setup(secret=None, name="Other", version="2.0.0"), setup(endpoint="https://y.no")):
        check_secret(old, same)
    for changes in ({"endpoint": "https://y.no"}, {"endpoint": "http://x.no"}, {"endpoint": "https://x.no:8443"}, {"key": "l"}):
        with pytest.raises(Invalid) as error:
            check_secret(old, setup(secret=None, **changes))
        assert error.value.field == "secret"


def test_opens_a_secret_for_its_own_relay_only():
    sealed = seal(KEY, bytes(NONCE_BYTES), "hemmelig", tenant="demo", relay_id=ID)
    assert unseal(KEY, sealed, tenant="demo", relay_id=ID) == "hemmelig"
    for key, text, tenant, relay_id in (
        (OTHER, sealed, "demo", ID),
        (KEY, sealed, "other", ID),
        (KEY, sealed, "demo", UUID(int=2)),
        (KEY, "not base64!", "demo", ID),
        (KEY, "", "demo", ID),
    ):
        with pytest.raises(RelayFailed) as error:
            unseal(key, text, tenant=tenant, relay_id=relay_id)
        assert error.value.cause is Cause.SECRET_UNREADABLE


def about(versions, status=200, **headers):
    return Reply(status, headers, orjson.dumps({"version": versions}))


FINE = Reply(200, {}, b"[]")


@pytest.mark.parametrize(
    ("told", "asked", "causes"),
    [
        (about(["1.0.0", "1.0.3"]), FINE, [None, None, None, None]),
        (about(["1.0.1"]), Reply(400, {}, b"empty"), [None, None, None, None]),
        (about(["1.0.1"]), Reply(401, {}, b"who?"), [None, None, None, Cause.KEY_REFUSED]),
        (about(["2.0.0"]), FINE, [None, None, Cause.ODD_ANSWER, None]),
        (about([]), FINE, [None, None, Cause.ODD_ANSWER, None]),
        (Reply(200, {"x-experience-api-version": "1.0.3"}, b'{"version": []}'), FINE, [None, None, None, None]),
        (Reply(404, {}, b"<h1>"), Reply(404, {}, b"<h1>"), [None, Cause.NO_LRS, Cause.NO_LRS]),
        (Reply(200, {}, b"[]"), FINE, [None, Cause.NO_LRS, None]),
        (about("1.0.3"), FINE, [None, Cause.NO_LRS, None]),
        (about([1]), Reply(503, {}, b""), [None, Cause.NO_LRS, Cause.OUT_OF_ORDER]),
    ],
)
def test_reports_each_step_of_a_connection_test(told, asked, causes):
    report = judge(told, asked, Version.V1)
    assert [tried.cause for tried in report] == causes
    assert connection.is_good(report) is not any(causes)


def test_reports_that_no_answer_came():
    error = RelayFailed("it did not answer in time", cause=Cause.TIMEOUT)
    assert connection.unreachable(error) == (Tried(Step.REACHED, Cause.TIMEOUT, "it did not answer in time"),)

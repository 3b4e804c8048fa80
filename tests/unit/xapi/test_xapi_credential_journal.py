"""What a worker remembers of requests, what is kept of it, and what it is told as."""

import threading
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Forbidden, Invalid, Unauthenticated, Unavailable
from lrs_bridge.xapi.credentials.journal.advice import Reason, reason_of
from lrs_bridge.xapi.credentials.journal.buffer import Entry, Flusher, Journal
from lrs_bridge.xapi.credentials.journal.client_family import family
from lrs_bridge.xapi.credentials.journal.compatibility import REFUSED, Finding, Use, finding_of, report
from lrs_bridge.xapi.credentials.journal.digest import (
    RECENT,
    REJECTED,
    Count,
    Kind,
    Line,
    counts_of,
    is_rejection,
    lines_of,
    version_of,
    without_persons,
)

NOW = datetime(2026, 3, 4, 12, 34, 56, tzinfo=UTC)
HOUR = NOW.replace(minute=0, second=0)
KEY = "demo.0123456789abcdef"
OTHER = "demo.ffffffffffffffff"


def entry(number=0, *, key=KEY, status=200, method="POST", resource="statements", version="1.0.3", **more):
    return Entry("demo", key, NOW + timedelta(seconds=number), method, resource, version, status, **more)


def noted(journal, number, **more):
    at = NOW + timedelta(seconds=number)
    said = {"method": "GET", "resource": "statements", "version": "1.0.3", "status": 200} | more
    journal.note("demo", KEY, at, **said)


# The buffer


def test_gives_what_was_noted_when_taken_and_nothing_twice():
    journal = Journal()
    noted(journal, 1)
    error = Invalid("wrong", field="actor", rule="Data 2.4.2")
    noted(journal, 2, status=400, error=error, origin="https://a.no", user_agent="curl/8", alternate="text/plain")
    first, second = journal.take()
    assert first == Entry("demo", KEY, NOW + timedelta(seconds=1), "GET", "statements", "1.0.3", 200)
    assert second[6:] == (400, "invalid", "actor", "Data 2.4.2", "wrong", "https://a.no", "curl/8", "text/plain", False)
    assert journal.take() == []
    noted(journal, 3, status=403, of_attempt=True)
    assert [each.of_attempt for each in journal.take()] == [True]


def test_keeps_texts_short_when_callers_send_long_ones():
    journal = Journal()
    long = "x" * 100_000
    error = Invalid(long, field=long)
    noted(journal, 1, method=long, resource=long, version=long, error=error, origin=long, user_agent=long, alternate=long)
    assert sum(len(text) for text in journal.take()[0] if isinstance(text, str)) < 1300


def test_gives_up_the_oldest_when_nothing_is_taken():
    journal = Journal(most=3)
    for number in range(5):
        noted(journal, number)
    assert [each.at.second for each in journal.take()] == [58, 59, 0]


def test_keeps_the_newest_in_order_when_something_is_given_back():
    journal = Journal(most=3)
    journal.give_back([entry(number) for number in range(10)])
    noted(journal, 10)
    assert [each.at for each in journal.take()] == [NOW + timedelta(seconds=number) for number in (7, 8, 9, 10)]


def test_writes_again_what_failed_when_the_database_comes_back(caplog):
    journal, written, fails = Journal(), [], [True, True, False, False]

    def write(entries):
        if fails.pop(0):
            raise Unavailable("down")
        written.append(entries)

    flusher = Flusher(journal, write)
    flusher.flush()
    for number in range(4):
        noted(journal, number)
        flusher.flush()
    assert [[each.at.second for each in batch] for batch in written] == [[56, 57, 58], [59]]
    assert caplog.text.count("can't be written") == 1


def test_gives_up_what_the_database_does_not_take_when_something_is_wrong_with_it(caplog):
    journal, written = Journal(), []

    def write(entries):
        if entries[0].key == OTHER:
            raise ValueError("no")
        written.extend(entries)

    flusher = Flusher(journal, write)
    journal.note("demo", OTHER, NOW, method="GET", resource="", version="", status=400)
    flusher.flush()
    noted(journal, 1)
    flusher.flush()
    assert [each.key for each in written] == [KEY]
    assert "1 requests are left out" in caplog.text


def test_writes_what_is_left_when_stopped():
    journal, written, begun = Journal(), [], threading.Event()

    def write(entries):
        written.extend(entries)
        begun.set()

    flusher = Flusher(journal, write, every=0.01)
    noted(journal, 0)
    flusher.start()
    assert begun.wait(10)
    noted(journal, 1)
    flusher.stop()
    assert len(written) == 2
    assert "lrs-journal" not in [thread.name for thread in threading.enumerate()]


# What is kept


def test_keeps_the_newest_and_the_refused_of_each_key_when_there_are_many():
    entries = [entry(number, status=400 if number % 2 else 200) for number in range(2 * REJECTED + 100)]
    lines = lines_of(entries, {KEY})
    accepted = [line for line in lines if not line.rejected]
    assert (len(accepted), len(lines) - len(accepted)) == (RECENT, REJECTED)
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    assert lines[-1].at == entries[-1].at


def test_keeps_unknown_keys_apart_when_a_request_names_one():
    (unknown,) = lines_of([entry(key=OTHER, status=401)], {KEY})
    assert (unknown.key, unknown.named) == ("", OTHER)
    (known,) = lines_of([entry()], {KEY})
    assert (known.key, known.named) == (KEY, "")


def test_keeps_under_its_key_what_was_refused_of_an_attempt():
    (line,) = lines_of([entry(key=OTHER, status=403, of_attempt=True)], {KEY})
    assert (line.key, line.named, line.rejected) == (OTHER, "", True)
    assert counts_of([entry(key=OTHER, status=403, of_attempt=True)], {KEY}) == {}


def test_keeps_nothing_odd_when_a_caller_sends_odd_things():
    (line,) = lines_of([entry(method="BREW", version="<b>", origin="<script>", user_agent="Kari's own browser")], {KEY})
    assert (line.method, line.version, line.origin, line.program) == ("other", "other", None, "other")
    (line,) = lines_of([entry(resource="a\x00\ud800", rule="b\x00", alternate="c\x7f", key="d\x00")], {KEY})
    assert (line.resource, line.rule, line.alternate, line.named) == ("a\ufffd\ufffd", "b\ufffd", "c\ufffd", "")
    (line,) = lines_of([entry(version=None, origin="https://a.no:81")], {KEY})
    assert (line.version, line.origin) == ("", "https://a.no:81")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("actor.mbox mailto:kari.nordmann@example.no is wrong", "actor.mbox … is wrong"),
        ('"kari@example.no" and 01017012345', '"…" and …'),
        ("no id 7f1d6a1e-0000-4000-8000-000123456789", "no id 7f1d6a1e-0000-4000-8000-000123456789"),
        ("at most 50 statements, clause 2.4.2", "at most 50 statements, clause 2.4.2"),
        (None, None),
        ("", ""),
    ],
)
def test_leaves_out_what_may_be_a_person_when_a_text_is_kept(text, left):
    assert without_persons(text) == left
    (line,) = lines_of([entry(status=400, message=text, field=text)], {KEY})
    assert line.message == line.field == left


@pytest.mark.parametrize(
    ("status", "method", "resource", "rejected"),
    [
        (200, "GET", "statements", False),
        (404, "GET", "activities/state", False),
        (404, "HEAD", "statements", False),
        (404, "GET", "", True),
        (404, "POST", "statements", True),
        (400, "GET", "statements", True),
        (503, "PUT", "statements", True),
    ],
)
def test_tells_a_refusal_when_somebody_should_look_at_it(status, method, resource, rejected):
    assert is_rejection(status, method, resource) is rejected


def test_counts_by_hour_version_and_program_when_requests_are_under_known_keys():
    entries = [
        entry(0, user_agent="curl/8"),
        entry(1, user_agent="curl/8", status=400),
        entry(2, user_agent="curl/8", alternate="text/plain"),
        entry(3, user_agent="curl/8", alternate="application/x-www-form-urlencoded"),
        entry(4, version=""),
        entry(3600),
        entry(5, key=OTHER),
        entry(6, version=None),
    ]
    assert counts_of(entries, {KEY}) == {
        Kind(KEY, HOUR, "1.0.3", "curl"): Count(4, 1, 2, 1),
        Kind(KEY, HOUR, "", "none"): Count(1),
        Kind(KEY, HOUR + timedelta(hours=1), "1.0.3", "none"): Count(1),
    }


def test_counts_each_when_many_are_alike():
    entries = [
        *(entry(number, status=400, alternate="text/plain;charset=UTF-8") for number in range(3)),
        *(entry(number, status=204, alternate="application/x-www-form-urlencoded") for number in range(4)),
        *(entry(number, status=500) for number in range(5)),
        entry(24 * 3600),
    ]
    assert counts_of(entries, {KEY}) == {
        Kind(KEY, HOUR, "1.0.3", "none"): Count(12, 8, 7, 3),
        Kind(KEY, HOUR + timedelta(days=1), "1.0.3", "none"): Count(1),
    }


@given(st.text())
def test_keeps_a_bounded_set_of_versions_and_programs_when_headers_are_any_text(text):
    assert len(version_of(text)) <= 5
    assert len(family(text)) <= 20


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (None, "none"),
        ("", "none"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36", "Chrome"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0", "Edge"),
        ("Mozilla/5.0 (X11; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/17.0 Mobile Safari/604.1", "Safari"),
        ("python-requests/2.34", "Python requests"),
        ("axios/1.7", "axios"),
        ("MoodleBot/1.0", "Moodle"),
        ("Something", "other"),
    ],
)
def test_names_a_family_when_a_program_tells_of_itself(header, name):
    assert family(header) == name


# What it is told as


def line(status=400, **more):
    said = {
        "key": KEY,
        "at": NOW,
        "method": "POST",
        "resource": "statements",
        "version": "1.0.3",
        "status": status,
        "code": "invalid",
        "field": None,
        "rule": None,
        "message": None,
        "origin": None,
        "program": "curl",
        "alternate": "",
    }
    return Line(**said | more)


def of(error, **more):
    return line(error.status, code=error.code, field=error.field, rule=error.rule, **more)


VERSION = Invalid("x", field="X-Experience-API-Version", rule="xAPI 1.0.3 Communication 3.3")


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (of(Unauthenticated("x")), Reason.SECRET),
        (of(Unauthenticated("x"), key="", named=OTHER), Reason.SECRET),
        (of(Unauthenticated("x"), key=""), Reason.NO_KEY),
        (of(Forbidden("x", field="Origin")), Reason.ORIGIN),
        (of(Forbidden("x", field="Authorization")), Reason.SCOPE),
        (of(VERSION, version=""), Reason.NO_VERSION),
        (of(VERSION, version="0.95"), Reason.OLD_VERSION),
        (of(VERSION, version="other"), Reason.OTHER_VERSION),
        (of(Invalid("x", field="actor.mbox", rule="xAPI 1.0.3 Data 2.4.2")), Reason.OLD_ACTOR),
        (of(Invalid("x", field="verb.id", rule="xAPI 1.0.3 Data 2.4.3")), Reason.STATEMENT),
        (of(Invalid("x", field="verb.id", rule="IEEE 9274.1.1 4.2.1")), Reason.STATEMENT),
        (of(Invalid("x", field="agent.mbox", rule="xAPI 1.0.3 Data 2.4.2"), method="GET"), Reason.PARAMETER),
        (of(Invalid("x", field="limit", rule="xAPI 1.0.3 Communication 2.1.3")), Reason.PARAMETER),
        (of(Invalid("x")), Reason.OTHER),
        (line(404, code="not_found", resource=""), Reason.ADDRESS),
        (line(405, code="method_not_allowed"), Reason.METHOD),
        (line(409, code="conflict"), Reason.DUPLICATE),
        (line(412, code="precondition_failed"), Reason.PRECONDITION),
        (line(413, code="too_large"), Reason.SIZE),
        (line(415, code="unsupported_media"), Reason.MEDIA),
        (line(429, code="too_many_requests"), Reason.LIMIT),
        (line(503, code="unavailable"), Reason.SERVICE),
        (line(500, code="unexpected"), Reason.SERVICE),
        (line(400, code=None), Reason.OTHER),
    ],
)
def test_gives_a_reason_when_a_request_was_refused(refused, reason):
    assert reason_of(refused) is reason


@pytest.mark.parametrize(
    ("version", "finding"),
    [
        ("", Finding.MISSING),
        ("0.9", Finding.DRAFT),
        ("0.95", Finding.DRAFT),
        ("1.0", Finding.EARLY),
        ("1.0.2", Finding.EARLY),
        ("1.0.3", Finding.CURRENT),
        ("1.0.9", Finding.CURRENT),
        ("1.1", Finding.FOREIGN),
        ("other", Finding.FOREIGN),
        ("2.0.0", Finding.NEWEST),
    ],
)
def test_finds_what_a_version_means_when_it_was_seen(version, finding):
    assert finding_of(version) is finding


def test_reports_the_most_urgent_first_when_several_things_were_seen():
    uses = [
        Use("1.0.3", "Chrome", Count(10)),
        Use("1.0.1", "Articulate", Count(7, 0, 5, 3)),
        Use("0.95", "Captivate", Count(2, 2)),
        Use("0.9", "curl", Count(1, 1)),
    ]
    found = [tuple(asdict(each).values()) for each in report(uses)]
    assert found == [
        (Finding.DRAFT, 3, ("Captivate", "curl"), ("0.9", "0.95")),
        (Finding.TEXT_PLAIN, 3, ("Articulate",), ("1.0.1",)),
        (Finding.ALTERNATE, 2, ("Articulate",), ("1.0.1",)),
        (Finding.EARLY, 7, ("Articulate",), ("1.0.1",)),
        (Finding.CURRENT, 10, ("Chrome",), ("1.0.3",)),
    ]
    assert Finding.DRAFT in REFUSED
    assert report([]) == []

"""Who was recognised a moment ago, and how often a key may ask."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Unauthenticated
from lrs_bridge.xapi.credentials import admission
from lrs_bridge.xapi.credentials.admission import Admission, RateLimited
from lrs_bridge.xapi.credentials.credential import Credential, Scope

NOW = datetime(2026, 3, 4, tzinfo=UTC)
HEADER = "Basic abc"


def second(number):
    return NOW + timedelta(seconds=number)


def credential(key="demo.abc", **more):
    return Credential("demo", key, "LMS", frozenset({Scope.ALL}), NOW, **more)


def test_finds_whom_it_kept_when_asked_within_a_second():
    memory = Admission()
    assert memory.find(HEADER, NOW) is None
    memory.keep(HEADER, credential(), NOW)
    assert memory.find(HEADER, second(0.999)) == credential()
    assert memory.find(HEADER + "d", NOW) is None
    assert memory.find(HEADER, second(1)) is None


def test_finds_nobody_when_the_clock_was_set_back():
    memory = Admission()
    memory.keep(HEADER, credential(), NOW)
    assert memory.find(HEADER, second(-0.001)) is None


def test_finds_nobody_when_the_credential_ends_within_the_second():
    memory = Admission()
    memory.keep(HEADER, credential(expires_at=second(0.5)), NOW)
    assert memory.find(HEADER, second(0.4)) is not None
    assert memory.find(HEADER, second(0.5)) is None


def test_refuses_without_asking_when_nobody_was_known_a_moment_ago():
    memory = Admission()
    memory.refuse(HEADER, NOW)
    with pytest.raises(Unauthenticated):
        memory.find(HEADER, second(0.5))
    assert memory.find(HEADER, second(1)) is None


def test_believes_the_last_word_when_a_header_was_both():
    memory = Admission()
    memory.keep(HEADER, credential(), NOW)
    memory.refuse(HEADER, NOW)
    with pytest.raises(Unauthenticated):
        memory.find(HEADER, NOW)
    memory.keep(HEADER, credential(), NOW)
    assert memory.find(HEADER, NOW) is not None


def test_forgets_the_oldest_when_somebody_guesses(monkeypatch):
    monkeypatch.setattr(admission, "MOST_REFUSED", 3)
    monkeypatch.setattr(admission, "MOST_KNOWN", 2)
    memory = Admission()
    memory.keep(HEADER, credential(), NOW)
    for guess in range(10):
        memory.refuse(f"Basic {guess}", NOW)
    assert memory.find("Basic 0", NOW) is None
    with pytest.raises(Unauthenticated):
        memory.find("Basic 9", NOW)
    assert memory.find(HEADER, NOW) is not None
    assert len(memory._refused) == 3
    for known in range(5):
        memory.keep(f"Bearer {known}", credential(), NOW)
    assert (len(memory._known), memory.find(HEADER, NOW)) == (2, None)


def test_keeps_no_secret_when_it_remembers():
    memory = Admission()
    memory.keep("Basic hemmelig", credential(), NOW)
    memory.refuse(None, NOW)
    assert "hemmelig" not in str(vars(memory))


def test_admits_everything_when_there_is_no_limit():
    with pytest.raises(AssertionError, match="no limit"):
        spend(Admission(), credential(), NOW)


def spend(memory, who, now):
    """How many requests go through at that instant."""
    for number in range(10_000):
        try:
            memory.admit(who, now)
        except RateLimited:
            return number
    raise AssertionError("no limit")


def test_grants_a_minutes_worth_and_then_evenly_when_there_is_a_limit():
    memory, who = Admission(), credential(requests_per_minute=60)
    assert spend(memory, who, NOW) == 60
    assert spend(memory, who, second(0.5)) == 0
    assert spend(memory, who, second(1)) == 1
    assert spend(memory, who, second(11)) == 10
    assert spend(memory, who, second(500)) == 60


def test_grants_its_part_when_several_workers_share_the_limit():
    assert spend(Admission(workers=4), credential(requests_per_minute=60), NOW) == 15


def test_tells_when_to_come_again_when_the_limit_is_spent():
    memory, who = Admission(workers=2), credential(requests_per_minute=6)
    spend(memory, who, NOW)
    with pytest.raises(RateLimited) as refused:
        memory.admit(who, NOW)
    assert refused.value.retry_after == 20
    memory.admit(who, second(20))


def test_grants_one_at_a_time_when_a_workers_part_is_less():
    memory, who = Admission(workers=8), credential(requests_per_minute=1)
    assert spend(memory, who, NOW) == 1
    assert spend(memory, who, second(479)) == 0
    assert spend(memory, who, second(480)) == 1


def test_limits_each_key_by_itself_and_follows_a_changed_limit_when_there_are_several():
    memory = Admission()
    spend(memory, credential(requests_per_minute=2), NOW)
    assert spend(memory, credential("demo.other", requests_per_minute=2), NOW) == 2
    assert spend(memory, credential(requests_per_minute=600), second(1)) == 10


def test_forgets_the_longest_unused_limit_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(admission, "MOST_BUCKETS", 2)
    memory = Admission()
    for key in ("a", "b", "a", "c"):
        memory.admit(credential(key, requests_per_minute=1_000), NOW)
    assert list(memory._buckets) == [("demo", "a"), ("demo", "c")]


@given(st.lists(st.floats(0, 30), max_size=200), st.integers(1, 120), st.integers(1, 4))
def test_never_grants_more_than_the_bucket_and_its_refill_when_asked_at_any_times(waits, rate, workers):
    memory, who, now, granted = Admission(workers=workers), credential(requests_per_minute=rate), NOW, 0
    for wait in waits:
        now += timedelta(seconds=wait)
        try:
            memory.admit(who, now)
        except RateLimited:
            continue
        granted += 1
    share = rate / workers
    assert granted <= max(share, 1) + (now - NOW).total_seconds() * share / 60 + 1e-6

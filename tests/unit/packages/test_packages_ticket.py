"""Tickets that stand in addresses where courses run."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from lrs_bridge.errors import Unauthenticated
from lrs_bridge.packages.ticket import (
    FILES_LAST,
    PLAY_LASTS,
    FilesTicket,
    PlayTicket,
    files_ticket,
    label_of,
    parse_ticket,
    play_ticket,
    written,
)

KEY = b"k" * 32
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ATTEMPT, PACKAGE = UUID(int=1), UUID(int=2)
PLAY = play_ticket("north", ATTEMPT, 3, "normal", NOW)
FILES = files_ticket("north", ATTEMPT, PACKAGE, NOW)


@pytest.mark.parametrize("ticket", [PLAY, FILES])
@pytest.mark.parametrize("label", [label_of(ATTEMPT), None])
def test_is_read_as_it_was_written(ticket, label):
    assert parse_ticket(written(ticket, KEY), KEY, label=label, now=NOW) == ticket


def test_says_which_attempt_may_do_what_and_until_when():
    assert PlayTicket("north", ATTEMPT, 3, "normal", int((NOW + PLAY_LASTS).timestamp())) == PLAY
    assert FilesTicket("north", ATTEMPT, PACKAGE, int((NOW.replace(hour=0) + FILES_LAST).timestamp())) == FILES
    assert files_ticket("north", ATTEMPT, PACKAGE, NOW + timedelta(hours=11)) == FILES
    assert files_ticket("north", ATTEMPT, PACKAGE, NOW + timedelta(hours=12)) != FILES


def test_gives_each_attempt_a_label_of_its_own_that_a_host_may_have():
    assert label_of(ATTEMPT) != label_of(PACKAGE)
    assert label_of(ATTEMPT).isalnum()
    assert label_of(ATTEMPT).islower() or label_of(ATTEMPT).isdigit()


@pytest.mark.parametrize(
    ("text", "label", "now"),
    [
        (written(PLAY, b"x" * 32), label_of(ATTEMPT), NOW),
        (written(PLAY, KEY)[:-1], label_of(ATTEMPT), NOW),
        ("x" + written(PLAY, KEY), label_of(ATTEMPT), NOW),
        (URLSafeSerializer(KEY, "other").dumps(["play", "north", str(ATTEMPT), 3, "normal", 1 << 40]), None, NOW),
        (URLSafeSerializer(KEY, "course").dumps(["admin", "north"]), None, NOW),
        (URLSafeSerializer(KEY, "course").dumps(["play", "north"]), None, NOW),
        (written(PLAY, KEY), label_of(PACKAGE), NOW),
        (written(PLAY, KEY), "", NOW),
        (written(PLAY, KEY), label_of(ATTEMPT), NOW + PLAY_LASTS + timedelta(seconds=1)),
        (written(FILES, KEY), label_of(ATTEMPT), NOW.replace(hour=0) + FILES_LAST + timedelta(seconds=1)),
        ("", None, NOW),
        ("æøå.x", None, NOW),
    ],
)
def test_is_refused_when_forged_elsewhere_or_over(text, label, now):
    with pytest.raises(Unauthenticated) as refused:
        parse_ticket(text, KEY, label=label, now=now)
    assert refused.value.field == "ticket"


def test_lasts_to_its_last_second():
    assert parse_ticket(written(PLAY, KEY), KEY, label=None, now=NOW + PLAY_LASTS) == PLAY


@given(st.text())
def test_takes_no_text_of_anybody_s(text):
    with pytest.raises(Unauthenticated):
        parse_ticket(text, KEY, label=None, now=NOW)

"""What the player's commits may say, and which of them have no consequence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from lrs_bridge.errors import Invalid, LrsBridgeError, TooLarge
from lrs_bridge.scorm.commit import (
    LONGEST_WAITING,
    MAX_BYTES,
    MAX_SECONDS,
    MERGED_EVERY,
    Call,
    Commit,
    Reason,
    is_quiet,
    may_wait,
    parse_commit,
    parse_kept,
)

MESSAGE = {
    "session": 3,
    "sequence": 17,
    "sco": "item_1",
    "reason": "commit",
    "cmi": {"cmi.location": "p3"},
    "seconds": 12.5,
    "calls": [[1732791600123, "SetValue", "cmi.location", "p3", "true", 0]],
    "terminated": False,
}


def body(**changes):
    return json.dumps(MESSAGE | changes).encode()


def commit(**changes):
    return parse_commit(body(**changes))


def test_reads_a_commit():
    assert commit() == Commit(
        session=3,
        sequence=17,
        sco="item_1",
        reason=Reason.COMMIT,
        cmi={"cmi.location": "p3"},
        seconds=12.5,
        calls=(Call(1732791600123, "SetValue", "cmi.location", "p3", "true", 0),),
        initialized=False,
        terminated=False,
        sequencing=UNSET,
        globals=UNSET,
        current=UNSET,
    )


def test_needs_no_more_than_which_commit_it_is():
    read = parse_commit(b'{"session":1,"sequence":0,"sco":"a","reason":"leave"}')
    assert (read.cmi, read.calls, read.seconds, read.terminated) == ({}, (), 0.0, False)


@pytest.mark.parametrize(
    ("changes", "begun"),
    [({}, False), ({"initialized": True}, True), ({"reason": "initialize"}, True), ({"reason": "leave"}, False)],
)
def test_knows_which_commits_tell_of_a_beginning(changes, begun):
    assert (commit(**changes).initialized, parse_kept(body(**changes)).initialized) == (begun, begun)


def test_reads_what_the_player_keeps_for_itself():
    read = commit(sequencing={"tree": [1]}, globals=None, current="item_2", terminated=True, reason="terminate")
    assert (read.sequencing, read.globals, read.current, read.terminated) == ({"tree": [1]}, None, "item_2", True)


def test_keeps_large_numbers_that_can_be_written_again():
    read = commit(sequencing=[2**63], cmi={"cmi.suspend_data": "9" * 40})
    assert (read.sequencing, read.cmi) == ([2**63], {"cmi.suspend_data": "9" * 40})


def test_ignores_members_that_it_does_not_know():
    assert commit(newer="thing") == commit()


@pytest.mark.parametrize(
    ("value", "text"),
    [("p3", "p3"), (3, "3"), (3.0, "3"), (0.5, "0.5"), (True, "true"), (False, "false"), (None, ""), ("", "")],
)
def test_takes_any_scalar_for_the_text_that_content_would_read(value, text):
    assert commit(cmi={"k": value}).cmi == {"k": text}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ([1, "Commit"], Call(1, "Commit", "", "", "", 0)),
        ([1.9, "LMSGetValue", "cmi.core.x", None, "", "401"], Call(1, "LMSGetValue", "cmi.core.x", "", "", 401)),
        ([1, "SetValue", "k", 5, True, None], Call(1, "SetValue", "k", "5", "true", 0)),
        ([1, "SetValue", "k", "v", "false", "many"], Call(1, "SetValue", "k", "v", "false", 101)),
        ([1, "SetValue", "k", "v", "false", -1], Call(1, "SetValue", "k", "v", "false", 101)),
        ([1, "SetValue", "k", "v", "false", "inf"], Call(1, "SetValue", "k", "v", "false", 101)),
        ([1, "SetValue", "k", "v", "false", 1, "of a newer player"], Call(1, "SetValue", "k", "v", "false", 1)),
    ],
)
def test_keeps_calls_as_texts_with_the_code_as_a_number(sent, kept):
    assert commit(calls=[sent]).calls == (kept,)


@pytest.mark.parametrize(("said", "kept"), [(-3, 0.0), (0, 0.0), (1e12, MAX_SECONDS), (7.25, 7.25)])
def test_bounds_the_length_of_the_session(said, kept):
    assert commit(seconds=said).seconds == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (r"a\u0000b", "a\ufffdb"),
        (r"a\ud83db", "a\ufffdb"),
        (r"a\uDC00b", "a\ufffdb"),
        (r"\ud83d\ude00", "\N{GRINNING FACE}"),
        (r"{\"json\":\"\\u0000\"}", r'{"json":"\u0000"}'),  # content's own JSON: the backslash is a character of the value
        ("blåbær", "blåbær"),
    ],
)
def test_replaces_what_no_database_can_hold(sent, kept):
    read = parse_commit(body(cmi={"k": "?"}, sequencing=["?"], current="?").decode().replace("?", sent).encode())
    assert (read.cmi, read.sequencing, read.current) == ({"k": kept}, [kept], kept)


def test_replaces_them_in_keys_and_numbers_stay_what_they_are():
    read = parse_commit(
        rb'{"session":1,"sequence":0,"sco":"a","reason":"auto","cmi":{"k\u0000":1.5},"globals":{"\ud800":[1,null]}}'
    )
    assert (read.cmi, read.globals) == ({"k\ufffd": "1.5"}, {"\ufffd": [1, None]})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"session": 0}, "session"),
        ({"session": "3"}, "session"),
        ({"sequence": -1}, "sequence"),
        ({"sequence": 2**31}, "sequence"),
        ({"sco": ""}, "sco"),
        ({"sco": "i" * 4001}, "sco"),
        ({"reason": "whim"}, "reason"),
        ({"cmi": []}, "cmi"),
        ({"cmi": {"k": []}}, "cmi[...]"),
        ({"cmi": {"": "v"}}, "cmi"),
        ({"cmi": {"k" * 251: "v"}}, "cmi." + "k" * 40 + "…"),
        ({"cmi": {"k": "v" * (1024 * 1024 + 1)}}, "k"),
        ({"cmi": {f"k{number}": "" for number in range(4001)}}, "cmi"),
        ({"seconds": "12"}, "seconds"),
        ({"calls": [[0]]}, "calls[0]"),
        ({"calls": [[-1, "Commit"]]}, "calls[0][0]"),
        ({"calls": [[0, "Commit"]] * 5001}, "calls"),
        ({"terminated": "no"}, "terminated"),
        ({"current": ""}, "current"),
        ({"sequencing": [2**64]}, "sequencing"),
        ({"globals": {"n": -(2**64)}}, "globals"),
    ],
)
def test_refuses_a_malformed_commit_and_names_the_field(changes, field):
    with pytest.raises(Invalid) as raised:
        parse_commit(body(**changes))
    assert (raised.value.field, raised.value.rule) == (field, "lrs_bridge commit")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"session":NaN,"sco":"\\u0000"}',
        b'{"sco":"\\u0000',
        b'\xff"\\u0000"',
        b'{"sequencing":' + b"[" * 100_000,
        b'{"sequencing":' + b"[" * 100_000 + b'"\\u0000"',
        body(sco="\xed").replace(b"\\u00ed", b"\xed\xa0\x80"),
    ],
)
def test_refuses_what_is_no_json(content):
    with pytest.raises(Invalid) as raised:
        parse_commit(content)
    assert (raised.value.field, raised.value.rule) == ("body", "lrs_bridge commit")


def test_takes_as_much_as_fits_and_no_more():
    large = body(cmi={"a": "v" * (1024 * 1024), "b": "w" * (900 * 1000)}, calls=[[0, "Commit"]] * 5000)
    read = parse_commit(large.ljust(MAX_BYTES))
    assert (len(read.cmi["a"]), len(read.calls)) == (1024 * 1024, 5000)
    assert len(commit(cmi={f"{number:0250}": "" for number in range(4000)}).cmi) == 4000
    with pytest.raises(TooLarge) as raised:
        parse_commit(b" " * (MAX_BYTES + 1))
    assert raised.value.field == "body"


@given(
    st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.floats(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_raises_nothing_but_its_own_errors(content):
    try:
        read = parse_commit(content)
    except LrsBridgeError as error:
        read = error
    assert isinstance(read, LrsBridgeError)


@pytest.mark.parametrize(
    ("changes", "quiet"),
    [
        ({}, True),
        ({"cmi": {}}, True),
        ({"reason": "auto"}, True),
        ({"reason": "leave"}, True),
        ({"reason": "initialize"}, False),
        ({"reason": "terminate"}, False),
        ({"reason": "navigate"}, False),
        ({"initialized": True}, False),
        ({"terminated": True}, False),
        ({"sequencing": {}}, False),
        ({"globals": None}, False),
        ({"current": "item_2"}, True),
        ({"cmi": {"cmi.suspend_data": "…", "cmi.session_time": "PT3S", "cmi.learner_preference.language": "nb"}}, True),
        ({"cmi": {"cmi.core.lesson_location": "3", "cmi.core.session_time": "0:0:1", "cmi.student_preference.text": "1"}}, True),
        ({"cmi": {"adl.data.0.store": "…", "adl.nav.request": "continue"}}, True),
        *(
            ({"cmi": {"cmi.suspend_data": "…", key: "…"}}, False)
            for key in (
                "cmi.core.lesson_status",
                "cmi.core.score.raw",
                "cmi.core.exit",
                "cmi.completion_status",
                "cmi.success_status",
                "cmi.score.scaled",
                "cmi.progress_measure",
                "cmi.exit",
                "cmi.objectives.0.status",
                "cmi.interactions.0.id",
                "cmi.comments",
                "cmi.comments_from_learner.0.comment",
                "cmi.something_new",
            )
        ),
    ],
)
def test_knows_which_commits_have_no_consequence(changes, quiet):
    assert is_quiet(commit(**changes)) is quiet


@pytest.mark.parametrize(
    ("changes", "length", "waits"),
    [
        ({}, LONGEST_WAITING, True),
        ({}, LONGEST_WAITING + 1, False),
        ({"sequence": MERGED_EVERY - 1}, 100, True),
        ({"sequence": MERGED_EVERY}, 100, False),
        ({"current": "item_2"}, 100, False),
        ({"cmi": {"cmi.completion_status": "completed"}}, 100, False),
    ],
)
def test_lets_a_commit_wait_that_is_short_and_of_no_consequence_but_not_too_many(changes, length, waits):
    assert may_wait(commit(**changes), length) is waits

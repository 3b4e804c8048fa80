"""What an SCO has set, from its commits, whatever order they come in."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.scorm.commit import SetValues, parse_kept
from lrs_bridge.scorm.merging import Merged, merged


def commit(sequence, cmi=None, *, session=1, sco="a", seconds=0.0, initialized=False, terminated=False):
    return SetValues(session, sequence, sco, cmi or {}, seconds, initialized, terminated)


def test_takes_the_first_commit_of_each_sco_as_it_is():
    found = merged({}, [commit(1, {"x": "1"}, seconds=2.0), commit(2, {"x": "2"}, sco="b", terminated=True)])
    assert found == {
        "a": Merged("a", {"x": "1"}, 1, 1, 0.0, 2.0, is_terminated=False),
        "b": Merged("b", {"x": "2"}, 1, 2, 0.0, 0.0, is_terminated=True),
    }


def test_lets_later_values_outweigh_earlier_ones_key_by_key():
    found = merged({}, [commit(1, {"x": "1", "y": "1"}), commit(2, {"y": "2", "z": "2"})])
    assert dict(found["a"].cmi) == {"x": "1", "y": "2", "z": "2"}


def test_leaves_alone_what_is_newer_than_a_commit():
    known = merged({}, [commit(5, {"x": "5"}, session=2, seconds=9.0)])
    assert merged(known, [commit(9, {"x": "9"}, session=1), commit(5, {"x": "again"}, session=2)]) == known


def test_adds_up_the_time_of_sittings_and_not_of_commits():
    some = [
        commit(1, seconds=10.0),
        commit(2, seconds=20.0),
        commit(1, session=2, seconds=5.0),
        commit(2, session=2, seconds=6.0),
    ]
    found = merged({}, some)["a"]
    assert (found.seconds, found.session_seconds) == (20.0, 6.0)


def test_is_over_only_until_it_is_begun_anew():
    ended = merged({}, [commit(1, terminated=True)])
    for session in (1, 2):
        aside = merged(ended, [commit(2, {"cmi.core.total_time": "0000:00:01"}, session=session)])
        again = merged(aside, [commit(3, session=session, initialized=True)])
        both = merged(again, [commit(4, session=session, initialized=True, terminated=True)])
        assert [each["a"].is_terminated for each in (ended, aside, again, both)] == [True, True, False, True]


@given(st.lists(st.tuples(st.integers(1, 2), st.integers(1, 4)), unique=True, max_size=8))
def test_comes_to_the_same_in_one_go_and_one_by_one(keys):
    some = [
        commit(sequence, {f"k{sequence % 2}": f"{session}.{sequence}"}, session=session) for session, sequence in sorted(keys)
    ]
    one_by_one = {}
    for each in some:
        one_by_one = merged(one_by_one, [each])
    assert one_by_one == merged({}, some)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"cmi": {"a": 1, "b": None, "c": True}}, commit(7, {"a": "1", "b": "", "c": "true"})),
        (
            {"cmi": {"a": "x\0y"}, "seconds": -5, "terminated": True},
            commit(7, {"a": "x\N{REPLACEMENT CHARACTER}y"}, terminated=True),
        ),
        ({"calls": [["odd"]], "seconds": 1e12}, commit(7, seconds=366 * 24 * 3600.0)),
    ],
)
def test_reads_what_a_kept_commit_has_set(sent, expected):
    body = orjson.dumps({"session": 1, "sequence": 7, "sco": "a", "reason": "auto", **sent})
    assert parse_kept(body) == expected

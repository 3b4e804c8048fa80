"""Hours and points."""

from decimal import Decimal

import pytest

from lrs_bridge.certificates.reading.amounts import bare_in, hours_in, points_in


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("8 timer", ["8"]),
        ("7,5 timer", ["7.5"]),
        ("7½ time", ["7.5"]),
        ("½ time", ["0.5"]),
        ("20 timars", []),
        ("20 timar", ["20"]),
        ("15 kurstimer", ["15"]),
        ("18 undervisningstimer.", ["18"]),
        ("15 timers emnekurs", ["15"]),
        ("45 minutter", ["0.75"]),
        ("25 min", ["0.42"]),
        ("1 time 30 min", ["1.5"]),
        ("2 timer og 15 minutter", ["2.25"]),
        ("2 t 30 min", ["2.5"]),
        ("1 hour", ["1"]),
        ("12.5 hours", ["12.5"]),
        ("3 hrs", ["3"]),
        ("6 CPD hours", ["6"]),
        ("kl. 15 t", []),
        ("kl 9 timer", []),
        ("0 timer", []),
        ("900 timer", []),
        ("12345 timer", []),
        ("8 deltakere", []),
        ("2 timer, 3 timer", ["2", "3"]),
        ("30 timer", ["30"]),
    ],
)
def test_reads_hours(text, hours):
    assert [str(found.value) for found in hours_in(text)] == hours


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("7,5 studiepoeng", "7.5"),
        ("15 poeng", "15"),
        ("12 tellende kurspoeng", "12"),
        ("10 ECTS", "10"),
        ("18 European CME credits", "18"),
        ("15.0 AMA PRA Category 1 Credits™", "15"),
        ("30.00 AMA PRA Category 1 Credit(s)", "30"),
        ("6 CPD points", "6"),
        ("1 credit", "1"),
        ("12 CME", "12"),
        ("20 ECMEC®s", "20"),
    ],
)
def test_reads_points(text, points):
    assert [found.value for found in points_in(text)] == [Decimal(points)]


def test_reads_no_points_where_there_are_none():
    assert points_in("Poengsum: 92 %, 4 av 5 riktige") == []


@pytest.mark.parametrize(("text", "number"), [("14,5", "14.5"), (" 30 ", "30"), (": 8", "8")])
def test_reads_a_number_alone(text, number):
    assert [found.value for found in bare_in(text)] == [Decimal(number)]


@pytest.mark.parametrize("text", ["", "14 dager", "Ikke relevant", "12.03.2026"])
def test_reads_no_number_out_of_something_else(text):
    assert bare_in(text) == []


def test_tells_where_it_stands():
    (found,) = hours_in("omfang 7,5 timer i alt")
    assert "omfang 7,5 timer i alt"[found.start : found.end] == "7,5 timer"

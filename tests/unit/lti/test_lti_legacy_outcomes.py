"""Basic Outcomes: what is asked, and what platforms answer."""

import pytest
from lxml import etree

from lrs_bridge.errors import Invalid
from lrs_bridge.lti.legacy.outcomes import Answer, Operation, OutcomeFailed, build_request, parse_answer

NS = "http://www.imsglobal.org/services/ltiv1p1/xsd/imsoms_v1p0"


def answer(major="success", description="Grade replaced", body="", namespace=NS):
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><imsx_POXEnvelopeResponse xmlns="{namespace}"><imsx_POXHeader>'
        f"<imsx_POXResponseHeaderInfo><imsx_version>V1.0</imsx_version><imsx_statusInfo><imsx_codeMajor>{major}</imsx_codeMajor>"
        f"<imsx_severity>status</imsx_severity><imsx_description>{description}</imsx_description></imsx_statusInfo>"
        f"</imsx_POXResponseHeaderInfo></imsx_POXHeader><imsx_POXBody>{body}</imsx_POXBody></imsx_POXEnvelopeResponse>"
    ).encode()


def read_body(score):
    return (
        "<readResultResponse><result><resultScore><language>en</language>"
        f"<textString>{score}</textString></resultScore></result></readResultResponse>"
    )


def texts(request):
    root = etree.fromstring(request)
    return {etree.QName(each).localname: each.text for each in root.iter() if each.text}, root


def test_asks_to_replace_a_grade():
    found, root = texts(build_request(Operation.REPLACE, message_id="m-1", sourcedid='{"a":"<&>ø"}', share=2 / 3))
    assert root.tag == f"{{{NS}}}imsx_POXEnvelopeRequest"
    assert found == {
        "imsx_version": "V1.0",
        "imsx_messageIdentifier": "m-1",
        "sourcedId": '{"a":"<&>ø"}',
        "language": "en",
        "textString": "0.666667",
    }
    path = "imsx_POXBody/replaceResultRequest/resultRecord/result/resultScore/textString"
    assert root.find("/".join(f"{{{NS}}}{name}" for name in path.split("/"))) is not None


@pytest.mark.parametrize("operation", [Operation.READ, Operation.DELETE])
def test_asks_for_a_grade_or_takes_it_away_without_writing_one(operation):
    found, root = texts(build_request(operation, message_id="m-1", sourcedid="s"))
    assert root.find(f".//{{{NS}}}{operation}Request") is not None
    assert "textString" not in found


@pytest.mark.parametrize(("share", "written"), [(0, "0"), (1, "1"), (1.0, "1"), (0.5, "0.5"), (1e-7, "0"), (0.1 + 0.2, "0.3")])
def test_writes_grades_with_a_point(share, written):
    assert texts(build_request(Operation.REPLACE, message_id="m", sourcedid="s", share=share))[0]["textString"] == written


@pytest.mark.parametrize("share", [None, -0.1, 1.1, float("nan")])
def test_refuses_what_is_no_grade(share):
    with pytest.raises(Invalid, match="from 0 to 1"):
        build_request(Operation.REPLACE, message_id="m", sourcedid="s", share=share)


def test_refuses_a_place_that_xml_can_not_hold():
    with pytest.raises(Invalid) as caught:
        build_request(Operation.READ, message_id="m", sourcedid="a\x01b")
    assert caught.value.field == "lis_result_sourcedid"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (answer(), Answer("Grade replaced", None)),
        (answer(major="Success "), Answer("Grade replaced", None)),
        (answer(major="processing"), Answer("Grade replaced", None)),
        (answer(namespace="urn:other"), Answer("Grade replaced", None)),
        (b"\n  " + answer(description=""), Answer("", None)),
        (answer(body=read_body("0.92")), Answer("Grade replaced", 0.92)),
        (answer(body=read_body("1")), Answer("Grade replaced", 1.0)),
        (answer(body=read_body("")), Answer("Grade replaced", None)),
        (answer(description="a\n  b"), Answer("a b", None)),
    ],
)
def test_reads_what_went_well(body, expected):
    assert parse_answer(200, body) == expected


@pytest.mark.parametrize(
    ("status", "body", "told", "is_permanent"),
    [
        (200, answer("failure", "No such user"), "failure: No such user", True),
        (200, answer("unsupported", ""), "unsupported: nothing more", True),
        (400, answer("failure", "bad"), "failure: bad", True),
        (503, answer("failure", "later"), "failure: later", False),
        (200, answer(body=read_body("A+")), "a grade that is none: A", True),
        (200, answer(body=read_body("92")), "a grade that is none: 92", True),
        (200, answer(body=read_body("nan")), "a grade that is none: nan", True),
        (200, b"<html>Log in</html>", "nothing that can be understood", True),
        (200, b"", "nothing that can be understood", True),
        (200, b"\xff<not xml", "nothing that can be understood", True),
        (200, b"<imsx_POXEnvelopeResponse/>", "nothing that can be understood", True),
        (404, b"", "status 404", True),
        (401, b"Unauthorized", "status 401", True),
        (302, b"", "status 302", True),
        (408, b"", "status 408", False),
        (425, b"", "status 425", False),
        (429, b"", "status 429", False),
        (500, b"", "status 500", False),
    ],
)
def test_tells_what_went_wrong_and_whether_trying_again_can_help(status, body, told, is_permanent):
    with pytest.raises(OutcomeFailed, match=told) as caught:
        parse_answer(status, body)
    assert (caught.value.is_permanent, caught.value.http_status) == (is_permanent, status)


@pytest.mark.parametrize(
    "harmful",
    [
        answer().replace(b"?><", b'?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><', 1).replace(b"Grade", b"&e;"),
        answer().replace(b"?><", b"?><!DOCTYPE x [<!ENTITY e 'success'>]><", 1).replace(b">success<", b">&e;<"),
        answer(description="x" * 300_000),
    ],
)
def test_reads_no_answer_that_declares_entities_or_is_too_long(harmful):
    with pytest.raises(OutcomeFailed, match="nothing that can be understood"):
        parse_answer(200, harmful)

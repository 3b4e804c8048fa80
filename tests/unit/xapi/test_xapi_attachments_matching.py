"""Data 2.4.11 and 2.6, Communication 1.5.2: which part is whose content."""

import orjson
import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.attachments.matching import (
    ALGORITHMS,
    check_all_came,
    check_part,
    check_statements_part,
    check_sum,
    expect,
    named_in,
)
from lrs_bridge.xapi.model.formats import is_sha2
from lrs_bridge.xapi.model.statement import SIGNATURE, parse_statement
from tests.support.statements import statement, sub_statement

SUM = "ab" * 32
OTHER = "cd" * 48
HASH = "x-experience-api-hash"


def attachment(sha2=SUM, **changes):
    base = {
        "usageType": "http://example.no/bevis",
        "display": {"nb": "Bevis"},
        "contentType": "text/plain; charset=ascii",
        "length": 27,
        "sha2": sha2,
    }
    return base | changes


def expected(*attachments):
    return expect(named_in([statement(attachments=list(attachments))], in_array=False))


def test_finds_every_attachment_when_statements_and_sub_statements_have_them():
    values = [
        statement(),
        statement(attachments=[attachment(), attachment(OTHER, fileUrl="https://example.no/a")]),
        statement(object=sub_statement(attachments=[attachment(SUM.upper(), usageType=SIGNATURE)])),
    ]
    found = [(one.statement, one.field, one.key, one.has_file_url, one.is_signature) for one in named_in(values, in_array=True)]
    assert found == [
        (1, "[1].attachments[0]", SUM, False, False),
        (1, "[1].attachments[1]", OTHER, True, False),
        (2, "[2].object.attachments[0]", SUM, False, False),
    ]
    assert [one.field for one in named_in(values[1:2], in_array=False)] == ["attachments[0]", "attachments[1]"]


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/json"},
        {"content-type": "Application/JSON; charset=UTF-8", "content-transfer-encoding": "Binary"},
        {"content-type": "application/json", "content-transfer-encoding": "8bit", "content-disposition": 'form-data; name="x"'},
    ],
)
def test_takes_a_first_part_when_it_is_json(headers):
    check_statements_part(headers)


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({}, "Content-Type"),
        ({"content-type": "text/plain"}, "Content-Type"),
        ({"content-type": "application/json; charset=latin1"}, "Content-Type"),
        ({"content-type": "application/json", "content-transfer-encoding": "base64"}, "Content-Transfer-Encoding"),
    ],
)
def test_refuses_a_first_part_when_it_is_not_plain_json(headers, field):
    with pytest.raises(Invalid) as caught:
        check_statements_part(headers)
    assert (caught.value.field, caught.value.rule) == (field, "xAPI 1.0.3 Communication 1.5.2")


@pytest.mark.parametrize(
    "headers",
    [
        {HASH: SUM},
        {HASH: SUM.upper(), "content-transfer-encoding": "binary"},
        {HASH: SUM, "content-type": "text/plain"},
        {HASH: SUM, "content-type": "Text/Plain; charset=ASCII; x=y"},
        {HASH: SUM, "content-type": "application/octet-stream"},
        {HASH: SUM, "content-length": "27"},
    ],
)
def test_finds_the_attachment_when_a_part_names_its_sum(headers):
    (found,) = check_part(headers, expected(attachment(), attachment(OTHER)))
    assert found.field == "attachments[0]"


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({}, "X-Experience-API-Hash"),
        ({HASH: ""}, "X-Experience-API-Hash"),
        ({HASH: "b0" * 32}, "X-Experience-API-Hash"),
        ({HASH: SUM, "content-transfer-encoding": "base64"}, "Content-Transfer-Encoding"),
        ({HASH: SUM, "content-type": "image/png"}, "attachments[0]"),
        ({HASH: SUM, "content-type": "text/plain; charset=utf-8"}, "attachments[0]"),
        ({HASH: SUM, "content-length": "28"}, "attachments[0]"),
    ],
)
def test_refuses_a_part_when_no_attachment_is_like_it(headers, field):
    with pytest.raises(Invalid) as caught:
        check_part(headers, expected(attachment(), attachment(OTHER)))
    assert (caught.value.field, caught.value.rule) == (field, "xAPI 1.0.3 Communication 1.5.2")


def test_finds_those_that_fit_when_attachments_share_their_content():
    shared = expected(attachment(), attachment(contentType="text/html"), attachment(SUM.upper(), contentType="text/plain"))
    assert [one.field for one in check_part({HASH: SUM, "content-type": "text/plain"}, shared)] == [
        "attachments[0]",
        "attachments[2]",
    ]


def test_takes_a_sum_of_the_bytes_when_it_is_the_one_named_and_no_other():
    check_sum(SUM, SUM)
    with pytest.raises(Invalid) as caught:
        check_sum(SUM, OTHER)
    assert caught.value.field == "X-Experience-API-Hash"


def test_is_content_when_all_came_or_are_to_be_had_elsewhere():
    check_all_came(expected(attachment(), attachment(OTHER, fileUrl="https://example.no/a")), {SUM})


def test_refuses_an_attachment_when_it_has_no_url_and_did_not_come():
    with pytest.raises(Invalid) as caught:
        check_all_came(expected(attachment(OTHER, fileUrl="https://example.no/a"), attachment()), {OTHER})
    assert (caught.value.field, caught.value.rule) == ("attachments[1].fileUrl", "xAPI 1.0.3 Communication 1.5.2")


def test_refuses_a_signature_when_it_is_only_to_be_had_elsewhere():
    signature = attachment(usageType=SIGNATURE, contentType="application/octet-stream", fileUrl="https://example.no/a")
    with pytest.raises(Invalid) as caught:
        check_all_came(expected(signature), set())
    assert (caught.value.field, caught.value.rule) == ("attachments[0]", "xAPI 1.0.3 Data 2.6")


def test_refuses_plain_json_when_a_signature_should_have_come_along():
    signature = attachment(usageType=SIGNATURE, contentType="application/octet-stream", fileUrl="https://example.no/a")
    with pytest.raises(Invalid) as caught:
        parse_statement(orjson.dumps(statement(attachments=[signature])), max_bytes=10**6)
    assert (caught.value.field, caught.value.rule) == ("attachments[0]", "xAPI 1.0.3 Data 2.6")
    parse_statement(orjson.dumps(statement(object=sub_statement(attachments=[signature]))), max_bytes=10**6)


def test_refuses_a_signature_when_it_is_said_to_be_text():
    with pytest.raises(Invalid) as caught:
        expected(attachment(usageType=SIGNATURE))
    assert (caught.value.field, caught.value.rule) == ("attachments[0].contentType", "xAPI 1.0.3 Data 2.6")


def test_knows_every_length_of_sum_when_a_statement_may_have_it():
    assert [length for length in range(200) if is_sha2("0" * length)] == list(ALGORITHMS)

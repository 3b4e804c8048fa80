"""Communication 1.5.1 and 2.1.2: bodies of statements."""

import json
import uuid

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, LrsBridgeError, TooLarge
from lrs_bridge.xapi.model import statement as module
from lrs_bridge.xapi.model.shapes import Broken
from lrs_bridge.xapi.model.statement import attachments_of, parse_statement, parse_statements
from lrs_bridge.xapi.model.version import Version
from tests.support.statements import OTHER_ID, STATEMENT_ID, full_statement, full_statement_2, statement, sub_statement

LIMIT = 1_000_000


def parse(body):
    return parse_statements(body, max_bytes=LIMIT)


def test_keeps_the_exact_bytes_of_each_statement_when_they_come_in_a_batch():
    raws = [json.dumps(full_statement(), indent=1).encode(), orjson.dumps(statement(id=OTHER_ID))]
    parsed = parse(b" [ " + raws[0] + b" ,\n" + raws[1] + b"]\r\n")
    assert [one.raw for one in parsed] == raws
    assert [one.id for one in parsed] == [uuid.UUID(STATEMENT_ID), uuid.UUID(OTHER_ID)]


def test_has_no_id_when_none_was_sent():
    assert parse(orjson.dumps(statement()))[0].id is None


def test_gives_nothing_when_the_batch_is_empty():
    assert parse(b"[]") == []


def test_puts_the_position_before_the_field_when_a_statement_of_a_batch_is_wrong():
    with pytest.raises(Invalid) as refused:
        parse(orjson.dumps([statement(), statement(), statement(actor={"mbox": "x"})]))
    assert refused.value.field == "[2].actor.mbox"


def test_refuses_a_batch_when_an_id_is_in_it_twice():
    with pytest.raises(Invalid) as refused:
        parse(orjson.dumps([statement(id=STATEMENT_ID), statement(), statement(), statement(id=STATEMENT_ID.upper())]))
    assert refused.value.field == "[3].id"


NOT_JSON = {
    "empty": b"",
    "whitespace": b"  ",
    "a word": b"hello",
    "cut off": orjson.dumps(statement())[:-1],
    "two values": orjson.dumps(statement()) * 2,
    "byte order mark": b"\xef\xbb\xbf" + orjson.dumps(statement()),
    "UTF-16": json.dumps(statement()).encode("utf-16"),
    "Latin-1": '{"actor":"Læge"}'.encode("latin-1"),
    "not a number": b'{"result":{"score":{"scaled":NaN}}}',
    "infinite": b'{"result":{"score":{"raw":1e999}}}',
    "lone surrogate": b'{"actor":"\\ud800"}',
    "null": b"null",
    "a number": b"1",
    "a string of braces": b'"' + b"{" * 70 + b'"',
    "array cut off": b"[{}",
    "array with a trailing comma": b"[{},]",
    "array of nothing": b"[null]",
    "array in an array": b"[[]]",
    "Latin-1 in an array": b'[{"actor":"\xe6"}]',
}


def test_names_the_body_when_it_is_no_statement_as_a_whole():
    for body in (NOT_JSON["empty"], NOT_JSON["cut off"], NOT_JSON["null"], nested(65), b"[{}"):
        with pytest.raises(Invalid) as refused:
            parse(body)
        assert refused.value.field == "body"


class Counted(str):
    """A name that counts how often it is compared."""

    __slots__ = ()
    times = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Counted.times += 1
        return str.__eq__(self, other)


def test_compares_each_name_a_few_times_at_most_when_an_object_has_very_many():
    names = [Counted(number) for number in range(20_000)]
    with pytest.raises(Broken):
        module._unique([(name, 0) for name in [*names, Counted(19_999)]])
    assert Counted.times < 10 * len(names)


def test_refuses_a_statement_when_one_of_very_many_names_is_used_twice():
    many = ",".join(f'"https://a.no/{number}":0' for number in [*range(20_000), 19_999])
    body = orjson.dumps(statement(result={"extensions": {"https://a.no": 0}})).replace(b'"https://a.no":0', many.encode())
    with pytest.raises(Invalid, match="used twice"):
        parse(body)


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON.keys())
def test_refuses_a_body_when_it_is_no_statement_in_utf8_json(body):
    with pytest.raises(Invalid):
        parse(body)


def nested(depth):
    """A statement of that depth: the extension's value begins at level 4."""
    return orjson.dumps(statement(result={"extensions": {"https://a.no": "HERE"}})).replace(
        b'"HERE"', b"[" * (depth - 3) + b"]" * (depth - 3)
    )


def test_takes_a_statement_when_nested_as_deep_as_allowed():
    assert parse(nested(64))


@pytest.mark.parametrize("depth", [65, 500, 2000, 100_000])
def test_refuses_a_statement_when_nested_deeper(depth):
    with pytest.raises(Invalid):
        parse(nested(depth))
    with pytest.raises(Invalid):
        parse(b"[" + nested(depth) + b"]")


def test_takes_a_statement_when_it_has_many_brackets_side_by_side():
    assert parse(orjson.dumps(statement(result={"extensions": {"https://a.no": [[], {}] * 100}})))


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (orjson.dumps(statement())[:-1] + b',"actor":{"mbox":"mailto:ola@example.no"}}', "actor"),
        (orjson.dumps(statement()).replace(b'"id":', b'"id":"http://a.no","id":', 1), "id"),
        (orjson.dumps(statement())[:-1] + b',"\\u0061ctor":{"mbox":"mailto:ola@example.no"}}', "actor"),
    ],
    ids=["at the top", "in the verb", "in other letters"],
)
def test_refuses_a_statement_when_a_name_is_used_twice(body, name):
    with pytest.raises(Invalid, match="used twice") as refused:
        parse(body)
    assert refused.value.field == name


@pytest.mark.parametrize("dump", [json.dumps, lambda value: json.dumps(value, indent=2, ensure_ascii=False)])
def test_takes_a_statement_when_it_is_spelled_in_another_way(dump):
    assert parse(dump(full_statement()).replace("0.9", "9.0e-1").encode())


@pytest.mark.parametrize("spelling", ['"', '\\"', "\\u0022", "\\\\u0022"])
def test_refuses_a_name_used_twice_when_quotation_marks_are_spelled_in_any_way(spelling):
    """As many quotation marks as the lost member had are hidden by escapes of six letters."""
    extension = spelling * 2 if spelling != '"' else ""
    once = orjson.dumps(statement(result={"extensions": {"https://a.no": "HERE"}})).replace(b"HERE", extension.encode())
    twice = once.replace(b'"https://a.no":', b'"https://a.no":0,"https://a.no":')
    assert parse(once)
    with pytest.raises(Invalid, match="used twice"):
        parse(twice)


def test_takes_a_batch_when_several_of_its_statements_have_no_id():
    bare = {name: value for name, value in statement().items() if name != "id"}
    assert [one.id for one in parse(orjson.dumps([bare, statement(id=STATEMENT_ID), bare]))] == [
        None,
        uuid.UUID(STATEMENT_ID),
        None,
    ]


def test_takes_context_agents_in_xapi_2_alone_when_they_come_singly_or_in_a_batch():
    body = orjson.dumps(full_statement_2())
    for given_body in (body, b"[" + body + b"]"):
        assert parse_statements(given_body, max_bytes=LIMIT, version=Version.V2)[0].raw == body
        with pytest.raises(Invalid):
            parse(given_body)


def test_gives_every_attachment_with_its_path_when_the_sub_statement_has_some():
    one, two = full_statement()["attachments"] * 2
    value = statement(attachments=[one, two], object=sub_statement(attachments=[two]))
    found = list(attachments_of(parse(orjson.dumps(value))[0].value))
    assert found == [
        (one, ("attachments", 0)),
        (two, ("attachments", 1)),
        (two, ("object", "attachments", 0)),
    ]
    assert list(attachments_of(statement())) == []


@pytest.mark.parametrize("batched", [False, True], ids=["one", "batch"])
def test_takes_an_attachment_without_file_when_contents_follow(batched):
    value = full_statement()
    del value["attachments"][0]["fileUrl"]
    body = orjson.dumps([value] if batched else value)
    assert parse_statements(body, max_bytes=LIMIT, contents_follow=True)
    with pytest.raises(Invalid) as refused:
        parse(body)
    assert refused.value.field == ("[0]." if batched else "") + "attachments[0].fileUrl"


SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"


def test_refuses_a_signature_when_it_does_not_come_along():
    signature = full_statement()["attachments"][0] | {"usageType": SIGNATURE}
    body = orjson.dumps(statement(attachments=[full_statement()["attachments"][0], signature]))
    with pytest.raises(Invalid) as refused:
        parse(body)
    assert (refused.value.field, refused.value.rule) == ("attachments[1]", "xAPI 1.0.3 Data 2.6")
    assert parse_statement(body, max_bytes=LIMIT, contents_follow=True)
    assert parse(orjson.dumps(statement(object=sub_statement(attachments=[signature]))))


def test_refuses_a_statement_when_it_is_larger_than_allowed():
    body = orjson.dumps(statement())
    assert parse_statement(body, max_bytes=len(body))
    with pytest.raises(TooLarge):
        parse_statement(body, max_bytes=len(body) - 1)
    with pytest.raises(TooLarge):
        parse_statements(b"[" + body + b"]", max_bytes=len(body) - 1)


def test_refuses_a_batch_when_it_has_more_statements_than_allowed(monkeypatch):
    monkeypatch.setattr(module, "MAX_BATCH", 2)
    with pytest.raises(TooLarge):
        parse(orjson.dumps([statement()] * 3))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(sorted(full_statement())), inner),
)


@given(JSON)
def test_raises_nothing_but_our_errors_when_given_any_json(value):
    try:
        parse(json.dumps(value).encode())
    except LrsBridgeError:
        return


@given(st.data())
def test_raises_nothing_but_our_errors_when_any_part_of_a_statement_is_replaced(data):
    value = full_statement()
    part, steps = value, data.draw(st.integers(1, 4))
    for _ in range(steps):
        name = data.draw(st.sampled_from(list(part) if isinstance(part, dict) else list(range(len(part)))))
        if not isinstance(part[name], dict | list) or not part[name]:
            break
        if _ < steps - 1:
            part = part[name]
    part[name] = data.draw(JSON)
    try:
        parse(json.dumps(value).encode())
    except LrsBridgeError:
        return


@given(st.binary())
def test_raises_nothing_but_our_errors_when_given_any_bytes(body):
    for given_body in (body, b"[" + body + b"]", b"{" + body + b"}"):
        try:
            parse(given_body)
        except LrsBridgeError:
            continue

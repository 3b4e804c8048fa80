"""Grades go to a platform of LTI 1.1 by real HTTP."""

import base64
import hashlib
from dataclasses import replace
from ipaddress import ip_network
from urllib.parse import unquote

import pytest
from lxml import etree

from lrs_bridge.lti.legacy.client import delete_result, read_result, replace_result
from lrs_bridge.lti.legacy.outcomes import OutcomeFailed
from lrs_bridge.lti.legacy.sealing import NONCE_BYTES, SecretUnreadable, seal
from lrs_bridge.settings import Secret
from lrs_bridge.web.reply import CallFailed, Trouble
from tests.support.lti_legacy import PLATFORM, answer, is_signed_well
from tests.support.odd_lrs import always, odd_lrs

KEY, SECRET = Secret(b"k" * 32), "a secret & of theirs"
LOOPBACK = (ip_network("127.0.0.0/8"),)
SOURCEDID = '{"data":{"instanceid":"3","userid":"42"},"hash":"ø"}'
SEALED = seal(KEY, b"n" * NONCE_BYTES, SECRET, tenant=PLATFORM.tenant, platform_id=PLATFORM.platform_id)
CONSUMER = replace(PLATFORM, sealed_secret=SEALED)


@pytest.fixture
def there():
    with odd_lrs() as platform:
        platform.url += "/service.php?id=3&more=a%20b"
        platform.answer = always(200, {}, answer())
        yield platform


def call(function, there, *more, platform=CONSUMER, key=KEY, url=None):
    return function(platform, url or there.url, SOURCEDID, *more, master_key=key, allowed=LOOPBACK)


def texts(asked):
    return {etree.QName(each).localname: each.text for each in etree.fromstring(asked.body).iter()}


def test_replaces_a_grade_in_a_call_that_another_implementation_finds_signed_well(there):
    call(replace_result, there, 0.75)
    (asked,) = there.asked
    said = texts(asked)
    assert "replaceResultRequest" in said
    assert (said["sourcedId"], said["textString"]) == (SOURCEDID, "0.75")
    assert asked.headers["content-type"] == "application/xml"
    assert is_signed_well(there.url, asked, SECRET)
    assert not is_signed_well(there.url, asked, "another")
    assert not is_signed_well(there.url.replace("id=3", "id=4"), asked, SECRET)
    digest = base64.b64encode(hashlib.sha1(asked.body).digest()).decode()  # noqa: S324  the specification's
    assert f'oauth_body_hash="{digest}"' in unquote(asked.headers["authorization"])


def test_takes_a_grade_away_when_there_is_none_any_more(there):
    call(replace_result, there, None)
    call(delete_result, there)
    for asked in there.asked:
        assert "deleteResultRequest" in texts(asked)
        assert "textString" not in texts(asked)


def test_reads_the_grade_that_is_there(there):
    there.answer = always(200, {}, answer(score="0.5"))
    assert call(read_result, there) == 0.5
    there.answer = always(200, {}, answer())
    assert call(read_result, there) is None
    assert "readResultRequest" in texts(there.asked[0])


def test_no_two_calls_are_the_same(there):
    call(replace_result, there, 1.0)
    call(replace_result, there, 1.0)
    first, second = there.asked
    assert first.headers["authorization"] != second.headers["authorization"]
    assert texts(first)["imsx_messageIdentifier"] != texts(second)["imsx_messageIdentifier"]


@pytest.mark.parametrize(
    ("status", "body", "is_permanent"), [(200, answer("failure", "no such user"), True), (503, b"", False), (302, b"", True)]
)
def test_tells_why_the_platform_did_not_take_it(there, status, body, is_permanent):
    there.answer = always(status, {"Location": "http://169.254.169.254/"} if status == 302 else {}, body)
    with pytest.raises(OutcomeFailed) as caught:
        call(replace_result, there, 1.0)
    assert caught.value.is_permanent is is_permanent
    assert len(there.asked) == 1


def test_goes_nowhere_it_may_not_go_and_sends_nothing_without_a_secret(there):
    with pytest.raises(CallFailed) as caught:
        replace_result(CONSUMER, there.url, SOURCEDID, 1.0, master_key=KEY)
    assert caught.value.cause is Trouble.FORBIDDEN_ADDRESS
    with pytest.raises(SecretUnreadable):
        call(replace_result, there, 1.0, key=Secret(b"x" * 32))
    assert there.asked == []
    with pytest.raises(CallFailed) as caught:
        call(replace_result, there, 1.0, url="http://127.0.0.1:9/outcomes")
    assert caught.value.cause is Trouble.UNREACHABLE

"""Small values of the room: links, the journal's lines, key sets, rebindings, and what we are as a tool."""

from datetime import timedelta
from uuid import UUID

import pytest

from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.lti.platforms import link as links
from lrs_bridge.lti.platforms.keyset import has_key, parse_key_set, usable_keys
from lrs_bridge.lti.platforms.link import CLAIMED, VALID, LinkState
from lrs_bridge.lti.platforms.rebinding import Rebinding, former_user
from lrs_bridge.lti.platforms.tool import DEEP_LINKING, RESOURCE_LINK, SCOPES, Tool, canvas_key
from lrs_bridge.lti.platforms.visit import Visit, shortened
from lrs_bridge.web.reply import CallFailed, Trouble
from tests.support.lti_setups import ANNE, NORTH, NOW

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("used", "platform", "at", "state"),
    [
        (None, None, NOW, LinkState.OPEN),
        (None, None, NOW + VALID - SECOND, LinkState.OPEN),
        (None, None, NOW + VALID, LinkState.ENDED),
        (NOW, None, NOW + CLAIMED, LinkState.USED),
        (NOW, None, NOW + CLAIMED + SECOND, LinkState.OPEN),
        (NOW, UUID(int=1), NOW + CLAIMED + SECOND, LinkState.USED),
        (NOW, UUID(int=1), NOW + VALID, LinkState.USED),
    ],
)
def test_a_link_is_open_until_it_is_used_or_ends(used, platform, at, state):
    made = links.RegistrationLink(NORTH, "k", ANNE, NOW, NOW + VALID, used, platform)
    assert made.state(at) is state


def test_a_link_keeps_no_token():
    made = links.new_link(NORTH, "token", made_by=ANNE, now=NOW)
    assert made.token_key == "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0"
    assert made.expires_at == NOW + VALID
    assert made.actor == f"person:{ANNE}"
    assert links.new_link(NORTH, "token", made_by=None, now=NOW).actor == "system"
    assert links.address("https://here.no", "token") == "https://here.no/lti/register/token"


def test_a_line_of_the_journal_is_cut_to_what_is_kept():
    visit = Visit(UUID(int=1), UUID(int=2), NOW, "x" * 50, None, "y" * 300, failed_step="z" * 50, reason="w" * 700)
    kept = shortened(visit)
    assert [len(text) for text in (kept.message_type, kept.context_title, kept.failed_step, kept.reason)] == [40, 200, 40, 600]
    assert (kept.deployment_id, kept.link_title) == (None, None)
    assert kept.failed
    assert not Visit(UUID(int=1), UUID(int=2), NOW, "x").failed


def test_reads_a_key_set_without_asking_what_its_keys_are():
    found = parse_key_set({"keys": [{"kid": "a", "kty": "RSA"}, "b", {"kty": "EC", "kid": "c"}, {"kty": "RSA", "use": "enc"}]})
    assert len(found["keys"]) == 3
    assert [has_key(found, kid) for kid in ("a", "b", "c", None)] == [True, False, True, True]
    assert not has_key({"keys": []}, None)
    assert usable_keys(found) == 1


@pytest.mark.parametrize("document", [None, [], {}, {"keys": {}}, {"keys": "a"}, "x"])
def test_refuses_what_is_no_key_set(document):
    with pytest.raises(CallFailed) as caught:
        parse_key_set(document)
    assert caught.value.cause is Trouble.ODD_ANSWER


def test_a_former_user_is_known_under_the_consumer_key():
    asked = Rebinding(UUID(int=1), "42", "key", "old", None, None, NOW)
    assert former_user(asked) == Identifier(IdentifierKind.LTI_USER, "lti1p1:key", "old")


def test_tells_canvas_everything_that_a_developer_key_needs():
    tool = Tool("https://here.no:8443", "fjordvik")
    told = canvas_key(tool)
    assert told["oidc_initiation_url"] == "https://here.no:8443/lti/login"
    assert told["target_link_uri"] == "https://here.no:8443/lti/launch"
    assert told["public_jwk_url"] == "https://here.no:8443/lti/jwks/fjordvik.json"
    assert set(told["scopes"]) < set(SCOPES)
    (extension,) = told["extensions"]
    assert (extension["domain"], extension["privacy_level"]) == ("here.no:8443", "public")
    places = {place["placement"]: place for place in extension["settings"]["placements"]}
    assert {name: place["message_type"] for name, place in places.items()} == {
        "course_navigation": RESOURCE_LINK,
        "link_selection": DEEP_LINKING,
        "assignment_selection": DEEP_LINKING,
    }
    assert [name for name, place in places.items() if place.get("default") == "disabled"] == ["course_navigation"]
    assert tool.canvas_url == "https://here.no:8443/lti/canvas/fjordvik.json"

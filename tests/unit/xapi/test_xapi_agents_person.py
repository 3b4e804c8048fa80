"""Communication 2.4: the Person object."""

import pytest

from lrs_bridge.identity import Account, Identifier, IdentifierKind, Mbox, MboxSha1Sum, OpenID
from lrs_bridge.xapi.documents.person import ifi_of, name_of, person_object
from tests.support.statements import KARI, OLA, statement

SHA1 = "a9993e364706816aba3e25717850c26c9cd0d89d"
OPENID = "https://kari.example.no/"


@pytest.mark.parametrize(
    ("agent", "ifi"),
    [
        ({"mbox": "mailto:kari@example.no"}, Mbox("mailto:kari@example.no")),
        ({"mbox_sha1sum": SHA1}, MboxSha1Sum(SHA1)),
        ({"openid": OPENID}, OpenID(OPENID)),
        (OLA, Account("https://idp.example.no", "hpr-7654321")),
    ],
)
def test_has_what_was_asked_for_when_nothing_more_is_known(agent, ifi):
    assert ifi_of(agent) == ifi
    ((name, value),) = agent.items()
    assert person_object(agent, [], []) == {"objectType": "Person", name: [value]}


def test_has_each_name_and_identifier_once_those_asked_for_first():
    linked = [
        Identifier(IdentifierKind.ACCOUNT, "https://idp.example.no", "hpr-7654321"),
        Identifier(IdentifierKind.HPR_NUMBER, "", "7654321"),
        Identifier(IdentifierKind.LTI_USER, "https://lms.example.no", "17"),
        Identifier(IdentifierKind.MBOX, "", "mailto:kari@example.no"),
        Identifier(IdentifierKind.MBOX, "", "mailto:kari@sykehus.no"),
        Identifier(IdentifierKind.MBOX_SHA1SUM, "", SHA1),
        Identifier(IdentifierKind.OIDC_SUBJECT, "https://idp.example.no", "abc"),
        Identifier(IdentifierKind.OPENID, "", OPENID),
    ]
    assert person_object(KARI, ["Kari N.", "Kari Nordmann", "Kari N."], linked) == {
        "objectType": "Person",
        "name": ["Kari Nordmann", "Kari N."],
        "mbox": ["mailto:kari@example.no", "mailto:kari@sykehus.no"],
        "mbox_sha1sum": [SHA1],
        "openid": [OPENID],
        "account": [{"homePage": "https://idp.example.no", "name": "hpr-7654321"}],
    }


def test_takes_the_name_from_statements_of_that_agent_alone():
    key = "mbox mailto:kari@example.no"
    assert name_of(statement(), key) == "Kari Nordmann"
    assert name_of(statement(actor={"mbox": "mailto:kari@example.no"}), key) is None
    assert name_of(statement(actor={"name": "Ola", **OLA}), key) is None
    assert name_of(statement(actor={"objectType": "Group", "name": "LIS", "member": [KARI]}), key) is None

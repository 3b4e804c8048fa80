import pytest

from lrs_bridge.identity import (
    Account,
    Identifier,
    IdentifierKind,
    Mbox,
    MboxSha1Sum,
    OpenID,
    identifier_of,
    implied_identifiers,
)

KARI = "mailto:kari@example.no"
KARI_SHA1 = "f8e8ea8e1ad7d7c3bd8bb6ff9dd0c2d3b8d7e0a1"


@pytest.mark.parametrize(
    ("ifi", "identifier"),
    [
        (Mbox("mailto:Kari@Example.no"), Identifier(IdentifierKind.MBOX, "", KARI)),
        (Mbox("mailto:\u212aari@example.no"), Identifier(IdentifierKind.MBOX, "", "mailto:\u212aari@example.no")),
        (Mbox("mailto:Åse@example.no"), Identifier(IdentifierKind.MBOX, "", "mailto:Åse@example.no")),
        (MboxSha1Sum(KARI_SHA1.upper()), Identifier(IdentifierKind.MBOX_SHA1SUM, "", KARI_SHA1)),
        (OpenID("https://id.example.no/kari"), Identifier(IdentifierKind.OPENID, "", "https://id.example.no/kari")),
        (Account("https://lms.example.no", "42"), Identifier(IdentifierKind.ACCOUNT, "https://lms.example.no", "42")),
    ],
)
def test_looks_a_person_up_by_each_inverse_functional_identifier(ifi, identifier):
    assert identifier_of(ifi) == identifier


def test_implies_the_sha1_sum_when_the_mailbox_is_known():
    mbox = Identifier(IdentifierKind.MBOX, "", "mailto:example@example.com")
    sha1 = Identifier(IdentifierKind.MBOX_SHA1SUM, "", "4d3d18bb97526e8c8df920ed8bebce125e12a7a9")  # by sha1sum(1)
    assert implied_identifiers(mbox) == (mbox, sha1)


def test_implies_nothing_more_when_it_is_an_account():
    account = Identifier(IdentifierKind.ACCOUNT, "https://lms.example.no", "42")
    assert implied_identifiers(account) == (account,)


def test_reads_well_in_logs_and_lists():
    assert str(Identifier(IdentifierKind.ACCOUNT, "https://lms.example.no", "42")) == "account:https://lms.example.no|42"
    assert str(Identifier(IdentifierKind.HPR_NUMBER, "", "007")) == "hpr_number:007"

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs_bridge.signing.excerpt import Excerpt, excerpt
from tests.support.attestations import STATEMENT

ACCOUNT = {"homePage": "https://lms.example.no", "name": "kari1"}


def told(language="nb", **statement):
    return excerpt(json.dumps(statement).encode(), language)


def test_tells_who_did_what():
    found = excerpt(STATEMENT, "nb")
    assert (found.actor, found.account, found.verb) == ("Kari Nordmann", "kari@example.no", "passed")
    assert (found.activity, found.activity_iri) == ("Smittevern på «sengepost»", "https://kurs.example.no/smittevern")


def test_keeps_the_numbers_of_the_text_as_they_were():
    assert '"scaled": 0.850' in excerpt(b'{"scaled":0.850}', "nb").text


@pytest.mark.parametrize(("language", "name"), [("nn", "Kurset"), ("en", "The course"), ("nb", "Kurs"), ("de", "Kurs")])
def test_prefers_the_readers_language(language, name):
    names = {"en": "The course", "nb": "Kurs", "nn": "Kurset"}
    assert told(language, object={"definition": {"name": names}}).activity == name


def test_takes_any_language_when_it_has_none_that_is_wanted():
    assert told(verb={"display": {"fr": "", "de": "bestanden"}}).verb == "bestanden"


@pytest.mark.parametrize(
    ("agent", "account"),
    [
        ({"account": ACCOUNT}, "kari1 (https://lms.example.no)"),
        ({"account": {"name": "kari1"}, "openid": "https://id.example.no/kari"}, "https://id.example.no/kari"),
        ({"mbox_sha1sum": "ab"}, "ab"),
        ({"mbox": 1}, None),
        ("kari", None),
    ],
    ids=["account", "openid", "hash", "wrong kind", "no object"],
)
def test_names_the_account(agent, account):
    assert told(actor=agent).account == account
    assert told(authority=agent).reported_by == account


def test_names_the_platform():
    assert told(context={"platform": "Læringsportalen"}).platform == "Læringsportalen"


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"\xffno", "\ufffdno"), (b"plain", "plain"), (b"[" * 100_000, "[" * 100_000)],
    ids=["bytes", "text", "deep"],
)
def test_shows_other_contents_as_text(content, text):
    assert excerpt(content, "nb") == Excerpt(text)


@settings(deadline=None)
@given(
    st.binary()
    | st.recursive(st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)).map(lambda v: json.dumps(v).encode())
)
def test_never_fails(content):
    assert isinstance(excerpt(content, "nb"), Excerpt)

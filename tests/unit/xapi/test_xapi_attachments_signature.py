"""Data 2.6: which signatures are well formed, and what they are worth."""

import base64
import json
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, PackageLoader, StrictUndefined

from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.xapi.attachments.reason import _MESSAGES, Reason, Why
from lrs_bridge.xapi.attachments.report import State, parse_trusted, report
from lrs_bridge.xapi.attachments.signature import MAX_CHAIN, MAX_SIGNATURE_BYTES, check_signature, signs
from tests.support.signed import (
    AT,
    YEAR,
    authorities,
    certify,
    chain,
    ec_key,
    encode,
    jws,
    pem,
    rsa_key,
    signature_attachment,
    signer,
)
from tests.support.statements import COURSE, KARI, OTHER_ID, STATEMENT_ID, full_statement, statement

SIGNED = statement(id=STATEMENT_ID, timestamp="2026-03-04T10:00:00.123+01:00")
STORED_AT = "2026-11-23T12:00:00.000000Z"
ID = UUID(STATEMENT_ID)


def full_chain(**more):
    root, below = authorities()
    return chain(signer(**more), below, root)


def with_attachments(value, *more):
    return value | {"attachments": [*more, signature_attachment(b"x", "ab" * 32)]}


def check(content, value=SIGNED, id=ID):
    check_signature(content, with_attachments(value), id=id, field="attachments[0]")


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512"])
@pytest.mark.parametrize("x5c", [None, "chain"])
def test_takes_a_signature_when_it_is_of_its_statement(alg, x5c):
    check(jws(SIGNED, alg=alg, x5c=x5c and full_chain()))


@pytest.mark.parametrize(
    ("payload", "value", "id"),
    [
        pytest.param(statement(), statement(), None, id="no id anywhere"),
        pytest.param(statement(), statement(id=STATEMENT_ID), ID, id="id given later"),
        pytest.param(SIGNED | {"id": STATEMENT_ID.upper()}, SIGNED, ID, id="case of the id"),
        pytest.param(SIGNED | {"timestamp": "2026-03-04T09:00:00.123Z"}, SIGNED, ID, id="another spelling of the time"),
        pytest.param(SIGNED | {"version": "1.0.0"}, SIGNED, ID, id="version"),
        pytest.param(dict(reversed(SIGNED.items())), SIGNED, ID, id="order of members"),
        pytest.param(full_statement(), full_statement(), ID, id="everything"),
        pytest.param(SIGNED, SIGNED | {"stored": STORED_AT}, ID, id="stored said by the sender"),
    ],
)
def test_takes_a_signature_when_it_differs_in_what_the_specification_excepts(payload, value, id):
    check(jws(payload), value, id)


@pytest.mark.parametrize(
    ("payload", "value", "id"),
    [
        pytest.param(SIGNED | {"actor": KARI | {"mbox": "mailto:x@example.no"}}, SIGNED, ID, id="another actor"),
        pytest.param(SIGNED | {"id": OTHER_ID}, SIGNED, ID, id="another id"),
        pytest.param(SIGNED | {"id": 5}, SIGNED, ID, id="an id that is none"),
        pytest.param(SIGNED, statement(timestamp=SIGNED["timestamp"]), None, id="an id that the statement has not"),
        pytest.param(SIGNED | {"timestamp": "2026-03-04T10:00:00Z"}, SIGNED, ID, id="another time"),
        pytest.param(statement(), SIGNED, ID, id="no time"),
        pytest.param(SIGNED, statement(id=STATEMENT_ID), ID, id="a time that the statement has not"),
        pytest.param(
            SIGNED | {"timestamp": "2020-01-01T00:00:00Z"}, SIGNED | {"stored": SIGNED["timestamp"]}, ID, id="stored lies"
        ),
        pytest.param(statement(), SIGNED | {"stored": SIGNED["timestamp"]}, ID, id="stored lies of no time"),
        pytest.param({}, SIGNED, ID, id="nothing"),
        pytest.param({"actor": 1, "verb": 2, "object": 3}, SIGNED, ID, id="no statement"),
        pytest.param(SIGNED | {"result": {"duration": 7}}, SIGNED, ID, id="no duration"),
        pytest.param(SIGNED | {"object": {"objectType": ["x"]}}, SIGNED, ID, id="no object"),
    ],
)
def test_refuses_a_signature_when_it_is_of_something_else(payload, value, id):
    with pytest.raises(Invalid) as caught:
        check(jws(payload), value, id)
    assert (caught.value.field, caught.value.rule) == ("attachments[0]", "xAPI 1.0.3 Data 2.6")


def without_rsa():
    return chain(certify("EC", ec_key()))


GOOD = jws(SIGNED)
HEADER, PAYLOAD, SIGNATURE_PART = GOOD.split(b".")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        pytest.param(b"", "RFC 7515 7.1", id="empty"),
        pytest.param(b"a.b", "RFC 7515 7.1", id="two segments"),
        pytest.param(GOOD + b".x", "RFC 7515 7.1", id="four segments"),
        pytest.param(json.dumps({"payload": "x", "signatures": []}).encode(), "RFC 7515 7.1", id="JSON serialization"),
        pytest.param(GOOD + b"\n", "RFC 7515 2", id="a line end behind it"),
        pytest.param(b"=" + GOOD, "RFC 7515 2", id="padding"),
        pytest.param(HEADER + b"." + PAYLOAD + b".+/+/", "RFC 7515 2", id="base64 of the other alphabet"),
        pytest.param(HEADER + b"." + PAYLOAD + b".AB", "RFC 7515 2", id="bits to spare"),
        pytest.param(HEADER + b".A." + SIGNATURE_PART, "RFC 7515 2", id="no base64"),
        pytest.param(encode(b"alg") + b"." + PAYLOAD + b"." + SIGNATURE_PART, "xAPI 1.0.3 Data 2.6", id="header no JSON"),
        pytest.param(encode(b"[]") + b"." + PAYLOAD + b"." + SIGNATURE_PART, "xAPI 1.0.3 Data 2.6", id="header no object"),
        pytest.param(jws(SIGNED, alg="none"), "xAPI 1.0.3 Data 2.6", id="alg none"),
        pytest.param(jws(SIGNED, alg="HS256"), "xAPI 1.0.3 Data 2.6", id="alg HS256"),
        pytest.param(jws(SIGNED, alg="PS256"), "xAPI 1.0.3 Data 2.6", id="alg PS256"),
        pytest.param(
            encode(b'{"alg":["RS256"]}') + b"." + PAYLOAD + b"." + SIGNATURE_PART, "xAPI 1.0.3 Data 2.6", id="alg a list"
        ),
        pytest.param(encode(b"{}") + b"." + PAYLOAD + b"." + SIGNATURE_PART, "xAPI 1.0.3 Data 2.6", id="no alg"),
        pytest.param(encode(b'{"alg":"none","alg":"RS256"}') + b"." + PAYLOAD + b".AA", "xAPI 1.0.3 Data 2.6", id="two algs"),
        pytest.param(jws(SIGNED, crit=["b64"], b64=False), "RFC 7515 4.1.11", id="critical parameters"),
        pytest.param(jws(json.dumps(SIGNED).replace('"', "'", 1).encode()), "xAPI 1.0.3 Data 2.6", id="payload no JSON"),
        pytest.param(jws(b"[]"), "xAPI 1.0.3 Data 2.6", id="payload no object"),
        pytest.param(jws(b'{"a":' * 2000 + b"1" + b"}" * 2000), "xAPI 1.0.3 Data 2.6", id="payload nested deeply"),
        pytest.param(jws(b'{"id":1,' + json.dumps(SIGNED).encode()[1:]), "xAPI 1.0.3 Data 2.6", id="payload says things twice"),
        pytest.param(jws(SIGNED, x5c=[]), "RFC 7515 4.1.6", id="no certificate in the chain"),
        pytest.param(jws(SIGNED, x5c="x"), "RFC 7515 4.1.6", id="chain a string"),
        pytest.param(jws(SIGNED, x5c=[1]), "RFC 7515 4.1.6", id="certificate a number"),
        pytest.param(jws(SIGNED, x5c=["!"]), "RFC 7515 4.1.6", id="certificate no base64"),
        pytest.param(jws(SIGNED, x5c=["ø"]), "RFC 7515 4.1.6", id="certificate no ASCII"),
        pytest.param(jws(SIGNED, x5c=["AAAA"]), "RFC 7515 4.1.6", id="certificate no DER"),
        pytest.param(jws(SIGNED, x5c=full_chain()[:1] * (MAX_CHAIN + 1)), "RFC 7515 4.1.6", id="long chain"),
        pytest.param(jws(SIGNED, x5c=full_chain()[::-1]), "RFC 7515 5.2", id="chain the wrong way round"),
        pytest.param(jws(SIGNED, x5c=full_chain(), key=rsa_key("other")), "RFC 7515 5.2", id="another key's signature"),
        pytest.param(jws(SIGNED, x5c=without_rsa()), "RFC 7518 3.3", id="no RSA key"),
        pytest.param(b"." * 2 + b"A" * MAX_SIGNATURE_BYTES, "xAPI 1.0.3 Data 2.6", id="too long"),
    ],
)
def test_refuses_a_signature_when_it_is_malformed(content, rule):
    with pytest.raises(Invalid) as caught:
        check(content)
    assert (caught.value.field, caught.value.rule) == ("attachments[0]", rule)
    assert caught.value.message.startswith("attachments[0] is not a signature of its statement")


def test_refuses_a_certificate_when_its_key_is_of_an_unknown_kind():
    der = signer().public_bytes(serialization.Encoding.DER)
    unknown = der.replace(bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d010163"))
    assert unknown != der
    with pytest.raises(Invalid) as caught:
        check(jws(SIGNED, x5c=[base64.b64encode(unknown).decode()]))
    assert caught.value.rule == "RFC 7518 3.3"


def of_version_2():
    """A certificate of a version that X.509 does not have for it: one byte is another."""
    spoilt = bytearray(signer().public_bytes(serialization.Encoding.DER))
    spoilt[12] = 1
    return [base64.b64encode(spoilt).decode()]


def test_refuses_a_certificate_when_its_version_is_none():
    with pytest.raises(Invalid) as caught:
        check(jws(SIGNED, x5c=of_version_2()))
    assert caught.value.rule == "RFC 7515 4.1.6"


@pytest.mark.filterwarnings("ignore::UserWarning")  # of names and serial numbers that are odd, but legal
@given(content=st.binary(max_size=200), at=st.integers(0, 5000), new=st.integers(0, 255))
def test_raises_its_own_errors_alone_when_given_anything(content, at, new):
    spoilt = bytearray(signer().public_bytes(serialization.Encoding.DER))
    spoilt[at % len(spoilt)] = new
    x5c = [base64.b64encode(spoilt).decode(), *full_chain()[1:]]
    for one in (content, b".".join([encode(b'{"alg":"RS256"}'), encode(content), b""]), jws(SIGNED, x5c=x5c)):
        with suppress(LrsBridgeError):
            check(one)
        assert judged(one).state in State


def test_believes_who_stored_it_when_it_was_brought_over():
    attached = with_attachments(SIGNED | {"stored": SIGNED["timestamp"]})
    check_signature(jws(statement()), attached, id=ID, field="attachments[0]", brought_over=True)
    later = attached | {"stored": STORED_AT}
    for value, brought_over in ((attached, False), (later, True)):
        with pytest.raises(Invalid, match="something else"):
            check_signature(jws(statement()), value, id=ID, field="attachments[0]", brought_over=brought_over)


def test_signs_nothing_when_a_time_was_assigned_that_was_not_signed_but_said():
    stored = SIGNED | {"stored": STORED_AT}
    assert not signs(statement(), stored, id=ID)
    assert signs(statement(), stored | {"timestamp": STORED_AT}, id=ID)
    assert not signs(SIGNED, stored | {"timestamp": STORED_AT}, id=ID)
    assert signs(statement(timestamp=STORED_AT), stored | {"timestamp": STORED_AT}, id=ID)


# --- what it is worth ------------------------------------------------------------------------------------------------------


def judged(content, value=SIGNED, *more, trusted=None, at=AT):
    """The report on a stored statement."""
    stored = {"timestamp": STORED_AT, "version": "1.0.0"} | value | {"id": STATEMENT_ID, "stored": STORED_AT, "authority": KARI}
    trusted = authorities()[:1] if trusted is None else trusted
    return report(content, with_attachments(stored, *more), stored_at=at, now=AT + 5 * YEAR, trusted=trusted)


def told(found):
    return [reason.message for reason in found.reasons]


@pytest.mark.parametrize("sent", [1, 2, 3])
def test_is_valid_when_the_chain_leads_to_who_is_trusted(sent):
    root, below = authorities()
    trusted = [root] if sent > 1 else [root, below]
    found = judged(jws(SIGNED, x5c=full_chain()[:sent], alg="RS384"), trusted=trusted)
    assert (found.state, found.reasons, found.algorithm, found.checked_at) == (State.VALID, (), "RS384", AT + 5 * YEAR)
    assert found.signer.subject == "O=HF,CN=Kursavdelingen"
    assert found.signer.issuer == "O=HF,CN=Utsteder"
    assert found.signer.valid_until == AT + 2 * YEAR
    assert len(found.signer.fingerprint) == 64
    assert [one.subject for one in found.chain] == ["O=HF,CN=Kursavdelingen", "O=HF,CN=Utsteder", "O=HF,CN=Rot"][:sent]


def test_is_valid_when_the_signer_itself_is_trusted():
    own = certify("Selv", rsa_key("signer"))
    assert judged(jws(SIGNED, x5c=chain(own)), trusted=[own]).state is State.VALID
    assert judged(jws(SIGNED, x5c=full_chain()[:1]), trusted=[signer()]).state is State.VALID


def test_tells_what_was_not_signed_when_the_signature_is_valid():
    other = signature_attachment(b"y", "cd" * 32, usageType="http://example.no/bevis")
    signed = statement()
    found = judged(jws(signed, x5c=full_chain()), signed, other)
    assert found.state is State.VALID
    assert told(found) == ["The signature does not cover these parts of the statement: id, timestamp, attachments."]
    covered = SIGNED | {"attachments": [other]}
    assert judged(jws(covered, x5c=full_chain()), SIGNED, other).reasons == ()


ANOTHER_NAME = {"definition": {"name": {"nb": "Noe helt annet"}}}
INNER = {name: SIGNED[name] for name in ("actor", "verb", "object")} | {"objectType": "SubStatement"}
PROOF = signature_attachment(b"y", "cd" * 32, usageType="http://example.no/bevis")


@pytest.mark.parametrize(
    ("signed", "stored", "parts"),
    [
        pytest.param(SIGNED, SIGNED | {"object": SIGNED["object"] | ANOTHER_NAME}, "object.definition", id="another name"),
        pytest.param(
            SIGNED | {"object": {"id": COURSE}},
            SIGNED | {"object": {"id": COURSE} | ANOTHER_NAME},
            "object.definition",
            id="a name",
        ),
        pytest.param(
            SIGNED, SIGNED | {"verb": SIGNED["verb"] | {"display": {"nb": "strøk"}}}, "verb.display", id="another display"
        ),
        pytest.param(
            SIGNED | {"context": {"contextActivities": {"parent": {"id": COURSE}}}},
            SIGNED | {"context": {"contextActivities": {"parent": [{"id": COURSE} | ANOTHER_NAME]}}},
            "context.contextActivities.parent[0].definition",
            id="a name in the context",
        ),
        pytest.param(
            SIGNED | {"object": INNER},
            SIGNED | {"object": INNER | {"object": INNER["object"] | ANOTHER_NAME, "attachments": [PROOF]}},
            "object.attachments, object.object.definition",
            id="within a SubStatement",
        ),
        pytest.param(
            SIGNED | {"object": {"id": COURSE, "definition": {"extensions": {"https://example.no/x": 1}}}},
            SIGNED | {"object": {"id": COURSE, "definition": {"extensions": {"https://example.no/x": True}}}},
            "object.definition",
            id="a truth for a number",
        ),
    ],
)
def test_tells_what_is_not_as_it_was_signed_when_the_standard_does_not_compare_it(signed, stored, parts):
    found = judged(jws(signed, x5c=full_chain()), stored)
    assert found.state is State.VALID
    assert found.reasons == (Reason(Why.NOT_AS_SIGNED, (parts,)),)


@pytest.mark.parametrize("changes", [{}, {"version": "1.0.0"}, {"timestamp": "2026-03-04T09:00:00.123Z"}])
def test_tells_of_no_difference_when_the_statement_is_as_it_was_signed(changes):
    signed = full_statement() | {"timestamp": SIGNED["timestamp"], "attachments": [PROOF]}
    assert judged(jws(signed, x5c=full_chain()), signed | changes, PROOF).reasons == ()


def test_is_untrusted_when_it_names_no_certificate():
    found = judged(jws(SIGNED))
    assert (found.state, found.signer, found.algorithm) == (State.UNTRUSTED, None, "RS256")
    assert "no certificate" in told(found)[0]


def self_signed():
    return jws(SIGNED, x5c=chain(certify("Selv", rsa_key("signer"))))


def shuffled():
    root, below = authorities()
    return jws(SIGNED, x5c=chain(signer(), root, below))


def small():
    return jws(SIGNED, x5c=chain(certify("Liten", rsa_key("small", 1024))), key=rsa_key("small", 1024))


def not_for_signing():
    root, below = authorities()
    return jws(SIGNED, x5c=chain(signer(usage="encryption"), below, root))


def below_no_authority():
    root, below = authorities()
    under = certify("Under", rsa_key("under"), signer(), rsa_key("signer"))
    return jws(SIGNED, x5c=chain(under, signer(), below, root), key=rsa_key("under"))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (self_signed, "leads to no trusted certificate"),
        (shuffled, "not in order"),
        (small, "2048 bits"),
        (not_for_signing, "leads to no trusted certificate"),
        (below_no_authority, "leads to no trusted certificate"),
    ],
)
def test_is_untrusted_when_nobody_stands_behind_the_signer(make, reason):
    found = judged(make())
    assert found.state is State.UNTRUSTED
    assert reason in told(found)[0]
    assert found.signer is not None


def test_is_untrusted_when_others_are_trusted_or_nobody_is():
    other = certify("Andre", rsa_key("other"), ca=True, usage="authority")
    assert judged(jws(SIGNED, x5c=full_chain()), trusted=[other]).state is State.UNTRUSTED
    assert told(judged(jws(SIGNED, x5c=full_chain()), trusted=[])) == ["There is no list of trusted certificates."]


@pytest.mark.parametrize("at", [AT + 3 * YEAR, AT - timedelta(days=2)])
def test_is_expired_when_the_certificate_did_not_hold_as_the_statement_was_stored(at):
    found = judged(jws(SIGNED, x5c=full_chain()), at=at)
    assert (found.state, found.signer.subject) == (State.EXPIRED, "O=HF,CN=Kursavdelingen")
    assert "Kursavdelingen was not valid" in told(found)[0]


def test_is_altered_when_the_stored_statement_or_its_signature_is_not_what_was_signed():
    content = jws(SIGNED, x5c=full_chain())
    assert judged(content, SIGNED | {"actor": KARI | {"name": "Ola"}}).state is State.ALTERED
    found = judged(content[:-6] + b"AAAAAA")
    assert (found.state, found.signer.subject) == (State.ALTERED, "O=HF,CN=Kursavdelingen")
    assert told(found) == ["The signature is broken: it does not hold for the certificate that it names."]
    assert told(judged(b"x"))[0].startswith("The signature is broken: it must be a JWS")


def test_is_altered_when_an_attachment_was_added_or_taken_away_that_was_signed():
    other = signature_attachment(b"y", "cd" * 32, usageType="http://example.no/bevis")
    content = jws(SIGNED | {"attachments": [other]}, x5c=full_chain())
    assert judged(content, SIGNED, other).state is State.VALID
    assert judged(content).state is State.ALTERED
    assert judged(content, SIGNED, other | {"length": 5}).state is State.ALTERED


def test_reads_a_trust_list_when_it_is_a_bundle_and_refuses_others():
    assert parse_trusted(b"# roots\n" + pem(*authorities())) == authorities()
    for text in (b"", b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(Invalid) as caught:
            parse_trusted(text)
        assert caught.value.field == "SIGNATURE_TRUST_FILE"


def test_takes_a_signature_when_its_key_is_as_small_as_in_the_specification():
    check(jws(SIGNED, x5c=chain(certify("Liten", rsa_key("small", 1024))), key=rsa_key("small", 1024)))


# --- the reasons' words ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page_words():
    """The words of the page, as far as they go through gettext: each text is marked by it."""
    environment = Environment(loader=PackageLoader("lrs_bridge.xapi.browser"), autoescape=True, undefined=StrictUndefined)
    environment.globals["_"] = lambda text, **named: "¤" + text % named
    return environment.get_template("statements/signature_words.html").module.reason_text


@pytest.mark.parametrize("why", Why)
def test_says_in_the_readers_language_what_it_tells_programs_in_english(page_words, why):
    reason = Reason(why, ("Ola", "Kari")[: why_is_about(why)])
    shown = " ".join(page_words(reason).striptags().split())
    assert shown.startswith("¤")
    assert shown.removeprefix("¤").rstrip(".") == reason.message.rstrip(".")


def why_is_about(why):
    return _MESSAGES[why].count("{}")

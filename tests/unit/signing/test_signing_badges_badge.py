from datetime import UTC, datetime

import msgspec
import pytest

from lrs_bridge.signing.attestation import Person
from lrs_bridge.signing.badges.badge import Place, claims
from tests.support.attestations import COURSE_OWNER, attestation

URL = "https://lrs.example.no"
DID = "did:web:lrs.example.no:issuers:demo"
PLACE = Place(2, 77)
ATTESTATION = attestation()


def badge(**changes):
    return claims(msgspec.structs.replace(ATTESTATION, **changes), PLACE, URL)


def decided(**changes):
    return msgspec.structs.replace(ATTESTATION.decision, **changes)


def narrative(**changes):
    return badge(decision=decided(**changes))["evidence"][0]["narrative"]


def test_is_an_open_badge_of_the_organisation_whose_claims_repeat_the_credential():
    made = badge()
    assert made["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert made["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert made["issuer"] == {"id": DID, "type": ["Profile"], "name": ATTESTATION.tenant.name, "url": URL}
    assert (made["iss"], made["jti"], made["sub"]) == (DID, made["id"], made["credentialSubject"]["id"])
    assert made["id"] == f"urn:uuid:{ATTESTATION.id}"
    assert made["validFrom"] == "2026-11-12T09:30:00Z"
    assert datetime.fromtimestamp(made["nbf"], UTC) == datetime(2026, 11, 12, 9, 30, tzinfo=UTC)
    assert made["credentialSubject"]["activityEndDate"] == "2026-11-12T09:30:00Z"


def test_drops_fractions_of_a_second_so_that_both_ways_of_telling_the_time_agree():
    made = badge(issued_at=datetime(2026, 11, 12, 9, 30, 1, 999_999, tzinfo=UTC))
    assert (made["validFrom"], made["nbf"] % 60) == ("2026-11-12T09:30:01Z", 1)


def test_ends_with_the_last_day_in_norway():
    made = badge()
    assert made["validUntil"] == "2027-11-12T23:00:00Z"
    assert datetime.fromtimestamp(made["exp"], UTC) == datetime(2027, 11, 12, 23, tzinfo=UTC)


def test_has_no_end_nor_day_when_the_attestation_has_none():
    made = badge(valid_until=None, done_at=None)
    assert made.keys().isdisjoint({"validUntil", "exp"})
    assert "activityEndDate" not in made["credentialSubject"]


def test_names_the_resident_as_the_attestation_does():
    resident = msgspec.structs.replace(ATTESTATION.resident, hpr_number="9876543")
    subject = badge(resident=resident)["credentialSubject"]
    assert subject["id"] == f"urn:uuid:{resident.id}"
    assert [(each["identityType"], each["identityHash"], each["hashed"]) for each in subject["identifier"]] == [
        ("name", "Kari Nordmann", False),
        ("ext:hprNumber", "9876543", False),
    ]


def test_leaves_out_a_number_that_nobody_knows():
    subject = badge(resident=msgspec.structs.replace(ATTESTATION.resident, hpr_number=None))["credentialSubject"]
    assert [each["identityType"] for each in subject["identifier"]] == ["name"]


def test_says_what_was_achieved_and_by_which_rule():
    achievement = badge()["credentialSubject"]["achievement"]
    assert (achievement["name"], achievement["achievementType"]) == ("Smittevern", "Course")
    assert achievement["description"] == (
        "Learning activity in a resident's training plan (elearning), achieved by the course Smittevern for leger, version 2026, "
        "https://kurs.example.no/smittevern."
    )
    assert achievement["criteria"]["narrative"] == (
        "Done by the resident and signed by somebody who may sign it. The rule asks that the course is passed. "
        "Serves the learning objective KLS-014, version 1: Kunne forebygge smitte."
    )


def test_says_less_of_an_activity_that_is_no_course():
    activity = msgspec.structs.replace(ATTESTATION.activity, kind="supervised_work", objectives=())
    achievement = badge(activity=activity, course=None, mapping=None)["credentialSubject"]["achievement"]
    assert achievement["achievementType"] == "Achievement"
    assert achievement["description"] == "Learning activity in a resident's training plan (supervised work)."
    assert achievement["criteria"]["narrative"] == "Done by the resident and signed by somebody who may sign it."


def test_points_to_the_attestation_and_says_who_signed():
    made = badge(decision=decided(comment="Godt utført"))
    evidence = made["evidence"][0]
    assert evidence["id"] == f"{URL}/attestations/{ATTESTATION.id}"
    assert evidence["narrative"] == "Signed by Sigrid Sæther (supervisor) at 2026-11-12T09:30:00Z. Godt utført"
    assert made["credentialSubject"]["source"]["name"] == "Sigrid Sæther"


@pytest.mark.parametrize(
    ("owner", "told", "source"),
    [
        (
            Person(COURSE_OWNER, "Kristin Kurseier"),
            "the service on behalf of Kristin Kurseier, owner of the course",
            "Kristin Kurseier",
        ),
        (None, "the service", ATTESTATION.tenant.name),
    ],
)
def test_says_so_when_the_service_signed(owner, told, source):
    changes = {"signed_by": "system", "on_behalf_of": owner, "comment": None}
    assert narrative(**changes) == f"Signed by {told} at 2026-11-12T09:30:00Z."
    assert badge(decision=decided(**changes))["credentialSubject"]["source"]["name"] == source


def test_says_where_its_status_is_found():
    status = badge()["credentialStatus"]
    assert (status["statusListIndex"], status["statusListCredential"]) == ("77", f"{URL}/issuers/demo/status/2")

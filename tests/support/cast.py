"""The cast that people's tests speak of: one tenant's persons with fixed relations, and a namesake in another tenant.

Relations hold from 1 January 2026. Every password is PASSWORD; user names are the first names in lower case.
"""

from datetime import UTC, date, datetime
from uuid import UUID

from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.people import service
from lrs_bridge.people.access import Role, TenantRole

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
START = date(2026, 1, 1)
NORTH, SOUTH = "north", "south"
PASSWORD = "a password of the cast"

KARI = UUID(int=1)  # resident
OLA = UUID(int=2)  # resident, and nobody's follower
SIGRID = UUID(int=3)  # supervisor of Kari
ARNE = UUID(int=4)  # advisor of Kari, leader of Ola
LENA = UUID(int=5)  # leader of Kari
TORE = UUID(int=6)  # training lead of Kari; was her supervisor until 31 January
ANNE = UUID(int=7)  # administrator
NILS = UUID(int=8)  # course owner
EXTRA = UUID(int=9)  # no role at all
NAMES = {
    KARI: "Kari Nordmann",
    OLA: "Ola Østby",
    SIGRID: "Sigrid Supervisor",
    ARNE: "Arne Advisor",
    LENA: "Lena Leader",
    TORE: "Tore Trainer",
    ANNE: "Anne Administrator",
    NILS: "Nils Owner",
    EXTRA: "Eva Extra",
}


def mailbox(address: str) -> Identifier:
    return Identifier(IdentifierKind.MBOX, "", f"mailto:{address}")


def hpr(number: str) -> Identifier:
    return Identifier(IdentifierKind.HPR_NUMBER, "", number)


def load(session, passwords=()) -> None:
    """Both tenants, with local accounts for those of the user names that a test logs in as: hashing takes its time."""
    for tenant, name, contact in ((NORTH, "Northern Trust", "Help desk, 55 00 00 00"), (SOUTH, "Southern Trust", None)):
        service.add_tenant(session, tenant, name=name, kind="trust", language="nb", contact=contact)
    for person_id, name in NAMES.items():
        first = name.split()[0].lower()
        known_as = (mailbox(f"{first}@north.example.no"), hpr(f"70000{person_id.int}"))
        service.add_person(session, NORTH, name=name, now=NOW, person_id=person_id, identifiers=known_as)
    service.add_person(session, SOUTH, name="Kari Nordmann", now=NOW, person_id=KARI, identifiers=[hpr("700001")])
    for role, person_id in (
        (Role.SUPERVISOR, SIGRID),
        (Role.ADVISOR, ARNE),
        (Role.LEADER, LENA),
        (Role.TRAINING_LEAD, TORE),
    ):
        service.add_role_relation(session, NORTH, resident_id=KARI, person_id=person_id, role=role, starts_on=START)
    service.add_role_relation(session, NORTH, resident_id=OLA, person_id=ARNE, role=Role.LEADER, starts_on=START)
    service.add_role_relation(
        session, NORTH, resident_id=KARI, person_id=TORE, role=Role.SUPERVISOR, starts_on=START, ends_on=date(2026, 1, 31)
    )
    service.add_tenant_role(session, NORTH, person_id=ANNE, role=TenantRole.ADMINISTRATOR, starts_on=START)
    service.add_tenant_role(session, NORTH, person_id=NILS, role=TenantRole.COURSE_OWNER, starts_on=START)
    by_username = {name.split()[0].lower(): person_id for person_id, name in NAMES.items()}
    for username in passwords:
        service.set_password(session, NORTH, username=username, person_id=by_username[username], password=PASSWORD, now=NOW)

"""A learner, a course and its manifest, for tests of what SCORM attempts come to."""

from uuid import UUID

from lrs_bridge.identity import Account
from lrs_bridge.scorm.attempt import Attempt, ScoState
from lrs_bridge.scorm.manifest.model import Item, ItemKind, Organization, Version

ATTEMPT_ID = UUID("5f4a1c7e-0d52-4c0b-9a3e-2f6b8d1e9c00")
COURSE = "https://kurs.example.no/smittevern"
PACKAGE = "sha-256:" + "ab" * 32
KARI = Account("https://lrs.example.no", "opaque-7")


def item(identifier="sco_1", kind=ItemKind.SCO, title="Håndhygiene", **changes):
    return Item(identifier, title, kind, None if kind is ItemKind.CLUSTER else f"{identifier}.html", **changes)


def organization(*items, **changes):
    return Organization("org", "Smittevern", items or (item(),), **changes)


def attempt(version=Version.V2004, items=(), **changes):
    given = {
        "tenant": "demo",
        "id": ATTEMPT_ID,
        "course": COURSE,
        "course_title": "Smittevern",
        "package": PACKAGE,
        "learner": KARI,
        "learner_name": "Nordmann, Kari",
        "version": version,
        "edition": None if version is Version.V1_2 else "4th",
        "organization": organization(*items),
    }
    return Attempt(**given | changes)


def state_1_2(status=None, raw=None, *, terminated=True, spent=None, **core):
    said = {"lesson_status": status, "score.raw": raw, **core}
    cmi = {f"cmi.core.{name}": value for name, value in said.items() if value is not None}
    return ScoState(cmi, terminated, spent)


def state_2004(completion=None, success=None, scaled=None, *, terminated=True, spent=None, **others):
    said = {"completion_status": completion, "success_status": success, "score.scaled": scaled, **others}
    cmi = {f"cmi.{name}": value for name, value in said.items() if value is not None}
    return ScoState(cmi, terminated, spent)

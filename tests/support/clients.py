"""What every xAPI client must find, whichever it is and wherever it runs; its drivers are in tests/data/clients."""

import hashlib

COURSE = "https://kurs.example.no/smittevern?språk=nb"
BOOKMARK = {"side": 3, "får lov": "ja ☃"}
CERTIFICATE = "Kursbevis for Kari Nordmann, på norsk: æøå"


def check_statements(found: dict) -> None:
    """One and many were saved, paged, read and voided."""
    one, *many = found["ids"]
    assert set(found["errors"]) == {None}, found
    assert found["answered"] == many
    assert found["got"]["id"] == one
    assert found["got"]["object"]["id"] == COURSE
    assert found["got"]["object"]["definition"]["name"] == {"nb": "Smittevern på «sengepost»"}
    assert found["got"]["result"]["score"]["scaled"] == 0.9
    assert [len(page) for page in found["pages"]] == [2, 2, 1]
    assert sorted(one_id for page in found["pages"] for one_id in page) == sorted(found["ids"])
    assert found["pages"][-1] == [one]
    assert found["gone"] == 404
    assert found["voided"] == one


def check_document(found: dict) -> None:
    """A document was made, replaced under its ETag only, merged, listed and deleted."""
    nothing_wrong = ("create", "replace", "unquoted", "merge", "drop")
    assert {name: found[name] for name in nothing_wrong} == dict.fromkeys(nothing_wrong), found
    assert found["contents"] == BOOKMARK
    assert found["etag"] == f'"{sha1_of_bookmark()}"'
    assert (found["stale"], found["taken"]) == (412, 412)
    assert found["replaced"] == {"side": 4}
    assert found["merged"] == {"side": 5, "ark": 1}, found
    assert found["ids"] == ["bokmerke"]
    assert found["dropped"] in (None, 404)


def sha1_of_bookmark() -> str:
    """The sum of the bytes that JavaScript's JSON.stringify makes."""
    return hashlib.sha1('{"side":3,"får lov":"ja ☃"}'.encode(), usedforsecurity=False).hexdigest()


def check_attachments(found: dict) -> None:
    """A file was sent along and came back, with one statement and with a page of them."""
    assert set(found["errors"]) == {None}, found
    assert (found["single"], found["page"]) == (CERTIFICATE, CERTIFICATE)
    assert set(found["sha2"]) == {hashlib.sha256(CERTIFICATE.encode()).hexdigest()}
    assert found["described"] == 1

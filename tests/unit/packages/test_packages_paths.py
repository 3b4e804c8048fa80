"""References to files of a package."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.packages.paths import FileIndex, Reference, is_elsewhere, is_web_address, resolve, split, with_parameters

NFD = unicodedata.normalize("NFD", "blå/bær.html")
FILES = ["index.html", "a/b.html", "A b/c#1.html", "Media/Film.MP4", "50%.html", NFD, "what?.html"]


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("a.html", Reference("a.html")),
        ("a.html?b=1", Reference("a.html", "b=1")),
        ("a.html#c", Reference("a.html", None, "c")),
        ("a.html?b=1#c?d", Reference("a.html", "b=1", "c?d")),
        ("a.html?", Reference("a.html", "")),
        ("a.html#", Reference("a.html", None, "")),
    ],
)
def test_splits_references(written, parts):
    assert split(written) == parts


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        (Reference("a b/æ#?%.html"), "a%20b/%C3%A6%23%3F%25.html"),
        (Reference("a.html", 'x=1&y="æ"<%20', "z y"), "a.html?x=1&y=%22%C3%A6%22%3C%20#z%20y"),
        (Reference("a.html", ""), "a.html?"),
    ],
)
def test_writes_paths_as_urls(reference, url):
    assert reference.url == url


def test_writes_addresses_without_encoding_them_twice():
    assert split("https://a.example/x%20y/ø?b=%2F#c").address == "https://a.example/x%20y/%C3%B8?b=%2F#c"


@pytest.mark.parametrize(
    ("launch", "parameters", "url"),
    [
        ("a.html", "", "a.html"),
        ("a.html", "?content=1", "a.html?content=1"),
        ("a.html", "content=1", "a.html?content=1"),
        ("a.html", "&content=1", "a.html?content=1"),
        ("a.html", "?&?content=1", "a.html?content=1"),
        ("a.html?x=0", "?content=1", "a.html?x=0&content=1"),
        ("a.html?x=0", "&content=1", "a.html?x=0&content=1"),
        ("a.html?", "content=1", "a.html?content=1"),
        ("a.html", "#part", "a.html#part"),
        ("a.html", "?#part", "a.html#part"),
        ("a.html?x=0", "#part", "a.html?x=0"),
        ("a.html#one", "#part", "a.html#one"),
        ("a.html#one", "?content=1", "a.html?content=1#one"),
        ("a.html", "?content=1#part", "a.html?content=1#part"),
        ("a.html#one", "?content=1#part", "a.html?content=1#one"),
        ("a.html", "?", "a.html"),
        ("a.html?", "", "a.html?"),
    ],
)
def test_appends_parameters(launch, parameters, url):
    assert with_parameters(split(launch), parameters).url == url


@pytest.mark.parametrize(
    ("base", "path", "resolved"),
    [
        ("", "a.html", "a.html"),
        ("x/", "a.html", "x/a.html"),
        ("x/y", "a.html", "x/a.html"),
        ("x/", "/a.html", "a.html"),
        ("x/y/", "../a.html", "x/a.html"),
        ("x/", "./b/../a.html", "x/a.html"),
        ("x/", "../../a.html", None),
        ("", "..", None),
        ("x/", "b/../../../a", None),
        ("", "", ""),
    ],
)
def test_resolves_below_the_root(base, path, resolved):
    assert resolve(base, path) == resolved


@pytest.mark.parametrize(
    ("base", "written", "url", "is_exact"),
    [
        ("", "index.html", "index.html", True),
        ("", "index.html?a#b", "index.html?a#b", True),
        ("", "/index.html", "index.html", True),
        ("a/", "b.html", "a/b.html", True),
        ("a/", "../index.html", "index.html", True),
        ("", "A%20b/c%231.html", "A%20b/c%231.html", True),
        ("A%20b/", "c%231.html", "A%20b/c%231.html", True),
        ("", "what%3F.html", "what%3F.html", True),
        ("a", "b.html", "a/b.html", False),
        ("", "A b/c#1.html", "A%20b/c%231.html", True),
        ("", "what?.html", "what%3F.html", True),
        ("", "50%.html", "50%25.html", True),
        ("", "a\\b.html", "a/b.html", False),
        ("", "media/film.mp4?t=1", "Media/Film.MP4?t=1", False),
        ("media", "film.mp4", "Media/Film.MP4", False),
        ("", "blå/bær.html", FileIndex([]) and None, False),
    ],
)
def test_finds_files(base, written, url, is_exact):
    found = FileIndex(FILES).find(base, written)
    assert found.reference.url == (url or Reference(NFD).url)
    assert found.is_exact is is_exact


@pytest.mark.parametrize(
    "written",
    [
        "b.html",
        "",
        "../index.html",
        "..\\index.html",
        "%2e%2e/index.html",
        "http://a.example/index.html",
        "//a.example/index.html",
    ],
)
def test_does_not_find_what_is_not_there(written):
    assert FileIndex(FILES).find("", written) is None


def test_a_literal_name_wins_over_an_encoded_one():
    found = FileIndex(["a b.html", "a%20b.html"])
    assert found.find("", "a%20b.html").reference.path == "a b.html"
    assert sorted(found) == ["a b.html", "a%20b.html"]


@pytest.mark.parametrize(
    ("written", "elsewhere", "web"),
    [
        ("https://a.example", True, True),
        ("HTTP://a.example/x", True, True),
        ("javascript:alert(1)", True, False),
        ("data:text/html,x", True, False),
        ("//a.example/x", True, False),
        ("https:/x", True, False),
        ("C:\\x", True, False),
        ("a/b:c.html", False, False),
        ("a.html", False, False),
    ],
)
def test_tells_addresses_from_paths(written, elsewhere, web):
    assert (is_elsewhere(written), is_web_address(written)) == (elsewhere, web)


@given(st.text(), st.text())
def test_never_leads_out_of_the_package(base, written):
    found = FileIndex(FILES).find(base, written)
    assert found is None or found.reference.path in FILES
    resolved = resolve(base, written)
    assert resolved is None or ".." not in resolved.split("/")

"""Zip packages: what is read from them, and which are refused."""

import io
import stat
import struct
import tracemalloc
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, LrsBridgeError, NotFound
from lrs_bridge.packages.archive import MOST_PATH, PIECE_BYTES, Limits, open_archive
from lrs_bridge.packages.notice import Code
from tests.support.packages import single_sco, with_entry, zip_bomb, zipped


def opened(raw, **limits):
    return open_archive(io.BytesIO(raw), Limits(**limits))


def refusal(raw, **limits):
    with pytest.raises(Invalid) as caught:
        opened(raw, **limits)
    return caught.value


def test_reads_files_with_their_lengths_and_without_folders_and_leftovers():
    files = {"a/": "", "a/b.txt": "hi", "__MACOSX/a/._b.txt": "x", "a/.DS_Store": "x", "Thumbs.db": "x", "c.txt": "æøå"}
    archive = opened(zipped(files))
    assert dict(archive.files) == {"a/b.txt": 2, "c.txt": 6}
    assert archive.read("c.txt", 6) == "æøå".encode()


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_reads_in_pieces(compression):
    content = bytes(range(256)) * 1000
    archive = opened(zipped({"a": content}, compression=compression))
    pieces = list(archive.pieces("a"))
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= PIECE_BYTES
    assert archive.beginning("a", 10) == content[:10]
    assert archive.beginning("a", PIECE_BYTES + 1) == content[: PIECE_BYTES + 1]
    assert archive.beginning("a", 10**6) == content


def test_reads_a_long_entry_in_constant_memory():
    archive = opened(zipped({"long": bytes(64 * 1024 * 1024)}), most_ratio=2000)
    tracemalloc.start()
    length = sum(map(len, archive.pieces("long")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert length == 64 * 1024 * 1024
    assert peak < 2 * 1024 * 1024


def test_refuses_to_read_more_than_is_wanted():
    archive = opened(zipped({"a": b"12345"}))
    with pytest.raises(Invalid, match="a is 5 bytes long, 4 are allowed here") as caught:
        archive.read("a", 4)
    assert caught.value.field == "a"


def test_does_not_find_what_is_not_there():
    with pytest.raises(NotFound, match="no file b"):
        opened(zipped({"a": b"1"})).read("b", 9)


def test_reads_zip64():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, archive.open("a.txt", "w", force_zip64=True) as entry:
        entry.write(b"64 bits")
    assert opened(made.getvalue()).read("a.txt", 99) == b"64 bits"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("./a/b.txt", "a/b.txt"),
        ("a//b.txt", "a/b.txt"),
        ("a/./b.txt", "a/b.txt"),
        ("...", "..."),
        ("a/..b", "a/..b"),
        ("ab:c", "ab:c"),
    ],
)
def test_tidies_paths(path, kept):
    assert list(opened(zipped({path: b"1"})).files) == [kept]


def renamed(raw_name, *, utf_8=False, extra=b""):
    """A package with an entry whose name is these bytes, marked as UTF-8 or not."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        entry = zipfile.ZipInfo("x" * len(raw_name))
        entry.extra = extra
        archive.writestr(entry, b"1")
    raw = made.getvalue().replace(b"x" * len(raw_name), raw_name)
    if utf_8:
        raw = raw.replace(b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x00\x08")
        raw = raw.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x00\x08")
    return raw


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (renamed("blåbær.txt".encode(), utf_8=True), "blåbær.txt"),
        (renamed("blåbær.txt".encode()), "blåbær.txt"),
        (renamed("blåbær.txt".encode("cp437")), "blåbær.txt"),
        (renamed(b"plain.txt"), "plain.txt"),
        (renamed(unicodedata.normalize("NFD", "blåbær.txt").encode()), unicodedata.normalize("NFD", "blåbær.txt")),
    ],
)
def test_decodes_names(raw, path):
    archive = opened(raw)
    assert list(archive.files) == [path]
    assert archive.read(path, 1) == b"1"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../evil.txt", "points out of the package"),
        ("a/../../evil.txt", "points out of the package"),
        ("a/..", "points out of the package"),
        ("__MACOSX/../../evil.txt", "points out of the package"),
        ("/etc/passwd", "is an absolute path"),
        ("C:/evil.txt", "is an absolute path"),
        ("c:evil.txt", "is an absolute path"),
        ("a\\evil.txt", "has a backslash in its name"),
        ("..\\evil.txt", "has a backslash in its name"),
        ("a\nb.txt", "has a control character in its name"),
        ("a\x85b.txt", "has a control character in its name"),
        ("x" * (MOST_PATH + 1), f"has a name of more than {MOST_PATH} characters"),
        ("imsmanifest.xml", "is in the package twice"),
        ("./imsmanifest.xml", "is in the package twice"),
    ],
)
def test_refuses_names(name, said):
    with pytest.warns(UserWarning, match="Duplicate") if name == "imsmanifest.xml" else nothing():
        raw = with_entry(name)
    error = refusal(raw)
    assert said in error.message
    assert error.rule.startswith(("PKWARE APPNOTE", "the service's limits"))
    assert error.field[:5] in name.replace("\n", "\ufffd").replace("\x85", "\ufffd")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"junk", Code.NOT_ZIP),
        (zipped(single_sco())[:-30], Code.DAMAGED),
        (zipped({}), Code.NO_FILES),
        (zipped(dict.fromkeys("abcdef", b"1")), Code.TOO_MANY_ENTRIES),
        (zipped({"a": bytes(20_000)}), Code.TOO_LARGE),
        (zipped(dict.fromkeys("abc", bytes(9000))), Code.TOO_LARGE),
        (with_entry("./imsmanifest.xml"), Code.DUPLICATE_ENTRY),
        (with_entry("../a"), Code.BAD_NAME),
        (with_entry("a\\b"), Code.BACKSLASH),
        (with_entry("a" * 1001), Code.LONG_NAME),
        (with_entry("a", mode=stat.S_IFLNK | 0o777), Code.LINK),
        (with_entry("a", flags=1), Code.ENCRYPTED),
        (zipped({"a": b"1"}, compression=zipfile.ZIP_BZIP2), Code.ODD_COMPRESSION),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_says_by_a_code_why_it_refuses(raw, code):
    assert [each.code for each in refusal(raw, most_entries=5, most_bytes=25_000, most_entry_bytes=15_000).problems] == [code]


def test_says_by_a_code_that_it_is_a_bomb():
    assert refusal(zip_bomb()).problems[0].code is Code.ZIP_BOMB


class nothing:  # noqa: N801 a context like pytest.warns
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def test_refuses_a_name_that_ends_before_its_end():
    assert "has a control character in its name" in refusal(renamed(b"imsmanifest.xml\x00.jpg")).message


def test_tells_of_an_entry_without_a_name():
    error = refusal(renamed(b"/"))
    assert error.message == "/ is an absolute path"
    assert list(opened(zipped({"a": b"1", "./": b""})).files) == ["a"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_refuses_links_and_devices(kind):
    error = refusal(with_entry("evil.txt", b"/etc/passwd", mode=kind | 0o777))
    assert error.message == "evil.txt is a link or a device, not a file"


@pytest.mark.parametrize("mode", [stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755, 0o600])
def test_takes_files_with_any_permissions(mode):
    assert "evil.txt" in opened(with_entry("evil.txt", mode=mode)).files


@pytest.mark.parametrize("flag", [0x1, 0x40, 0x2000])
def test_refuses_encrypted_entries(flag):
    assert refusal(with_entry("evil.txt", flags=flag)).message == "evil.txt is encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_refuses_other_compressions(method):
    assert "only deflate is read" in refusal(zipped({"a": b"1"}, compression=method)).message


def test_refuses_what_is_compressed_too_much():
    assert "zip bomb" in refusal(zip_bomb()).message
    assert "zeros.bin" in opened(zip_bomb(1024 * 1024)).files  # small ones may be as compressed as they like


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"most_entries": 2}, "the package has 3 entries, 2 are allowed"),
        ({"most_bytes": 20}, "bytes unpacked, 20 are allowed"),
        ({"most_entry_bytes": 10}, "bytes, 10 are allowed"),
    ],
)
def test_refuses_what_is_too_much(limits, said):
    error = refusal(zipped(single_sco()), **limits)
    assert said in error.message
    assert error.rule == "the service's limits"


class Asked(io.BytesIO):
    """A file that notes how much was asked of it at once."""

    asked = ()

    def read(self, size=-1):
        self.asked += (size,)
        return super().read(size)


def test_refuses_a_directory_that_would_fill_memory():
    raw = zipped({f"{'x' * 200}{number}": b"" for number in range(1000)})
    file = Asked(raw)
    with pytest.raises(Invalid, match="the package has too many entries"):
        open_archive(file, Limits(most_entries=100))
    assert max(file.asked) <= 2 * PIECE_BYTES + 1
    assert len(opened(raw, most_entries=1000).files) == 1000


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "the file is empty"),
        (b"<?xml version='1.0'?>", "not a zip file"),
        (b"junk" + zipped({"a": b"1"}), "not a zip file"),
        (b"PK\x03\x04" + bytes(100), "damaged or was not received whole"),
        (zipped(single_sco())[:-30], "damaged or was not received whole"),
        (zipped({}), "the package has no files"),
        (zipped({"a/": b"", ".DS_Store": b"x"}), "the package has no files"),
    ],
)
def test_refuses_what_is_no_package(raw, said):
    error = refusal(raw)
    assert said in error.message
    assert error.field == "package"


def test_finds_a_bomb_in_many_small_entries():
    many = {f"{number}.txt": bytes(1024 * 1024) for number in range(65)}
    assert refusal(zipped(many)).message == "the package is compressed more than 200 times, as a zip bomb is"


def test_finds_entries_that_overlap():
    raw = bytearray(zipped({"a": b"1" * 99, "b": b"2" * 99}, compression=zipfile.ZIP_STORED))
    second = raw.rfind(b"PK\x01\x02")
    raw[second + 42 : second + 46] = struct.pack("<I", 1)
    assert refusal(bytes(raw)).message == "a overlaps another entry, as in a zip bomb"


@pytest.mark.parametrize(
    ("content", "said_length"),
    [(b"x" * 100, 99), (b"x" * 100, 101), (b"x" * 100, 1), (b"", 5), (bytes(200_000), 100_000)],
)
def test_finds_false_lengths_while_inflating(content, said_length):
    archive = opened(with_entry("evil.txt", content, size=said_length))
    with pytest.raises(Invalid, match=r"evil\.txt is (not as long|damaged)") as caught:
        list(archive.pieces("evil.txt"))
    assert caught.value.field == "evil.txt"


def test_gives_no_more_than_was_declared():
    archive = opened(with_entry("evil.txt", bytes(10_000_000), size=1_000))
    given = []
    with pytest.raises(Invalid, match=r"evil\.txt is damaged"):
        given.extend(archive.pieces("evil.txt"))
    assert sum(map(len, given)) <= 1_000


def test_does_not_cut_what_is_longer_than_declared():
    archive = opened(with_entry("evil.txt", b"x" * 100, size=99, summed=b"x" * 99))
    with pytest.raises(Invalid, match=r"evil\.txt is damaged"):
        archive.read("evil.txt", 999)


def test_finds_false_stored_lengths():
    raw = bytearray(zipped({"a": b"12345", "b": b"6"}, compression=zipfile.ZIP_STORED))
    first = raw.find(b"PK\x01\x02")
    raw[first + 24 : first + 28] = struct.pack("<I", 3)
    assert refusal(bytes(raw)).message == "a is not as long as the package's directory says"


def test_finds_damaged_contents():
    raw = bytearray(zipped({"a": b"12345"}, compression=zipfile.ZIP_STORED))
    at = raw.find(b"12345")
    raw[at] = ord("9")
    with pytest.raises(Invalid, match="a is damaged"):
        opened(bytes(raw)).read("a", 99)


RAW = zipped(single_sco())


@given(st.lists(st.tuples(st.integers(0, len(RAW)), st.integers(0, 4), st.binary(max_size=4)), min_size=1, max_size=3))
def test_raises_nothing_but_our_errors_for_mutated_packages(changes):
    raw = RAW
    for at, cut, put in changes:
        raw = raw[:at] + put + raw[at + cut :]
    assert _is_whole_or_refused(raw)


@given(st.integers(len(RAW) - 250, len(RAW) - 1), st.binary(min_size=1, max_size=4))
def test_raises_nothing_but_our_errors_for_mutated_directories(at, put):
    assert _is_whole_or_refused(RAW[:at] + put + RAW[at + len(put) :])


def _is_whole_or_refused(raw):
    try:
        archive = opened(raw)
        lengths = {path: sum(map(len, archive.pieces(path))) for path in archive.files}
    except LrsBridgeError as error:
        return bool(error.message)
    return lengths == archive.files

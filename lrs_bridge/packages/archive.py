"""Zip packages, opened without trusting them: names, kinds of entries, counts and sizes are checked first, contents while they
are inflated.

PKWARE APPNOTE 6.3.9: stored and deflated entries (4.4.5), UTF-8 names (4.4.4, bit 11), Unicode paths (0x7075) and Zip64
(4.5.3). Names without a mark of their encoding are UTF-8 where they can be, else code page 437. Left out, and refused:
encryption, other methods, split archives, links and devices, and anything before the first entry (archives that unpack
themselves).
"""

import copy
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import IO, BinaryIO, cast

from lrs_bridge.errors import NotFound
from lrs_bridge.packages.notice import Code, Refused, refusal

PIECE_BYTES = 64 * 1024
MOST_PATH = 1000
"""Characters of a path."""
MOST_PATH_BYTES = 2000
"""Bytes of a path in UTF-8: databases look paths up in an index, which takes no longer ones."""

_RULE = "PKWARE APPNOTE 6.3.9"
_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_UTF_8 = 0x800
_SEALED = 0x1 | 0x40 | 0x2000
"""Encrypted, strongly encrypted, directory encrypted."""
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_TYPES = frozenset({0, stat.S_IFREG, stat.S_IFDIR})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_DRIVE = re.compile(r"[A-Za-z]:")
_RATIO_COUNTS_FROM = 1024 * 1024
_RATIO_OF_ALL_COUNTS_FROM = 64 * 1024 * 1024
_DIRECTORY_BYTES = 512
"""What an entry may take of the directory, on average."""
_IGNORED_NAMES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_IGNORED_FOLDER = "__MACOSX"
_LOCAL_HEADER_BYTES = 30
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    ValueError,
    OSError,
)
"""What zipfile raises for archives that are not what they seem."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a package may hold; bytes are inflated ones. ``most_ratio`` (inflated to deflated) holds for entries over 1
    MiB, and for all together over 64 MiB.
    """

    most_entries: int = 20_000
    most_bytes: int = 4 * 1024**3
    most_entry_bytes: int = 2 * 1024**3
    most_ratio: int = 200
    most_markup_bytes: int = 8 * 1024**2


class Archive:
    """A package whose entries have been checked; made by ``open_archive``. ``files`` are its paths and their declared lengths,
    without folders.
    """

    def __init__(self, opened: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo], limits: Limits) -> None:
        self._zip = opened
        self._entries = entries
        self.limits = limits
        self.files: Mapping[str, int] = MappingProxyType({path: entry.file_size for path, entry in entries.items()})

    def read(self, path: str, most: int) -> bytes:
        """A file as a whole. Raises NotFound; Refused when it is longer than ``most`` or damaged."""
        entry = self._entry(path)
        if entry.file_size > most:
            raise _refused(
                Code.TOO_LARGE, path, f"is {entry.file_size} bytes long, {most} are allowed here", "the service's limits"
            )
        return b"".join(self.pieces(path))

    def beginning(self, path: str, most: int) -> bytes:
        """The first ``most`` bytes of a file, or all of a shorter one. Raises as ``pieces`` does."""
        found = b""
        for piece in self.pieces(path):
            found += piece
            if len(found) >= most:
                break
        return found[:most]

    def pieces(self, path: str) -> Iterator[bytes]:
        """A file in pieces of 64 KiB at most. Raises NotFound; Refused when its content is not what was declared, no later
        than after the last piece.
        """
        entry = self._entry(path)
        expecting = copy.copy(entry)
        expecting.file_size += 1  # zipfile would silently stop at the declared length
        left = entry.file_size
        with _reading(path), self._zip.open(expecting) as file:
            while piece := file.read(PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    break
                yield piece
        if left:
            raise _refused(Code.DAMAGED, path, "is not as long as the package's directory says", f"{_RULE} 4.4.9")

    def _entry(self, path: str) -> zipfile.ZipInfo:
        try:
            return self._entries[path]
        except KeyError:
            raise NotFound(f"the package has no file {path}", field=path) from None


def open_archive(file: BinaryIO, limits: Limits | None = None) -> Archive:
    """Opens a package, reading its directory alone. ``file`` stays the caller's, to be closed after the archive's last use.

    Raises Refused that names the entry (as ``field``) and the rule.
    """
    limits = limits or Limits()
    _check_beginning(file)
    opened = _directory(file, limits)
    entries = opened.infolist()
    _check_count(len(entries), limits)
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        path = _path(_name(entry))
        _check_entry(path, entry, limits)
        if path in found:
            raise _refused(Code.DUPLICATE_ENTRY, path, "is in the package twice", _RULE)
        found[path] = entry
    _check_together(found, limits)
    files = {path: entry for path, entry in found.items() if not entry.is_dir() and not _is_ignored(path)}
    if not files:
        raise refusal(Code.NO_FILES, "the package has no files", rule=_RULE)
    return Archive(opened, files, limits)


def _refused(code: Code, path: str, what: str, rule: str) -> Refused:
    return refusal(code, f"{shown(path)} {what}", file=shown(path), rule=rule)


def shown(path: str) -> str:
    """A path that may be printed: without control characters, of bearable length."""
    return _CONTROL.sub("\ufffd", path)[:200] or "an entry without a name"


@contextmanager
def _reading(path: str) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise _refused(Code.DAMAGED, path, "is damaged: it can't be unpacked", _RULE) from error


def _check_beginning(file: BinaryIO) -> None:
    file.seek(0)
    beginning = file.read(4)
    if beginning not in _BEGINNINGS:
        message = "this is not a zip file" if beginning else "the file is empty"
        raise refusal(Code.NOT_ZIP, message, rule=f"{_RULE} 4.3.7")


class _Budget:
    """The file, of which no single read may be longer than the directory may be: that is refused before it takes memory."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file = file
        self._most = most

    def read(self, size: int = -1) -> bytes:
        content = self._file.read(min(size, self._most + 1) if size >= 0 else self._most + 1)
        if len(content) > self._most:
            raise refusal(Code.TOO_MANY_ENTRIES, "the package has too many entries", rule="the service's limits")
        return content

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


def _directory(file: BinaryIO, limits: Limits) -> zipfile.ZipFile:
    budget = _Budget(file, max(limits.most_entries * _DIRECTORY_BYTES, 2 * PIECE_BYTES))
    try:
        return zipfile.ZipFile(cast("IO[bytes]", budget))
    except _BROKEN as error:
        message = "the zip file is damaged or was not received whole"
        raise refusal(Code.DAMAGED, message, rule=f"{_RULE} 4.3.16") from error


def _check_count(count: int, limits: Limits) -> None:
    if count > limits.most_entries:
        message = f"the package has {count} entries, {limits.most_entries} are allowed"
        raise refusal(Code.TOO_MANY_ENTRIES, message, rule="the service's limits")


def _name(entry: zipfile.ZipInfo) -> str:
    """The entry's name, decoded: its Unicode path where it has one; UTF-8 where that is said or possible; else code page 437."""
    written = entry.orig_filename
    if "\0" in written:
        return written
    if entry.filename != written or entry.flag_bits & _UTF_8:
        return entry.filename
    try:
        return written.encode("cp437").decode()
    except UnicodeError:
        return written


def _path(name: str) -> str:
    """The name as a path from the root, without ``.`` and empty segments. Raises Refused for names that point elsewhere."""
    if _CONTROL.search(name):
        raise _refused(Code.BAD_NAME, name, "has a control character in its name", f"{_RULE} 4.4.17")
    if "\\" in name:
        raise _refused(
            Code.BACKSLASH,
            name,
            "has a backslash in its name; zip the folder's contents with a tool that writes / between folders",
            f"{_RULE} 4.4.17.1",
        )
    if name.startswith("/") or _DRIVE.match(name):
        raise _refused(Code.BAD_NAME, name, "is an absolute path", f"{_RULE} 4.4.17.1")
    segments = [segment for segment in name.split("/") if segment not in ("", ".")]
    if ".." in segments:
        raise _refused(Code.BAD_NAME, name, "points out of the package", f"{_RULE} 4.4.17.1")
    if len(name) > MOST_PATH or len(name.encode()) > MOST_PATH_BYTES:
        raise _refused(Code.LONG_NAME, name, f"has a name of more than {MOST_PATH} characters", "the service's limits")
    return "/".join(segments)


def _check_entry(path: str, entry: zipfile.ZipInfo, limits: Limits) -> None:
    if stat.S_IFMT(entry.external_attr >> 16) not in _TYPES:
        raise _refused(Code.LINK, path, "is a link or a device, not a file", f"{_RULE} 4.4.15")
    if entry.flag_bits & _SEALED:
        raise _refused(Code.ENCRYPTED, path, "is encrypted", f"{_RULE} 4.4.4")
    if entry.compress_type not in _METHODS:
        raise _refused(
            Code.ODD_COMPRESSION, path, f"is compressed by method {entry.compress_type}; only deflate is read", f"{_RULE} 4.4.5"
        )
    if entry.compress_type == zipfile.ZIP_STORED and entry.compress_size != entry.file_size:
        raise _refused(Code.DAMAGED, path, "is not as long as the package's directory says", f"{_RULE} 4.4.9")
    if entry.file_size > limits.most_entry_bytes:
        raise _refused(
            Code.TOO_LARGE,
            path,
            f"would be {entry.file_size} bytes, {limits.most_entry_bytes} are allowed",
            "the service's limits",
        )
    if entry.file_size > _RATIO_COUNTS_FROM and entry.file_size > limits.most_ratio * entry.compress_size:
        raise _refused(
            Code.ZIP_BOMB, path, f"is compressed more than {limits.most_ratio} times, as in a zip bomb", "the service's limits"
        )


def _check_together(entries: Mapping[str, zipfile.ZipInfo], limits: Limits) -> None:
    """The sum of all lengths, and that no two entries share bytes of the file (another kind of zip bomb)."""
    total = sum(entry.file_size for entry in entries.values())
    if total > limits.most_bytes:
        message = f"the package would be {total} bytes unpacked, {limits.most_bytes} are allowed"
        raise refusal(Code.TOO_LARGE, message, rule="the service's limits")
    packed = sum(entry.compress_size for entry in entries.values())
    if total > _RATIO_OF_ALL_COUNTS_FROM and total > limits.most_ratio * packed:
        message = f"the package is compressed more than {limits.most_ratio} times, as a zip bomb is"
        raise refusal(Code.ZIP_BOMB, message, rule="the service's limits")
    by_place = sorted(entries.items(), key=lambda each: each[1].header_offset)
    for (path, entry), (_, following) in pairwise(by_place):
        if entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size > following.header_offset:
            raise _refused(Code.ZIP_BOMB, path, "overlaps another entry, as in a zip bomb", _RULE)


def _is_ignored(path: str) -> bool:
    """What operating systems leave behind in archives."""
    segments = path.split("/")
    return segments[0] == _IGNORED_FOLDER or segments[-1] in _IGNORED_NAMES

"""What a course owner is told about a package: in plain words, with the file, line and rule where there are any.

A notice tells of something that can be played nevertheless. What can't be played is an ``Invalid``, which holds the same
facts: its message names file and line, ``field`` is ``file:line`` or the entry's path, ``rule`` is the clause.
"""

from enum import StrEnum

import msgspec

from lrs_bridge.errors import Invalid


class Code(StrEnum):
    """Everything that can be told about a package. Stable: they are kept with packages, and pages have a text for each."""

    # Zip files
    NOT_ZIP = "not_zip"
    DAMAGED = "damaged"
    NO_FILES = "no_files"
    TOO_MANY_ENTRIES = "too_many_entries"
    TOO_LARGE = "too_large"
    ZIP_BOMB = "zip_bomb"
    DUPLICATE_ENTRY = "duplicate_entry"
    BAD_NAME = "bad_name"
    BACKSLASH = "backslash"
    LONG_NAME = "long_name"
    LINK = "link"
    ENCRYPTED = "encrypted"
    ODD_COMPRESSION = "odd_compression"

    # What a package is
    IN_FOLDER = "in_folder"
    MISNAMED = "misnamed"
    AICC = "aicc"
    ZIP_IN_ZIP = "zip_in_zip"
    H5P = "h5p"
    FOR_THE_WEB = "for_the_web"
    NO_ENTRY_FILE = "no_entry_file"
    NOT_SCORM = "not_scorm"

    # XML
    LONG_MARKUP = "long_markup"
    NOT_XML = "not_xml"
    DOCTYPE = "doctype"
    WRONG_ROOT = "wrong_root"

    # Structures of any standard
    NOTHING_TO_LAUNCH = "nothing_to_launch"
    MISSING_LAUNCH_FILE = "missing_launch_file"
    MISSING_TITLE = "missing_title"
    MISSING_IDENTIFIER = "missing_identifier"
    DUPLICATE_IDENTIFIER = "duplicate_identifier"
    BAD_ID = "bad_id"

    # SCORM
    UNKNOWN_VERSION = "unknown_version"
    MISSING_VERSION = "missing_version"
    MISSING_METADATA = "missing_metadata"
    BAD_METADATA = "bad_metadata"
    SUBMANIFEST = "submanifest"
    NO_ORGANIZATION = "no_organization"
    BAD_ORGANIZATION = "bad_organization"
    MISSING_DEFAULT = "missing_default"
    TOO_DEEP = "too_deep"
    EMPTY_ITEM = "empty_item"
    CLUSTER_WITH_CONTENT = "cluster_with_content"
    LONG_IDENTIFIER = "long_identifier"
    LONG_LAUNCH_DATA = "long_launch_data"
    MISSING_RESOURCE = "missing_resource"
    MISSING_SCORM_TYPE = "missing_scorm_type"
    MISSING_DEPENDENCY = "missing_dependency"
    MISSING_FILE = "missing_file"
    UNDECLARED_FILE = "undeclared_file"
    MISSING_HREF = "missing_href"
    BAD_HREF = "bad_href"
    ODD_HREF = "odd_href"
    FLASH = "flash"
    EXTERNAL_CONTENT = "external_content"
    ODD_VALUE = "odd_value"
    ODD_PREREQUISITES = "odd_prerequisites"
    ODD_RULE = "odd_rule"
    ODD_OBJECTIVE = "odd_objective"
    MISSING_SEQUENCING = "missing_sequencing"

    # cmi5
    BAD_STRUCTURE = "cmi5.bad_structure"
    BAD_VALUE = "cmi5.bad_value"
    BAD_URL = "cmi5.bad_url"
    UNSAFE_URL = "cmi5.unsafe_url"
    RELATIVE_URL = "cmi5.relative_url"
    TAKEN_PARAMETER = "cmi5.taken_parameter"
    UNENCODED_URL = "cmi5.unencoded_url"
    LONG_MASTERY_SCORE = "cmi5.long_mastery_score"
    OBJECTIVE_UNNAMED = "cmi5.objective_unnamed"
    OBJECTIVE_UNKNOWN = "cmi5.objective_unknown"

    # What is known of tools
    COMMITS_ON_LEAVING = "commits_on_leaving"
    LONG_SUSPEND_DATA = "long_suspend_data"
    EARLY_FAILED = "early_failed"
    UNKNOWN_SUCCESS = "unknown_success"
    ENDS_MORE_THAN_ONCE = "ends_more_than_once"
    OLD_XAPI = "old_xapi"
    WRAPPED = "wrapped"
    CONTENT_ELSEWHERE = "content_elsewhere"


class Notice(msgspec.Struct, frozen=True):
    """One thing that was noticed. ``message`` is plain English; ``line`` counts from 1."""

    code: Code
    message: str
    file: str | None = None
    line: int | None = None
    rule: str | None = None

    @property
    def place(self) -> str | None:
        """Where it is, as ``file:line``, ``file``, or None."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file


class Refused(Invalid):
    """A package that can't be played: everything that is wrong with it (``problems``, the first one tells), and what was
    noticed on the way.
    """

    def __init__(self, problems: tuple[Notice, ...], notices: tuple[Notice, ...] = ()) -> None:
        """``problems`` holds one at least."""
        first = problems[0]
        is_placed = first.place is None or first.message.startswith(first.place)
        message = first.message if is_placed else f"{first.place}: {first.message}"
        super().__init__(message, field=first.place or "package", rule=first.rule)
        self.problems = problems
        self.notices = notices


def refusal(code: Code, message: str, *, file: str | None = None, line: int | None = None, rule: str | None = None) -> Refused:
    """A refusal for one reason."""
    return Refused((Notice(code, message, file, line, rule),))

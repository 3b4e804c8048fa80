"""What owners of hosted courses are told, in plain words: a text for everything that an import or an attempt can show.

The texts are English, to be translated where they are shown (``gettext``); ``N_`` marks them for the catalogues. What a notice
says itself (its message) is for those who mend the package, and stays English.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.hosting.faults import Fault
from lrs_bridge.packages.notice import Code, Notice, Refused


def N_(text: str) -> str:  # noqa: N802  the name that gettext's tools look for
    """The text itself, marked to be translated."""
    return text


@dataclass(frozen=True, slots=True)
class Words:
    """What something means for the course, and what its owner can do about it."""

    says: str
    advice: str


@dataclass(frozen=True, slots=True)
class Detail:
    """Where it is, by which rule, and what it is in technical English."""

    message: str
    place: str | None
    rule: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """One kind of thing, and all places where it was found."""

    words: Words
    details: tuple[Detail, ...]


def told(notices: Iterable[Notice]) -> tuple[Told, ...]:
    """The notices by kind, in the order in which each kind was found first."""
    found: dict[Code, list[Detail]] = {}
    for one in notices:
        found.setdefault(one.code, []).append(Detail(one.message, one.place, one.rule))
    return tuple(Told(NOTICES[code], tuple(details)) for code, details in found.items())


def told_of(error: LrsBridgeError) -> tuple[Told, ...]:
    """Why an upload was refused."""
    if isinstance(error, Refused):
        return told(error.problems)
    return (Told(REFUSALS.get(error.code, _NO_FILE), (Detail(error.message, None, error.rule),)),)


_NO_FILE = Words(
    N_("There is no file that can be taken."), N_("Choose the zip file that your authoring tool exports, or a cmi5.xml.")
)
REFUSALS: Mapping[str, Words] = {
    "conflict": Words(
        N_("This very file is the newest version already."),
        N_("If you have changed the course, export it anew and upload the new file."),
    ),
}
"""Errors that are none of the package's, by their codes; the others mean that there is no file."""

_NOTHING = N_("You need not do anything.")
_PREVIEW = N_("Go through the course in the preview, and see that it plays and reports as it should.")
_STRUCTURE = N_("See in the structure whether anything is missing.")
_EXPORT = N_("Export the course anew from your authoring tool, and upload that file. If it stays so, ask the tool's supplier.")
_ZIP = N_("Make the zip file anew, with your authoring tool or with the zip function of Windows or macOS.")
_SMALLER = N_("Leave out what the course does not need, make films and pictures smaller, or divide it into several courses.")
_ASK = N_("Ask whoever made the package: attacks are made in this way, too.")
_COUNTED = N_("Nothing is lost by that, and you need not do anything.")

NOTICES: Mapping[Code, Words] = {
    # Zip files
    Code.NOT_ZIP: Words(
        N_("This is not a zip file."), N_("Upload the zip file that your authoring tool exports, just as it is.")
    ),
    Code.DAMAGED: Words(
        N_("The zip file is damaged, or did not arrive whole."),
        N_("Send it again. If it is refused once more, export the course anew."),
    ),
    Code.NO_FILES: Words(N_("The zip file has no files in it."), _EXPORT),
    Code.TOO_MANY_ENTRIES: Words(N_("The package has more files than are taken here."), _SMALLER),
    Code.TOO_LARGE: Words(N_("The package, or a file in it, is larger than is taken here."), _SMALLER),
    Code.ZIP_BOMB: Words(N_("The zip file is packed so that it would grow beyond all measure."), _ASK),
    Code.DUPLICATE_ENTRY: Words(N_("A file is in the package twice, and nothing says which one is meant."), _ZIP),
    Code.BAD_NAME: Words(N_("A file's name leads out of the package, or has characters that no name may have."), _ASK),
    Code.BACKSLASH: Words(N_("The zip file was made with a tool that writes the names of folders wrongly."), _ZIP),
    Code.LONG_NAME: Words(
        N_("The name of a file, with its folders, is too long."), N_("Give files and folders shorter names, and zip them anew.")
    ),
    Code.LINK: Words(
        N_("There is a shortcut in the package where a file should be."),
        N_("Put the file itself there, and make the zip file anew."),
    ),
    Code.ENCRYPTED: Words(N_("The zip file is protected by a password."), N_("Make it anew, without a password.")),
    Code.ODD_COMPRESSION: Words(N_("The zip file is packed in a way that is not read here."), _ZIP),
    # What a package is
    Code.IN_FOLDER: Words(
        N_("The course lies in a folder in the zip file. It must lie at the top."),
        N_("Open the folder, mark all that is in it, and make the zip file of that."),
    ),
    Code.MISNAMED: Words(
        N_("The file that describes the course has a name in other letters than it must have."),
        N_("Rename it as it says below, and make the zip file anew."),
    ),
    Code.AICC: Words(
        N_("The course is published as AICC, an old standard that is not played here."),
        N_("Publish it as SCORM 1.2, SCORM 2004 or cmi5."),
    ),
    Code.ZIP_IN_ZIP: Words(
        N_("All there is in the zip file is another zip file."), N_("Unpack the outer one, and upload the inner one.")
    ),
    Code.H5P: Words(
        N_("This is an H5P file, which does not play by itself."), N_("Make a SCORM package of it first, and upload that.")
    ),
    Code.FOR_THE_WEB: Words(
        N_("The course was published for the web, where it can't report any result."),
        N_("Publish it for a learning platform (LMS): as SCORM, cmi5 or xAPI."),
    ),
    Code.NO_ENTRY_FILE: Words(
        N_("Nothing in the package says what is to be played."),
        N_("Publish the course as SCORM, cmi5 or xAPI, and upload the zip file just as it is."),
    ),
    Code.NOT_SCORM: Words(
        N_("This is a package of another kind, such as a bank of questions, and no course."),
        N_("Publish the course as SCORM, cmi5 or xAPI, and upload the zip file just as it is."),
    ),
    # XML
    Code.LONG_MARKUP: Words(N_("The file that describes the course is longer than is read here."), _EXPORT),
    Code.NOT_XML: Words(N_("The file that describes the course has an error in it, and can't be read."), _EXPORT),
    Code.DOCTYPE: Words(
        N_("The file that describes the course has a declaration (DOCTYPE) that is not read, for safety."),
        N_("Have the declaration removed. Courses do not need it."),
    ),
    Code.WRONG_ROOT: Words(N_("The file that describes the course is of another kind than its name says."), _EXPORT),
    # Structures of any standard
    Code.NOTHING_TO_LAUNCH: Words(N_("The course has no page that could be opened."), _EXPORT),
    Code.MISSING_LAUNCH_FILE: Words(
        N_("A page that the course is to open is not in the package."),
        N_("See that all files come along, and that their names are written alike, capital and small letters too."),
    ),
    Code.MISSING_TITLE: Words(
        N_("A part of the course has no title. Something else is shown in its place."),
        N_("Give it a title in your authoring tool, if learners are to see a better one."),
    ),
    Code.MISSING_IDENTIFIER: Words(N_("A part of the course has no identifier, so that nothing could be kept of it."), _EXPORT),
    Code.DUPLICATE_IDENTIFIER: Words(N_("Two parts of the course have the same identifier, and can't be told apart."), _EXPORT),
    Code.BAD_ID: Words(N_("An identifier is not a whole address, as the standard wants it to be."), _EXPORT),
    # SCORM
    Code.UNKNOWN_VERSION: Words(
        N_("The package names a version of SCORM that there is not. It is played as the one that it is most like."), _PREVIEW
    ),
    Code.MISSING_VERSION: Words(
        N_("The package does not say which SCORM it follows. It is played as the one that it is most like."), _PREVIEW
    ),
    Code.MISSING_METADATA: Words(N_("The package does not describe the course in words."), _NOTHING),
    Code.BAD_METADATA: Words(N_("The description of the course can't be read, and is left out."), _NOTHING),
    Code.SUBMANIFEST: Words(
        N_("There is another course inside the package. It is left out."), N_("Upload it by itself, if it is needed.")
    ),
    Code.NO_ORGANIZATION: Words(N_("The package has files, but no table of contents that says what to play."), _EXPORT),
    Code.BAD_ORGANIZATION: Words(
        N_("The package has several tables of contents. One of them can't be played, and is left out."), _STRUCTURE
    ),
    Code.MISSING_DEFAULT: Words(
        N_("The package does not say which of its tables of contents is the main one. The first one is played."), _STRUCTURE
    ),
    Code.TOO_DEEP: Words(
        N_("The table of contents has more levels than are read here."), N_("Make it flatter in your authoring tool.")
    ),
    Code.EMPTY_ITEM: Words(N_("A line of the table of contents leads nowhere. It is left out."), _STRUCTURE),
    Code.CLUSTER_WITH_CONTENT: Words(
        N_("A chapter has a page of its own, which SCORM 2004 does not allow. That page is left out."), _STRUCTURE
    ),
    Code.LONG_IDENTIFIER: Words(N_("The identifier of a part is longer than can be kept."), _EXPORT),
    Code.LONG_LAUNCH_DATA: Words(N_("A part is given more at its start than SCORM foresees. All of it is handed on."), _NOTHING),
    Code.MISSING_RESOURCE: Words(N_("The table of contents names a part that is not in the package."), _EXPORT),
    Code.MISSING_SCORM_TYPE: Words(
        N_("The package does not say whether a part reports results. It is played as if it does."), _NOTHING
    ),
    Code.MISSING_DEPENDENCY: Words(N_("A part says that it needs another one, which is not in the package."), _PREVIEW),
    Code.MISSING_FILE: Words(N_("The package names files that are not in it. Pictures or films may be missing."), _PREVIEW),
    Code.UNDECLARED_FILE: Words(
        N_("The package has files that its manifest does not name. The course can use them nevertheless."), _NOTHING
    ),
    Code.MISSING_HREF: Words(N_("A part of the course is to be opened, but it does not say where it is."), _EXPORT),
    Code.BAD_HREF: Words(N_("A part of the course leads to something that is no page."), _EXPORT),
    Code.ODD_HREF: Words(N_("The name of a file is written in two ways. It is found nevertheless."), _NOTHING),
    Code.FLASH: Words(
        N_("A part of the course is made with Flash, which no browser plays any longer."), N_("That part has to be made anew.")
    ),
    Code.EXTERNAL_CONTENT: Words(
        N_("A part of the course lies on another server. What is done there can't be reported here."),
        N_("If that part is to count, it must lie in the package."),
    ),
    Code.ODD_VALUE: Words(
        N_("A setting has a value that the standard does not know. It is left out, or the usual one used."), _PREVIEW
    ),
    Code.ODD_PREREQUISITES: Words(
        N_("What is to be done before a part opens can't be understood. It is open from the start."), _PREVIEW
    ),
    Code.ODD_RULE: Words(
        N_("A rule for the order of the parts, or for what counts, can't be understood. It is left out."), _PREVIEW
    ),
    Code.ODD_OBJECTIVE: Words(N_("A learning objective can't be told from another one. It is left out."), _PREVIEW),
    Code.MISSING_SEQUENCING: Words(
        N_("The rules that a part refers to are not in the package. It is played without them."), _PREVIEW
    ),
    # cmi5
    Code.BAD_STRUCTURE: Words(N_("The file that describes the course does not follow the standard (cmi5)."), _EXPORT),
    Code.BAD_VALUE: Words(N_("A setting has a value that the standard (cmi5) does not allow."), _EXPORT),
    Code.BAD_URL: Words(N_("The address of a unit is missing, or no browser could open it."), _EXPORT),
    Code.UNSAFE_URL: Words(N_("The address of a unit would run a script or open a file, and is no page."), _ASK),
    Code.RELATIVE_URL: Words(
        N_("Only the file that describes the course was sent, but its content is in a package."), N_("Upload the whole zip file.")
    ),
    Code.TAKEN_PARAMETER: Words(N_("The address of a unit has a parameter that only the system that opens it may set."), _EXPORT),
    Code.UNENCODED_URL: Words(
        N_("The address of a unit has characters that addresses may not have. It is opened nevertheless."), _PREVIEW
    ),
    Code.LONG_MASTERY_SCORE: Words(
        N_("The limit for passing has many decimals. Some courses round it, and then take it for another one."), _PREVIEW
    ),
    Code.OBJECTIVE_UNNAMED: Words(N_("A part refers to a learning objective without saying which."), _NOTHING),
    Code.OBJECTIVE_UNKNOWN: Words(N_("A part refers to a learning objective that the course does not have."), _NOTHING),
    # What is known of tools
    Code.COMMITS_ON_LEAVING: Words(
        N_("Courses made with this tool report what was done only when they are left. It is fetched from them all the time."),
        _COUNTED,
    ),
    Code.LONG_SUSPEND_DATA: Words(
        N_("Courses made with this tool can note more of where a learner is than SCORM 1.2 foresees. All of it is kept."),
        _NOTHING,
    ),
    Code.EARLY_FAILED: Words(
        N_("Courses made with this tool say “failed” as soon as they are opened. That is shown as progress, not as a result."),
        _NOTHING,
    ),
    Code.UNKNOWN_SUCCESS: Words(
        N_("Courses made with this tool say that success is unknown, until there is any. That is not counted as a failure."),
        _NOTHING,
    ),
    Code.ENDS_MORE_THAN_ONCE: Words(
        N_("Courses made with this tool say several times that they end when they are left. The first time counts."), _COUNTED
    ),
    Code.OLD_XAPI: Words(
        N_("Courses made with this tool speak an old version of xAPI when they are published as xAPI. It is understood."),
        _NOTHING,
    ),
    Code.WRAPPED: Words(
        N_("The content only speaks xAPI. What is reported here is what the package around it makes of that."),
        N_("See in the preview that the course is reported as completed when you have finished it."),
    ),
    Code.CONTENT_ELSEWHERE: Words(
        N_("The package only opens a course on another server. What is done there counts if the package reports it."),
        N_("See in the preview that it opens, and that it is reported as completed when you have finished it."),
    ),
}

_TELL = N_("Tell whoever made the course. It can be mended in the course alone.")

FAULTS: Mapping[Fault, Words] = {
    Fault.OUT_OF_SESSION: Words(
        N_("It called before it had begun, or after it had ended. What it wanted to set then was not taken."),
        N_("Often that is but a second goodbye. If results are missing, tell whoever made the course."),
    ),
    Fault.UNKNOWN_ELEMENT: Words(N_("It set something that SCORM does not have. That was not kept."), _TELL),
    Fault.READ_ONLY: Words(N_("It set something that only the service may set. That was not taken."), _TELL),
    Fault.BAD_VALUE: Words(N_("It set values that SCORM does not allow. They were not kept."), _TELL),
    Fault.NOT_TAKEN: Words(N_("It made calls that could not be carried out. What they were to set was not kept."), _TELL),
    Fault.ASKED_IN_VAIN: Words(N_("It asked for something that is not there."), _COUNTED),
    Fault.LONG_VALUE: Words(
        N_("It noted more than the standard foresees. All of it was kept here."),
        N_("Another learning system may cut it off, and the learner would not go on where they were."),
    ),
    Fault.NO_STATUS: Words(
        N_("It ended without saying whether it was completed or passed."),
        N_("If ending it is to complete it, say so on the course's page, under “How it is taken”."),
    ),
    Fault.MISSING_COMMITS: Words(
        N_("Some of what it sent is missing: it was too large to be taken, or got lost on the way."),
        N_("Later values are here. If some are missing nevertheless, tell the administrator, whose log says why."),
    ),
}

"""What a SCORM package says of itself: frozen types that are written as JSON for the player.

SCORM 1.2 CAM 2.3 (content aggregation), SCORM 2004 CAM 3.4 (content packaging) and 5 (sequencing and navigation).
Sub-manifests and cross-references between them are left out: SCORM 2004 4th edition forbids them, and no tool in use writes them.
"""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from lrs_bridge.packages.notice import Notice
from lrs_bridge.scorm.manifest.prerequisites import Prerequisite
from lrs_bridge.scorm.manifest.sequencing import Sequencing

FILE = "imsmanifest.xml"


class Version(StrEnum):
    """Which of the two run-time interfaces the content speaks."""

    V1_2 = "1.2"
    V2004 = "2004"


class ItemKind(StrEnum):
    """``sco`` speaks with the run-time, ``asset`` is only shown, ``cluster`` has children and nothing to show of its own."""

    SCO = "sco"
    ASSET = "asset"
    CLUSTER = "cluster"


class SharedData(msgspec.Struct, frozen=True):
    """A store that SCOs share (``adlcp:map`` in ``adlcp:data``, SCORM 2004 4th edition CAM 3.4.1)."""

    target: str
    may_read: bool = True
    may_write: bool = True


class Item(msgspec.Struct, frozen=True):
    """A place in the table of contents.

    ``href`` is what is launched: a URL relative to the package's root, encoded, with ``xml:base``, query and parameters
    applied, or an absolute http(s) URL; None for a cluster. ``mastery_score`` is 0 to 100 (1.2); ``completion_threshold`` and
    ``progress_weight`` are 0 to 1 (2004). ``max_time_allowed`` is as written (HHHH:MM:SS.ss); for 2004 it comes from the
    sequencing's limit (an ISO 8601 duration). ``hidden_controls`` are adlnav's words: previous, continue, exit, exitAll,
    abandon, abandonAll, suspendAll. ``prerequisites`` is the script as written, ``prerequisite`` what it means, None where
    there is none or it is not understood.
    """

    identifier: str
    title: str
    kind: ItemKind
    href: str | None = None
    resource: str | None = None
    is_visible: bool = True
    launch_data: str | None = None
    max_time_allowed: str | None = None
    time_limit_action: str | None = None
    mastery_score: float | None = None
    prerequisites: str | None = None
    prerequisite: Prerequisite | None = None
    completed_by_measure: bool = False
    completion_threshold: float | None = None
    progress_weight: float = 1.0
    hidden_controls: tuple[str, ...] = ()
    shared_data: tuple[SharedData, ...] = ()
    sequencing: Sequencing | None = None
    children: tuple["Item", ...] = ()

    def walk(self) -> Iterator["Item"]:
        """The item and all below it, in the order of the table of contents."""
        yield self
        for child in self.children:
            yield from child.walk()


class Organization(msgspec.Struct, frozen=True):
    """One way through the content."""

    identifier: str
    title: str
    items: tuple[Item, ...]
    sequencing: Sequencing | None = None
    objectives_global_to_system: bool = True
    shared_data_global_to_system: bool = True
    completed_by_measure: bool = False
    completion_threshold: float | None = None

    def walk(self) -> Iterator[Item]:
        """All items, in the order of the table of contents."""
        for item in self.items:
            yield from item.walk()

    @property
    def launchable(self) -> tuple[Item, ...]:
        """The items with something to launch."""
        return tuple(item for item in self.walk() if item.href is not None)


class Manifest(msgspec.Struct, frozen=True):
    """A package's manifest. ``files`` are the paths that the resources in use declare and the package has; ``edition`` is 2nd,
    3rd or 4th, None for 1.2.
    """

    identifier: str
    version: Version
    edition: str | None
    title: str
    description: str | None
    organizations: tuple[Organization, ...]
    default: str
    files: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def organization(self) -> Organization:
        """The organization that is played."""
        return next(each for each in self.organizations if each.identifier == self.default)

"""A SCORM manifest, read into frozen types.

SCORM 1.2 CAM 2.3, SCORM 2004 CAM 3.4 and 5. What can't be played is refused, all of it at once; what can is told as notices.
"""

from collections.abc import Callable, Mapping

from lrs_bridge.scorm.manifest.model import Manifest

ReadFile = Callable[[str, int], bytes]
"""Reads a file of the package, of so many bytes at most; raises an error of ours."""


def parse_manifest(content: bytes, *, files: Mapping[str, int], read: ReadFile | None = None) -> Manifest:
    """What ``imsmanifest.xml`` says of a package with these ``files`` (paths and lengths). ``read`` brings metadata that lies
    in files of its own.

    Raises Refused (an Invalid) with file, line and rule of everything that keeps it from being played.
    """
    raise NotImplementedError

"""What kind of file a path is."""

import pytest

from lrs_bridge.hosting.media import media_type_of


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("index.html", "text/html"),
        ("a/b/INDEX.HTM", "text/html"),
        ("lib/main.bundle.js", "text/javascript"),
        ("lib/module.mjs", "text/javascript"),
        ("style.css", "text/css"),
        ("video/1.mp4", "video/mp4"),
        ("font.woff2", "font/woff2"),
        ("picture.svg", "image/svg+xml"),
        ("imsmanifest.xml", "application/xml"),
        ("program.wasm", "application/wasm"),
        ("report.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("html", "text/html"),  # a name that is an ending
        ("folder.html/file", "application/octet-stream"),
        ("Kurs/uten ending", "application/octet-stream"),
        ("x.unknownending", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_is_told_by_the_ending(path, media_type):
    assert media_type_of(path) == media_type

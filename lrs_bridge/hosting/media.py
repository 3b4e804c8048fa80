"""What kind of file a path of a package is, by its ending.

Browsers are told not to guess, so what courses are made of is listed here, whatever the machine's own list says. Texts are named
without a character set: older courses say their own in their pages, and it is not always UTF-8.
"""

import mimetypes

_TYPES = {
    "css": "text/css",
    "htm": "text/html",
    "html": "text/html",
    "xhtml": "application/xhtml+xml",
    "js": "text/javascript",
    "mjs": "text/javascript",
    "json": "application/json",
    "map": "application/json",
    "xml": "application/xml",
    "xsd": "application/xml",
    "dtd": "application/xml-dtd",
    "txt": "text/plain",
    "vtt": "text/vtt",
    "srt": "text/plain",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "ico": "image/x-icon",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "webm": "video/webm",
    "ogv": "video/ogg",
    "m3u8": "application/vnd.apple.mpegurl",
    "ts": "video/mp2t",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "eot": "application/vnd.ms-fontobject",
    "pdf": "application/pdf",
    "wasm": "application/wasm",
    "swf": "application/x-shockwave-flash",
    "zip": "application/zip",
}
UNKNOWN = "application/octet-stream"


def media_type_of(path: str) -> str:
    """The media type of a file with that name."""
    ending = path.rpartition(".")[2].lower()
    return _TYPES.get(ending) or mimetypes.guess_type(path.rpartition("/")[2])[0] or UNKNOWN

"""Evidence as text that people can read."""

import msgspec


def readable(content: bytes) -> str:
    """JSON with line breaks and indentation, its members in the order in which they came; anything else as the text it is."""
    try:
        return msgspec.json.format(content, indent=2).decode()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return content.decode(errors="replace")

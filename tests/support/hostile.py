"""What attackers make, and what is looked for after them."""

import io
import struct
import zipfile

from tests.support.packages import billion_laughs, item_xml, manifest_xml, single_sco, zipped

# Packages


def many_small_bombs(count=80):
    """Entries of 1 MiB, each small enough not to be looked at by itself."""
    zeros = bytes(1024 * 1024 - 8)
    return zipped(single_sco() | {f"zeros{each}.bin": zeros + struct.pack(">Q", each) for each in range(count)})


def overlapping():
    """Two entries of the directory with one local header, as in bombs whose every entry is the same kernel."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in (single_sco() | {"kernel.bin": "x" * 1000, "copied.bin": "x" * 1000}).items():
            archive.writestr(path, text)
        first, second = archive.getinfo("kernel.bin"), archive.getinfo("copied.bin")
        second.header_offset = first.header_offset
    return made.getvalue()


def laughing_attribute():
    """A manifest whose doubling entities stand in an attribute, where parsers put them in without being told to."""
    return billion_laughs().replace("&l9;", "Kurs").replace('identifier="m1"', 'identifier="&l9;"')


def external_dtds(url):
    """Manifests that want something from that address."""
    types = (
        f'<!DOCTYPE manifest SYSTEM "{url}.dtd">',
        f'<!DOCTYPE manifest PUBLIC "-//X//EN" "{url}.dtd">',
        f'<!DOCTYPE manifest [<!ENTITY % part SYSTEM "{url}.ent"> %part;]>',
    )
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{url}.xml" parse="text"/>'
    style = f'<?xml-stylesheet type="text/xsl" href="{url}.xsl"?>'
    declared = [manifest_xml().replace("\n<manifest", f"\n{each}\n<manifest", 1) for each in (*types, style)]
    return [*declared, manifest_xml(inside=include)]


def drawn_out(depth):
    """Items one in another."""
    open_items = "".join(f'<item identifier="x{each}"><title>Dypt</title>' for each in range(depth))
    return item_xml("i1", "Side", "r1") + open_items + "</item>" * depth


# What is left


def left_on_disk(app):
    """Everything that lies where packages are kept and where uploads wait."""
    data_dir = app.extensions["lrs_bridge"].settings.data_dir
    folders = (data_dir / "packages", data_dir / "uploads")
    return [str(path.relative_to(data_dir)) for folder in folders for path in folder.rglob("*") if path.is_file()]


def quoting(text, *needles):
    """Those of the needles that stand in the text as they are."""
    return [needle for needle in needles if needle in text]

"""Pictures made ready for reading."""

import pytest
from PIL import Image, ImageDraw, ImageStat

from lrs_bridge.certificates.extraction.page import Box, projected
from lrs_bridge.certificates.extraction.picture import LONG_SIDE, page_corners, prepare, skew, upright


def lined(width=600, height=800, ground=255):
    """A page with lines of black blocks, as of words."""
    page = Image.new("L", (width, height), ground)
    pen = ImageDraw.Draw(page)
    for y in range(100, height - 100, 40):
        for x in range(80, width - 120, 60):
            pen.rectangle((x, y, x + 45, y + 12), fill=20)
    return page


def on_a_table(page, tilt):
    table = Image.new("L", (1000, 1200), 70)
    layer = Image.new("L", table.size, 0)
    layer.paste(255, (200, 200, 200 + page.width, 200 + page.height))
    sheet = Image.new("L", table.size, 70)
    sheet.paste(page, (200, 200))
    table.paste(sheet.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=70), (0, 0), layer.rotate(tilt))
    return table


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "LA", "P", "CMYK", "I", "F", "I;16"])
def test_every_mode_becomes_grey(mode):
    assert upright(Image.new(mode, (4, 4))).mode == "L"


def test_what_is_transparent_is_white():
    assert upright(Image.new("RGBA", (4, 4), (0, 0, 0, 0))).getpixel((0, 0)) == 255


def test_deep_pictures_keep_their_shades():
    deep = Image.new("I", (2, 1), 1000)
    deep.putpixel((1, 0), 60_000)
    grey = upright(deep)
    assert (grey.getpixel((0, 0)), grey.getpixel((1, 0))) == (0, 255)


def test_turns_pictures_as_their_camera_says():
    image = Image.new("L", (40, 20))
    image.getexif()[0x0112] = 6
    assert upright(image).size == (20, 40)


@pytest.mark.parametrize("angle", [0, 2, -3.4, 7])
def test_finds_how_far_lines_fall(angle):
    turned = lined().rotate(-angle, Image.Resampling.BICUBIC, fillcolor=255)
    assert skew(turned) == pytest.approx(angle, abs=0.5)


def test_an_empty_page_is_level():
    assert skew(Image.new("L", (100, 100), 255)) == 0


@pytest.mark.parametrize("angle", [12.8, -12.8])
def test_does_not_turn_further_than_it_looks(angle):
    assert abs(skew(lined().rotate(-angle, Image.Resampling.BICUBIC, fillcolor=255))) <= 12


def test_finds_the_corners_of_a_page_on_a_table():
    corners = page_corners(on_a_table(lined(), 0))
    for found, corner in zip(corners, [(200, 200), (800, 200), (800, 1000), (200, 1000)], strict=True):
        assert found == pytest.approx(corner, abs=15)


@pytest.mark.parametrize(
    "image",
    [
        lined(),
        Image.new("L", (300, 300), 0),
        Image.new("L", (300, 300), 255),
        on_a_table(lined(), 0).point(lambda value: 255 - value),
    ],
)
def test_finds_no_corners_where_the_picture_is_the_page(image):
    assert page_corners(image) is None


def test_finds_no_page_in_a_bright_line():
    table = Image.new("L", (300, 300), 60)
    ImageDraw.Draw(table).line((0, 0, 299, 299), fill=250, width=20)
    assert page_corners(table) is None


@pytest.mark.parametrize("tilt", [0, 6, -8])
def test_flattens_a_tilted_page_and_knows_where_everything_was(tilt):
    photo = on_a_table(lined(), tilt)
    prepared = prepare(photo)
    assert max(prepared.image.size) == LONG_SIDE
    assert prepared.image.width / prepared.image.height == pytest.approx(0.75, abs=0.03)
    middle = projected(
        Box(prepared.image.width / 2, prepared.image.height / 2, prepared.image.width / 2, prepared.image.height / 2),
        prepared.back,
    )
    centre = on_a_table(Image.new("L", (600, 800), 0), tilt).point(lambda value: 255 if value < 40 else 0).getbbox()
    assert middle.left == pytest.approx((centre[0] + centre[2]) / 2, abs=15)
    assert middle.top == pytest.approx((centre[1] + centre[3]) / 2, abs=15)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turns_by_quarters_and_knows_where_everything_was(turn):
    page = lined()
    ImageDraw.Draw(page).rectangle((80, 30, 200, 60), fill=0)
    lying = page.rotate(turn, expand=True)
    prepared = prepare(lying, turn=turn)
    scale = LONG_SIDE / 800
    mark = projected(Box(80 * scale, 30 * scale, 200 * scale, 60 * scale), prepared.back)
    inside = lying.crop((round(mark.left) + 5, round(mark.top) + 5, round(mark.right) - 5, round(mark.bottom) - 5))
    assert prepared.image.size == (2550, 3400)
    assert ImageStat.Stat(inside).mean[0] < 10


def test_takes_shadows_away():
    page = lined()
    shade = Image.linear_gradient("L").resize(page.size).point(lambda value: 90 + value * 165 // 255)
    dark = Image.composite(page, Image.new("L", page.size, 0), shade)
    even = prepare(dark).image
    assert even.getpixel((20, 30)) > 240
    assert even.getpixel((20, LONG_SIDE - 30)) > 240
    assert even.getpixel((400, 440)) < 120


def test_smooths_what_is_mostly_noise():
    noise = Image.effect_noise((300, 400), 120)
    assert ImageStat.Stat(prepare(noise).image.crop((500, 500, 900, 900))).stddev[0] < ImageStat.Stat(noise).stddev[0] * 0.75

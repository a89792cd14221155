"""Contact sheets: pictures in a grid, each with its text below."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from poseloom.base.errors import PoseloomError
from poseloom.images.files import to_pil

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True)
class SheetLayout:
    """Measures in pixels and colours of a sheet."""

    columns: int | None = None
    """Pictures in a row; by default about as many as there are rows, at most four."""
    gap: int = 20
    padding: int = 12
    """Around the text of a card."""
    text_size: int = 15
    label_size: int = 14
    title_size: int = 26
    line_height: float = 1.35
    """In text sizes."""
    page: str = "#eceae6"
    card: str = "#ffffff"
    ink: str = "#2a2c31"
    faint: str = "#7a7f88"


@dataclass(frozen=True)
class _Card:
    picture: Image.Image
    label: list[str]
    lines: list[str]


def contact_sheet(
    pictures: Float[Tensor, "count 3 height width"] | Sequence[Float[Tensor, "3 _height _width"] | Image.Image],
    texts: Sequence[str] = (),
    *,
    labels: Sequence[str] = (),
    title: str = "",
    layout: SheetLayout | None = None,
) -> Image.Image:
    """Pictures as cards on one page, wrapped text under each.

    The pictures of a row stand side by side, and its cards are as tall as the one with the longest text, so that rows
    stay rows whatever the texts are.

    Args:
        texts: one for each picture, or none at all.
        labels: short names set above the texts, one for each picture, or none at all.
        title: a line above everything.

    Raises:
        PoseloomError: no pictures, or a number of texts or labels other than that of the pictures.
    """
    layout = layout or SheetLayout()
    images = [picture if isinstance(picture, Image.Image) else to_pil(picture) for picture in pictures]
    if not images:
        raise PoseloomError("contact_sheet: no pictures; give at least one")
    for name, given in (("texts", texts), ("labels", labels)):
        if given and len(given) != len(images):
            raise PoseloomError(f"contact_sheet: {name}: expected {len(images)}, as many as pictures, got {len(given)}")
    columns = layout.columns or min(4, math.ceil(math.sqrt(len(images))))
    if columns < 1:
        raise PoseloomError(f"contact_sheet: columns: expected at least 1, got {columns}")
    columns = min(columns, len(images))

    fonts = _Fonts.of(layout)
    cards = []
    for place, image in enumerate(images):
        room = image.width - 2 * layout.padding
        label = wrap(labels[place], fonts.label, room) if labels else []
        cards.append(_Card(image, label, wrap(texts[place], fonts.text, room) if texts else []))
    return _page([cards[start : start + columns] for start in range(0, len(cards), columns)], title, layout, fonts)


@dataclass(frozen=True)
class _Fonts:
    text: Font
    label: Font
    title: Font

    @classmethod
    def of(cls, layout: SheetLayout) -> _Fonts:
        return cls(*(ImageFont.load_default(size) for size in (layout.text_size, layout.label_size, layout.title_size)))


def wrap(text: str, font: Font, width: float) -> list[str]:
    """Lines of a text that are no wider than `width` pixels; words too long for a line are broken."""
    lines: list[str] = []
    text = text.translate(_PLAIN)
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if font.getlength(longer) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _broken(word, font, width)
            lines += full
        lines.append(line)
    return lines


_PLAIN = str.maketrans(
    {"\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2026": "..."}
)
"""Typographic signs that Pillow's own font lacks, and what stands for them."""


def _broken(word: str, font: Font, width: float) -> list[str]:
    pieces = [""]
    for letter in word:
        if pieces[-1] and font.getlength(pieces[-1] + letter) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _page(rows: list[list[_Card]], title: str, layout: SheetLayout, fonts: _Fonts) -> Image.Image:
    gap = layout.gap
    card_width = max(card.picture.width for row in rows for card in row)
    width = gap + len(rows[0]) * (card_width + gap)
    title_lines = wrap(title, fonts.title, width - 2 * gap) if title else []
    top = gap + round(len(title_lines) * layout.title_size * layout.line_height) + (gap if title_lines else 0)
    heights = [_row_height(row, layout) for row in rows]
    page = Image.new("RGB", (width, top + sum(height + gap for height in heights)), layout.page)
    draw = ImageDraw.Draw(page)
    _write(draw, (gap, gap), title_lines, layout.title_size, layout, layout.ink, fonts.title)
    for row, height in zip(rows, heights, strict=True):
        picture_height = max(card.picture.height for card in row)
        for number, card in enumerate(row):
            left = gap + number * (card_width + gap)
            draw.rectangle((left, top, left + card_width - 1, top + height - 1), layout.card)
            _draw_card(page, draw, card, (left, top), picture_height, layout, fonts)
        top += height + gap
    return page


def _row_height(row: list[_Card], layout: SheetLayout) -> int:
    """Of all cards of a row: the tallest picture, and under it the longest text."""
    return max(card.picture.height for card in row) + max(_words_height(card, layout) for card in row)


def _words_height(card: _Card, layout: SheetLayout) -> int:
    text = len(card.lines) * layout.text_size + len(card.label) * layout.label_size
    return round(text * layout.line_height) + 2 * layout.padding if text else 0


def _draw_card(
    page: Image.Image,
    draw: ImageDraw.ImageDraw,
    card: _Card,
    corner: tuple[int, int],
    picture_height: int,
    layout: SheetLayout,
    fonts: _Fonts,
) -> None:
    left, top = corner
    page.paste(card.picture, (left, top))
    x, y = left + layout.padding, top + picture_height + layout.padding - 2.0
    y = _write(draw, (x, y), card.label, layout.label_size, layout, layout.faint, fonts.label)
    _write(draw, (x, y), card.lines, layout.text_size, layout, layout.ink, fonts.text)


def _write(
    draw: ImageDraw.ImageDraw,
    corner: tuple[float, float],
    lines: list[str],
    size: int,
    layout: SheetLayout,
    colour: str,
    font: Font,
) -> float:
    """Set lines below each other; returns where the next one would begin."""
    x, y = corner
    for line in lines:
        draw.text((x, y), line, colour, font)
        y += size * layout.line_height
    return y

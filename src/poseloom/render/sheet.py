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
    label: str
    lines: list[str]


def contact_sheet(
    pictures: Float[Tensor, "count 3 height width"] | Sequence[Image.Image],
    texts: Sequence[str] = (),
    *,
    labels: Sequence[str] = (),
    title: str = "",
    layout: SheetLayout | None = None,
) -> Image.Image:
    """Pictures as cards on one page, wrapped text under each.

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

    text_font = ImageFont.load_default(layout.text_size)
    cards = []
    for place, image in enumerate(images):
        lines = wrap(texts[place], text_font, image.width - 2 * layout.padding) if texts else []
        cards.append(_Card(image, labels[place].translate(_PLAIN) if labels else "", lines))
    rows = [cards[start : start + columns] for start in range(0, len(cards), columns)]
    return _page(rows, title, layout)


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


def _page(rows: list[list[_Card]], title: str, layout: SheetLayout) -> Image.Image:
    gap = layout.gap
    card_width = max(card.picture.width for row in rows for card in row)
    heights = [max(_card_height(card, layout) for card in row) for row in rows]
    width = gap + len(rows[0]) * (card_width + gap)
    title_font = ImageFont.load_default(layout.title_size)
    title_lines = wrap(title, title_font, width - 2 * gap) if title else []
    head = round(len(title_lines) * layout.title_size * layout.line_height) + (gap if title_lines else 0)
    page = Image.new("RGB", (width, gap + head + sum(heights) + gap * len(rows)), layout.page)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(title_lines):
        draw.text((gap, gap + number * layout.title_size * layout.line_height), line, layout.ink, title_font)
    top = gap + head
    for row, height in zip(rows, heights, strict=True):
        for column, card in enumerate(row):
            _draw_card(page, draw, card, (gap + column * (card_width + gap), top), (card_width, height), layout)
        top += height + gap
    return page


def _card_height(card: _Card, layout: SheetLayout) -> int:
    text = len(card.lines) * layout.text_size + bool(card.label) * layout.label_size
    return card.picture.height + (round(text * layout.line_height) + 2 * layout.padding if text else 0)


def _draw_card(
    page: Image.Image,
    draw: ImageDraw.ImageDraw,
    card: _Card,
    corner: tuple[int, int],
    size: tuple[int, int],
    layout: SheetLayout,
) -> None:
    left, top = corner
    draw.rectangle((left, top, left + size[0] - 1, top + size[1] - 1), layout.card)
    page.paste(card.picture, (left, top))
    x, y = left + layout.padding, top + card.picture.height + layout.padding - 2.0
    if card.label:
        draw.text((x, y), card.label, layout.faint, ImageFont.load_default(layout.label_size))
        y += layout.label_size * layout.line_height
    font = ImageFont.load_default(layout.text_size)
    for line in card.lines:
        draw.text((x, y), line, layout.ink, font)
        y += layout.text_size * layout.line_height

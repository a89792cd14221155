"""Rows or pairs of a table as one self-contained HTML page: picture, body without heading and as the camera sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int64
from numpy import ndarray
from torch import Tensor

from poseloom.base.errors import FileError, PoseloomError
from poseloom.data.table import Table
from poseloom.demo import embed
from poseloom.images.read import read_picture
from poseloom.images.roi import Roi, crops
from poseloom.render import observe, render

_SIDE, _HEAD = 192, 60
"""Pixels of a picture; characters of an id that are shown."""
_AROUND, _GROUND = 1.25, 0.9
_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:24px;background:#f4f2ee;color:#2a2c31}"
    "article{background:#fff;padding:12px 16px;margin:0 0 14px;border-radius:6px}"
    "h2{font-size:15px;margin:0 0 8px;overflow-wrap:anywhere}figure{display:inline-block;margin:0 10px 6px 0}"
    "figcaption,small{color:#6b6f78;font-size:13px}img{width:192px;height:192px;display:block}p{margin:4px 0}"
)


@dataclass(frozen=True)
class TablePage:
    """What of a table is shown.

    Args:
        table: the table.
        pictures: folder that the paths of its pictures begin in; that of the table if None.
        body: draw the bodies as well.
    """

    table: Table
    pictures: Path | None = None
    body: bool = True

    def rows(self, rows: Sequence[int]) -> str:
        """Rows with their pictures, bodies and texts.

        Raises:
            PoseloomError: there is no such row.
        """
        numbers = np.asarray(rows, dtype=np.int64)
        shown = zip(numbers.tolist(), self._figures(numbers), strict=True)
        articles = [self._article(f"row {row} · {self.table.id(row)}", some, self._texts(row)) for row, some in shown]
        return self._page(f"{len(articles):,} of {len(self.table):,} rows", articles)

    def pairs(self, pairs: Sequence[int]) -> str:
        """Pairs of rows with their instructions.

        Raises:
            PoseloomError: the table has no such pair.
        """
        if len(self.table.pairs) <= max(pairs, default=-1) or not len(self.table.pairs):
            raise PoseloomError(
                f"{self.table.path}: has {len(self.table.pairs):,} pairs; 'poseloom data pairs' adds some"
            )
        found = [self.table.pairs.pair(number) for number in pairs]
        ends = np.array([row for one in found for row in (one.row_a, one.row_b)], np.int64)
        figures = self._figures(ends)
        articles = []
        for place, (number, one) in enumerate(zip(pairs, found, strict=True)):
            both = [*figures[2 * place], *figures[2 * place + 1]]
            texts = [(text.kind, text.text) for text in self.table.pairs.texts(number)]
            articles.append(self._article(f"pair {number} · {one.id}", both, texts))
        return self._page(f"{len(articles):,} of {len(self.table.pairs):,} pairs", articles)

    def _figures(self, rows: Int64[ndarray, " n"]) -> list[list[tuple[str, Tensor]]]:
        """For each row what is drawn of it, with its names."""
        found: list[list[tuple[str, Tensor]]] = [[] for _ in rows]
        pictures = self.table.pictures(rows)
        for place, path in enumerate(pictures.paths):
            if path:
                found[place].append(("picture", self._picture(path, pictures.box[place])))
        posed = np.flatnonzero(np.isin(rows, self.table.posed(rows)))
        if self.body and len(posed):
            poses = self.table.poses(rows[posed])
            for place, drawn in zip(posed.tolist(), render(poses.without_heading(), _SIDE), strict=True):
                found[place].append(("without heading", drawn))
            for row, drawn in self._as_seen(rows, posed, poses):
                found[row].append(("as the camera sees it", drawn))
        return found

    def _as_seen(self, rows: Int64[ndarray, " n"], posed: Any, poses: Any) -> list[tuple[int, Tensor]]:
        """Bodies before the rows' cameras, where those and the translations are known."""
        cameras, size = self.table.cameras(rows[posed]), self.table.pictures(rows[posed]).size
        if poses.translation is None:
            return []
        seen = []
        for place in np.flatnonzero(cameras.known & (size > 0).all(1)).tolist():
            height, width = size[place].tolist()
            camera = self.table.cameras(rows[posed[place : place + 1]]).camera((height, width))
            view = observe(
                poses[place : place + 1], (height, width), camera=camera, ground="translation", supersample=1
            )
            whole = torch.tensor([[0.0, 0.0, float(width), float(height)]])
            seen.append((int(posed[place]), crops(view.colour[0], Roi.around(whole), _SIDE, outside=_GROUND)[0]))
        return seen

    def _picture(self, path: str, box: Float[ndarray, "4"]) -> Float[Tensor, "3 side side"]:
        place = (self.pictures or self.table.path) / path
        if not place.is_file():
            raise FileError(place, "is missing", remedy="name the folder of the table's pictures: --pictures DIR")
        picture = read_picture(place)
        whole = torch.tensor([[0.0, 0.0, float(picture.shape[-1]), float(picture.shape[-2])]])
        roi = Roi.around(torch.from_numpy(box)[None], _AROUND) if box[2] > 0 else Roi.around(whole)
        return crops(picture, roi, _SIDE, outside=_GROUND)[0]

    def _texts(self, row: int) -> list[tuple[str, str]]:
        return [(text.kind, text.text) for text in self.table.texts(row)]

    def _article(self, title: str, figures: Sequence[tuple[str, Tensor]], texts: Sequence[tuple[str, str]]) -> str:
        drawn = "".join(
            f'<figure><img src="{embed.picture(one)}" alt="{name}"><figcaption>{name}</figcaption></figure>'
            for name, one in figures
        )
        words = "".join(f"<p><small>{escape(str(kind))}</small> {escape(text)}</p>" for kind, text in texts)
        return f"<article><h2>{escape(title[:_HEAD])}</h2>{drawn}{words}</article>"

    def _page(self, counted: str, articles: Sequence[str]) -> str:
        name = escape(self.table.path.name)
        head = f'<meta charset="utf-8"><title>{name}</title><style>{_STYLE}</style>'
        body = f"<body><h1>{name}</h1><p>{counted}</p>{''.join(articles)}</body>"
        return f'<!doctype html><html lang="en"><head>{head}</head>{body}</html>'

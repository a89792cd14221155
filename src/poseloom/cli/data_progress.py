"""How far a build of a table is, shard by shard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base import progress

if TYPE_CHECKING:
    from poseloom.data.build import BuildProgress, Report


def told(title: str, what: str = "rows") -> Report:
    """What a build calls after every shard; `what` are the rows that it makes."""

    def tell(built: BuildProgress) -> None:
        kept = f", {built.kept} kept from before" if built.kept else ""
        rows = f"{built.rows:,} {what}{kept}"
        progress.report(progress.Step(title, built.done, built.units, "shards", rows))

    return tell

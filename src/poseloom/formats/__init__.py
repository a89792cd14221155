"""Bytes <-> `Clip`: one file per format, one table of all of them (`registry`). Imports only `pose`.

Nothing heavy is loaded until a file is read or written.
"""

from poseloom.formats.format import Format
from poseloom.formats.registry import formats, read, write

__all__ = ["Format", "formats", "read", "write"]

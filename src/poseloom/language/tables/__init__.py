"""The room's declarative tables: JSON files, checked when they are first used."""

from pathlib import Path

TABLES = Path(__file__).parent
"""Where they lie."""

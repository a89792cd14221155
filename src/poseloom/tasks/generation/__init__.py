"""Text -> pose."""

"""Text <-> pose in one space."""

"""What each of the five networks learns from, and how: losses, turns, recipes."""

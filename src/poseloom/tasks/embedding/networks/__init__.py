"""The networks: what brings modalities into one space, and what hangs on that space."""

"""Facts as numbers for models: what texts state, what the geometry of poses and pairs measures."""

"""The model registry, the embedded weights, and loaders for published checkpoints."""

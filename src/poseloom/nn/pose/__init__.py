"""Poses for models: features, encoders and decoders, the flow that samples them, the classifier of facts."""

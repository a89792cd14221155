"""Frozen encoders: what makes features of pictures, poses and texts, from which the space is learned."""

"""Layers that models of all kinds share."""

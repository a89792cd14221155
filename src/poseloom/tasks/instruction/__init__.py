"""Pair of poses -> text."""

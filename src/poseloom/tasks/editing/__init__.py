"""Pose and instruction -> pose."""

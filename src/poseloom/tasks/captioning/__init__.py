"""Pose -> text."""

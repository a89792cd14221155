"""Instruction <-> pair of poses in one space."""

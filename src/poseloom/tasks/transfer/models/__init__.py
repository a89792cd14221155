"""Generators and discriminators of the papers, each with the state-dict names of its released weights."""

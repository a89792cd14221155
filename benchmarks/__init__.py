"""Measured speed: CPU time of one thread, median of several runs. `make bench`."""

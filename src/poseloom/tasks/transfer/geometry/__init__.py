"""The way without a generator: a body fitted to the photo carries its visible surface to another pose."""

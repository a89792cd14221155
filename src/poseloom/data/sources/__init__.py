"""Public data sets and other places that rows come from: one file each, listed in `catalogue`."""

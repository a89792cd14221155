"""Networks that look at a picture of one person and tell the body: HMR, SPIN, PARE, GraphCMR, Graphormer."""

"""What pose estimators and motion generators write: pkl, pt, npz and npy of many projects, by one table of layouts."""

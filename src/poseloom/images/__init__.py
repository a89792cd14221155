"""Pictures as files and tensors: read, written, cut out with the matrix that leads back."""

"""What each sign generator learns from a batch; the models themselves know no loss."""

"""The one way of training and evaluating: recipes, the loop, checkpoints, loggers, caches."""

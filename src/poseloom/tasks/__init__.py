"""One folder per capability, always the same files: model, objective, evaluate, predict, recipes, README."""

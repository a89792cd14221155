"""Pictures for models: networks from an operator list."""

"""The field's measures, each with its paper and its exact definition."""

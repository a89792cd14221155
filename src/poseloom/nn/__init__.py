"""Parts that several learned models share: encoders, decoders, fusion, losses. They know no file and no task."""

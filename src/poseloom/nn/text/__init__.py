"""Words for models: vocabularies and tokenisers, encoders, decoders and ways of decoding."""

"""The one lexicon: words of bodies and poses, named poses, and how a text in people's own words is understood."""

"""Signs that nobody made: strings of HamNoSys drawn at random, and the rule-based signer's clips of them."""

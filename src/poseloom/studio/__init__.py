"""The studio: the page on which a body is posed by hand and the words follow. Its sources are in ``web/``."""

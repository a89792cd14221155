"""One module a capability: a ``router`` with its endpoints, and ``LIVE``, what of it the socket takes."""

ROUTERS = ("describe", "instruct", "generate", "edit", "stances", "body", "convert", "ik", "health")
"""Names of the modules, in the order of the OpenAPI file."""

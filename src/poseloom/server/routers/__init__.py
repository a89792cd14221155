"""One module a capability: a ``router`` with its endpoints, and ``LIVE``, what of it the socket takes."""

ROUTERS = (
    *("describe", "instruct", "judge", "motion", "angles"),
    *("generate", "edit", "caption", "embed", "models"),
    *("search", "tables", "stances", "body", "ik"),
    *("convert", "render", "people", "transfer", "sign"),
    *("jobs", "health"),
)
"""Names of the modules, in the order of the OpenAPI file."""

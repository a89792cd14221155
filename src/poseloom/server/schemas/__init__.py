"""What the service answers, as types: the OpenAPI file tells them, and tests hold every answer against them."""

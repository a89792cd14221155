"""The service in Python: the functions of `poseloom` under the same names, sync and async.

```
from poseloom.client import Client

with Client("http://127.0.0.1:8642") as service:
    print(service.describe(pose).texts[0])
```

It needs the extra ``serve``; neither torch nor a model is loaded before an answer's `poses` are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.client.answer import Answer, ServiceError
    from poseloom.client.clients import AsyncClient, Client

__all__ = ["Answer", "AsyncClient", "Client", "ServiceError"]

__getattr__ = names_of(
    __name__, {"Answer": "answer", "ServiceError": "answer", "Client": "clients", "AsyncClient": "clients"}
)

"""What a service may be asked for, how much of it, and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from poseloom.base.errors import PoseloomError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MIB = 1 << 20


@dataclass(frozen=True)
class Settings:
    """How a service runs. The defaults are safe on a machine of one's own: loopback, nobody else's pages.

    Args:
        host: address that is listened on.
        port: 0 takes a free one.
        allowed_hosts: names under which the service may be asked (the ``Host`` of requests); loopback names and `host`
            always are.
        allowed_origins: origins whose pages may ask, as in ``https://example.org``; the service's own always may.
        api_key: where it is given, each request must bring it, as ``Authorization: Bearer KEY`` or ``X-API-Key``.
        largest_body: bytes of a request, uploads included.
        largest_json: bytes of a request that is no upload.
        seconds: how long a request may take; longer work is for jobs.
        queue: how many requests may wait for one kind of work before others are told to come back.
        threads: of work that is not batched.
        most_poses: poses of one request.
        most_frames: frames of a clip or video that is uploaded.
        largest_side: pixels of the side of a picture that is drawn.
        largest_picture: pixels of a picture that is uploaded.
        jobs: jobs that are kept at once, waiting, running and done.
        largest_together: bytes of all requests that are worked on at once; others are told to come back.
        sockets: that are open at once.
        tables: poses tables that may be browsed, by name.
        indexes: indexes that may be searched, by name.
        models: trained models that may be asked for besides those that poseloom ships, by name.
    """

    host: str = "127.0.0.1"
    port: int = 8642
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    api_key: str | None = field(default=None, repr=False)
    largest_body: int = 64 * _MIB
    largest_json: int = 16 * _MIB
    seconds: float = 60.0
    queue: int = 256
    threads: int = 2
    most_poses: int = 256
    most_frames: int = 18_000
    largest_side: int = 2048
    largest_picture: int = 50_000_000
    jobs: int = 32
    largest_together: int = 512 * _MIB
    sockets: int = 64
    tables: Mapping[str, Path] = field(default_factory=dict)
    indexes: Mapping[str, Path] = field(default_factory=dict)
    models: Mapping[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise PoseloomError(f"port {self.port}: expected 0 to 65535")
        if self.api_key is not None and not (self.api_key.isascii() and self.api_key.isprintable() and self.api_key):
            raise PoseloomError("API key: expected printable ASCII characters, at least one")
        for name in (
            "largest_body",
            "largest_json",
            "seconds",
            "queue",
            "threads",
            "most_poses",
            "most_frames",
            "largest_side",
            "jobs",
            "largest_together",
            "sockets",
        ):
            if getattr(self, name) <= 0:
                raise PoseloomError(f"{name}: expected more than 0, got {getattr(self, name)}")

    @property
    def hosts(self) -> frozenset[str]:
        """Names that the ``Host`` of a request may have, without a port."""
        own = () if self.host in ("0.0.0.0", "::") else (self.host,)
        return frozenset(one.lower() for one in (*LOOPBACK, *own, *self.allowed_hosts))

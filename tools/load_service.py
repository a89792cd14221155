"""How much the service carries: many connections at once, percentiles of the answers' times, its CPU time and memory.

    python tools/load_service.py --seconds 20 --connections 32 --what describe

It starts `poseloom serve` on a free port, warms it up, asks for as long as it is told, and stops it. The figures that
count on a shared machine are the CPU seconds of the service per request and what these would allow on one core. The
asking itself is bare HTTP/1.1 over kept connections, so that it costs the machine little beside the service.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import torch

from poseloom.pose.sampler import sample
from poseloom.results.poses import pose_rows

POSES = 256
TEXTS = (
    "a person kneeling on the left knee",
    "both arms raised above the head",
    "sitting on the floor with crossed legs",
    "a deep squat with the arms to the front",
    "lying on the back",
    "standing on one leg",
    "a lunge to the left",
    "leaning forward with the hands on the knees",
)
WARM_UP = 2.0
"""Seconds."""
PATIENCE = 120.0
"""Seconds that an answer may take."""
TELL_EVERY = 60.0
"""Seconds between two lines about memory."""


def bodies(what: str) -> list[bytes]:
    """Requests of a kind, all of them different."""
    if what == "generate":
        rows = [{"text": TEXTS[seed % len(TEXTS)], "n": 1, "seed": seed} for seed in range(POSES)]
    else:
        rows = [{"pose": {"rotations": row["rotations"]}} for row in pose_rows(sample(POSES, seed=1).body())]
    return [json.dumps(row).encode() for row in rows]


def requests_of(what: str, address: str) -> list[bytes]:
    """The same as they go over the wire."""
    head = f"POST /v1/{what} HTTP/1.1\r\nHost: {urlsplit(address).netloc}\r\nContent-Type: application/json\r\n"
    return [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies(what)]


def cpu_seconds(process: int) -> float:
    """That a process has used, all its threads together (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(process: int) -> float:
    """Resident MiB (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


@dataclass
class Answers:
    """Seconds of every answer, and how many of each status; 0 is a connection that broke."""

    seconds: list[float] = field(default_factory=list)
    counts: Counter[int] = field(default_factory=Counter)


async def ask(address: str, requests: list[bytes], connections: int, until: float) -> Answers:
    """Ask over some connections until a time; one that is refused comes back when it is told to."""
    answers = Answers()
    parts = urlsplit(address)

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        place = number
        while time.monotonic() < until:
            began = time.monotonic()
            writer.write(requests[place % len(requests)])
            status, retry = await asyncio.wait_for(_answer(reader), PATIENCE)
            answers.seconds.append(time.monotonic() - began)
            answers.counts[status] += 1
            place += connections
            if retry:
                await asyncio.sleep(retry)
        writer.close()

    ended = await asyncio.gather(*(one(number) for number in range(connections)), return_exceptions=True)
    answers.counts[0] += sum(isinstance(end, BaseException) for end in ended)
    return answers


async def _answer(reader: asyncio.StreamReader) -> tuple[int, float]:
    """Status, and the seconds after which to come back."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = head.split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    await reader.readexactly(int(fields.get("content-length", 0)))
    return int(lines[0].split(" ")[1]), float(fields.get("retry-after", 0))


@contextmanager
def service(options: list[str]) -> Iterator[tuple[str, int]]:
    """The address and process of a service that runs within the block."""
    command = [sys.executable, "-m", "poseloom", "serve", "--port", "0", "--json", "--quiet", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        lines = ""
        while "}" not in lines:
            lines += server.stdout.readline()
        try:
            yield json.loads(lines)["url"], server.pid
        finally:
            server.send_signal(signal.SIGINT)


async def watched(asking: asyncio.Task[Answers], process: int, began: float) -> Answers:
    """The answers; meanwhile a line about memory each minute."""
    while not asking.done():
        await asyncio.wait([asking], timeout=TELL_EVERY)
        if not asking.done():
            print(f"  after {time.monotonic() - began:4.0f} s: {memory(process):.0f} MiB", flush=True)
    return asking.result()


async def measured(arguments: argparse.Namespace, address: str, process: int) -> Answers:
    """Ask, and print what it was like."""
    requests = requests_of(arguments.what, address)
    await ask(address, requests, arguments.connections, time.monotonic() + WARM_UP)
    used, held, began, own = cpu_seconds(process), memory(process), time.monotonic(), time.process_time()
    asking = asyncio.create_task(ask(address, requests, arguments.connections, began + arguments.seconds))
    answers = await watched(asking, process, began)
    took, used, own = time.monotonic() - began, cpu_seconds(process) - used, time.process_time() - own
    done = sorted(answers.seconds)
    print(f"/v1/{arguments.what}, {arguments.connections} connections, {took:.0f} s: {dict(answers.counts)}")
    print(f"  {len(done) / took:,.0f} requests/s beside whatever else this machine did")
    print("  p50 {:.0f}, p95 {:.0f}, p99 {:.0f} ms".format(*(percentile(done, p) for p in (0.5, 0.95, 0.99))))
    each = used / len(done)
    print(f"  CPU of the service: {1000 * each:.2f} ms a request; one core would carry {1 / each:,.0f}/s")
    print(f"  CPU of the asking: {1000 * own / len(done):.2f} ms a request")
    print(f"  memory {held:.0f} -> {memory(process):.0f} MiB")
    return answers


def percentile(ordered: list[float], share: float) -> float:
    """In milliseconds."""
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--what", choices=("describe", "generate"), default="describe")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("options", nargs="*", help="of poseloom serve, after --")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with service(arguments.options) as (address, process):
        answers = asyncio.run(measured(arguments, address, process))
    return 0 if set(+answers.counts) <= {200} else 1


if __name__ == "__main__":
    sys.exit(main())

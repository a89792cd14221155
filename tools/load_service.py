"""How much the service carries: many connections at once, percentiles of the answers' times, its CPU time and memory.

    python tools/load_service.py --seconds 20 --connections 32 --what describe

It starts `poseloom serve` on a free port, warms it up, asks for as long as it is told, and stops it. The figures that
count on a shared machine are the CPU seconds of the service per request and what these would allow on one core.
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
from pathlib import Path

import httpx2
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
WARM_UP = 20


def bodies(what: str) -> list[bytes]:
    """Requests of a kind, all of them different."""
    if what == "generate":
        rows = [{"text": TEXTS[seed % len(TEXTS)], "n": 1, "seed": seed} for seed in range(POSES)]
    else:
        rows = [{"pose": {"rotations": row["rotations"]}} for row in pose_rows(sample(POSES, seed=1).body())]
    return [json.dumps(row).encode() for row in rows]


def cpu_seconds(process: int) -> float:
    """That a process has used, all its threads together (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(process: int) -> float:
    """Resident MiB (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


async def ask(
    address: str, path: str, rows: list[bytes], connections: int, until: float
) -> tuple[list[float], Counter]:
    """Seconds of every answer, and how many of each status."""
    seconds: list[float] = []
    counts: Counter = Counter()
    headers = {"Content-Type": "application/json"}

    async def one(number: int, client: httpx2.AsyncClient) -> None:
        place = number
        while time.monotonic() < until:
            began = time.monotonic()
            response = await client.post(path, content=rows[place % len(rows)], headers=headers)
            seconds.append(time.monotonic() - began)
            counts[response.status_code] += 1
            place += connections
            if response.status_code == 503:
                await asyncio.sleep(float(response.headers.get("retry-after", 1)))

    limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with httpx2.AsyncClient(base_url=address, limits=limits, timeout=120) as client:
        await asyncio.gather(*(one(number, client) for number in range(connections)))
    return seconds, counts


def percentile(values: list[float], share: float) -> float:
    """In milliseconds."""
    return 1000 * sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--what", choices=("describe", "generate"), default="describe")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    path, rows = f"/v1/{arguments.what}", bodies(arguments.what)
    command = [sys.executable, "-m", "poseloom", "serve", "--port", "0", "--json", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        lines = ""
        while "}" not in lines:
            lines += server.stdout.readline()
        address = json.loads(lines)["url"]
        try:
            asyncio.run(ask(address, path, rows, arguments.connections, time.monotonic() + WARM_UP / 10))
            used, held, began = cpu_seconds(server.pid), memory(server.pid), time.monotonic()
            until = began + arguments.seconds
            seconds, counts = asyncio.run(ask(address, path, rows, arguments.connections, until))
            took, used = time.monotonic() - began, cpu_seconds(server.pid) - used
            print(f"{path}, {arguments.connections} connections, {took:.0f} s: {dict(counts)}")
            print(f"  {len(seconds) / took:,.0f} requests/s beside whatever else this machine did")
            print(
                "  p50 {:.0f}, p95 {:.0f}, p99 {:.0f} ms".format(*(percentile(seconds, p) for p in (0.5, 0.95, 0.99)))
            )
            each = used / len(seconds)
            print(f"  CPU of the service: {1000 * each:.2f} ms a request; one core would carry {1 / each:,.0f}/s")
            print(f"  memory {held:.0f} -> {memory(server.pid):.0f} MiB")
        finally:
            server.send_signal(signal.SIGINT)
    return 0 if set(counts) <= {200} else 1


if __name__ == "__main__":
    sys.exit(main())

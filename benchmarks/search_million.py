"""A million poses: how long the index takes to build, how long a query takes, what it finds and what memory it needs.

Not part of ``make bench``: it takes a few minutes and two gigabytes of disk::

    python -m benchmarks.search_million [--rows 1000000] [--threads 2] [--out DIR]

The poses are samples of the pose sampler, each varied many times by small random turns of every joint; the texts are
descriptions of a part of the samples, handed out in turn. Making them is timed apart: it is no part of the index.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

SAMPLES = 20_000
SAMPLED_TOGETHER = 1_000
DESCRIBED = 2_000
JITTER = 0.06
"""Radians, standard deviation of each component of each joint's turn."""
QUERIES = 200
K = 10
QUESTIONS = (
    "the left hand is above the head",
    "left hand above the head, both knees bent",
    "kneeling on the right knee",
    "not sitting",
    "arms crossed, not sitting",
    "standing on one leg with the arms stretched to the sides",
    "lying on the back, hands behind the head, knees bent",
    "one arm raised, one knee bent, leaning forward",
    "right hand on the left knee or left hand on the right knee",
    "neither hand near the feet, neither foot raised",
    "standing upright with straight legs and the arms hanging down",
    "straight body slightly forward",
    "standing trunk forward body arms",
)
MIBIBYTE = 1 << 20


class JitteredPoses:
    """Rows for the index: the sampled poses over and over, each time turned a little."""

    def __init__(self, rows: int, samples: int):
        import torch

        import poseloom
        from poseloom.data.numerics import one_thread
        from poseloom.pose import Pose, sampler

        self._rows = rows
        with one_thread():
            firsts = range(0, samples, SAMPLED_TOGETHER)
            self._base = torch.cat([sampler.sample(SAMPLED_TOGETHER, seed=first).rotations for first in firsts])[
                :samples
            ]
            self._texts = poseloom.describe(Pose(self._base[:DESCRIBED]))
        self.seconds = self.cpu_seconds = 0.0

    source = "jittered"

    def __len__(self) -> int:
        return self._rows

    def poses(self, start: int, stop: int, seed: int):
        import torch

        from poseloom.pose import Pose

        generator = torch.Generator().manual_seed(seed)
        places = torch.arange(start, stop) % len(self._base)
        noise = torch.randn(stop - start, *self._base.shape[1:], generator=generator)
        return Pose(self._base[places] + JITTER * noise)

    def blocks(self, start: int = 0) -> Iterator:
        from poseloom.search.rows import BLOCK_ROWS, Block

        for first in range(start, self._rows, BLOCK_ROWS):
            began, cpu = time.perf_counter(), time.thread_time()
            last = min(first + BLOCK_ROWS, self._rows)
            ids = [f"jittered:{row:07d}" for row in range(first, last)]
            texts = [(self._texts[row % DESCRIBED],) for row in range(first, last)]
            kinds = [("a", "b", "c", "d")[row % 4] for row in range(first, last)]
            frames = list(range(first, last))
            block = Block(ids, texts, {"kind": kinds, "frame": frames}, self.poses(first, last, seed=first))
            self.seconds += time.perf_counter() - began
            self.cpu_seconds += time.thread_time() - cpu
            yield block


def memory() -> tuple[float, float]:
    """Most memory ever resident, and memory of its own (without mapped files) now; MiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        own = next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024
    except (OSError, StopIteration):
        own = float("nan")
    return most, own


def timed(name: str, work: Callable[[], object]) -> object:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    most, own = memory()
    print(f"{name}: {wall:.1f} s, {cpu:.1f} s of CPU; most memory {most:,.0f} MiB, own now {own:,.0f} MiB", flush=True)
    return result


def median_ms(work: Callable[[int], object], count: int) -> str:
    walls, cpus = [], []
    for number in range(count):
        wall, cpu = time.perf_counter(), time.process_time()
        work(number)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    middle, worst = statistics.median(walls) * 1000, sorted(walls)[int(0.95 * (count - 1))] * 1000
    return f"median {middle:.2f} ms, 95 % {worst:.2f} ms, CPU {statistics.median(cpus) * 1000:.2f} ms"


def run(rows: int, folder: Path) -> None:
    from poseloom.search import Index, build_index

    made = timed(f"{SAMPLES:,} poses sampled, {DESCRIBED:,} described", lambda: JitteredPoses(rows, SAMPLES))
    assert isinstance(made, JitteredPoses)
    print(timed(f"index of {rows:,} rows built (poses made meanwhile)", lambda: build_index(made, folder)))
    print(f"  of which making poses: {made.seconds:.1f} s, {made.cpu_seconds:.1f} s of CPU")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"  on disk {size / MIBIBYTE:,.0f} MiB, {size / rows:,.0f} bytes a row")
    index = timed("index opened", lambda: Index(folder))
    assert isinstance(index, Index)
    queries = _vectors(index, made)
    _words(index)
    most, own = memory()
    print(f"after all queries: most memory {most:,.0f} MiB, own {own:,.0f} MiB; load {os.getloadavg()[0]:.1f}")
    _recall(index, queries)


def _vectors(index, made: JitteredPoses):
    from poseloom.pose.descriptor import GeometricDescriptor

    queries = GeometricDescriptor()(made.poses(0, QUERIES * 97, seed=-1)[slice(None, None, 97)])
    index.nearest(queries[0], K)
    print(f"pose like this one, k = {K}: {median_ms(lambda i: index.nearest(queries[i], K), QUERIES)}")
    where = ["kind=b"]
    print(f"  with a filter (a quarter passes): {median_ms(lambda i: index.nearest(queries[i], K, where), 20)}")
    where = ["frame<10000"]
    print(f"  with a filter (10,000 pass): {median_ms(lambda i: index.nearest(queries[i], K, where), 20)}")
    return queries


def _recall(index, queries) -> None:
    """Read every vector: a check, which a user's query never does."""
    import numpy as np

    from poseloom.search.neighbours import nearest_exact

    hits, rows = 0, min(QUERIES, 100)
    for query in queries[:rows]:
        exact = nearest_exact(index._vectors, query, K)
        found = [hit.row for hit in index.nearest(query, K)]
        hits += len(np.intersect1d(exact.rows, found))
    print(f"recall@{K} against the exact search: {hits / (rows * K):.3f} ({rows} queries)")


def _words(index) -> None:
    for question in QUESTIONS:
        index.search(question, K)
        answer = index.search(question, K)
        figures = median_ms(lambda _, question=question: index.search(question, K), 10)
        print(f"{question!r}: {len(answer.hits)} of {answer.understood}: {figures}")
    figures = median_ms(lambda _: index.search("salute handstand trunk", K), 5)
    print(f"words of texts alone: {figures}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, help="folder for the index (default: a temporary one, removed)")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", str(arguments.threads))
    folder = arguments.out or Path(tempfile.mkdtemp(prefix="poseloom-search-"))
    try:
        run(arguments.rows, folder)
    finally:
        if arguments.out is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

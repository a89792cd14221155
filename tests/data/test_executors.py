import subprocess
import sys
from types import SimpleNamespace

import pytest

from numbered import Numbered
from poseloom.base.errors import PoseloomError
from poseloom.data import describe_table, executor, pair_table, prepare
from poseloom.data.executors import InProcess, Processes, Ray, cores
from poseloom.data.splits import split_of


def square(number):
    return number * number


def fail(number):
    import os

    os._exit(1)


class FakeRay(SimpleNamespace):
    """Ray's calls that the executor makes, done at once."""

    def __init__(self):
        died = {"WorkerCrashedError": MemoryError, "OutOfMemoryError": MemoryError}
        super().__init__(begun=[], waiting=0, exceptions=SimpleNamespace(**died))

    def is_initialized(self):
        return False

    def init(self, **options):
        self.begun.append(options)

    def shutdown(self):
        self.begun.append("shutdown")

    def cluster_resources(self):
        return {"CPU": 2.0}

    def remote(self, function):
        return SimpleNamespace(remote=lambda task: (function, task))

    def wait(self, running, num_returns):
        return running[-1:], running[:-1]

    def get(self, done):
        return [function(task) for function, task in done]


@pytest.fixture
def ray(monkeypatch):
    fake = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", fake)
    return fake


@pytest.mark.parametrize("count", [0, 1, 9])
def test_every_executor_does_every_task_once(ray, count):
    for one in (InProcess(), Processes(2), Ray()):
        assert sorted(one.run(square, range(count))) == [number * number for number in range(count)]


def test_the_same_bytes_from_every_executor(tmp_path, content, ray):
    tables = {}
    for name in ("here", "processes", "ray"):
        folder, chosen = tmp_path / name, executor(name, 2)
        prepare(Numbered(60), folder, chosen)
        describe_table(folder, 3, chosen)
        pair_table(folder, 3, chosen)
        tables[name] = content(folder)
    assert tables["here"] == tables["processes"] == tables["ray"]
    assert len(tables["here"]) > 30


def test_ray_is_started_here_or_joined(ray):
    list(Ray(3).run(square, [1]))
    list(Ray(address="head:6379").run(square, [1]))
    assert ray.begun[0]["num_cpus"] == 3 and ray.begun[0]["address"] == "local"
    assert ray.begun[2]["address"] == "head:6379" and "num_cpus" not in ray.begun[2]
    assert ray.begun[1] == ray.begun[3] == "shutdown"


def test_without_ray_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PoseloomError, match=r"needs Ray; pip install 'poseloom\[scale\]'"):
        list(Ray().run(square, [1]))


def test_a_cluster_that_is_not_there_is_one_line(ray, monkeypatch):
    def refuse(**options):
        raise ConnectionError("nobody\nanswers")

    monkeypatch.setattr(ray, "init", refuse)
    with pytest.raises(PoseloomError, match=r"no Ray cluster at head:1: nobody answers; start one with 'ray start"):
        list(Ray(address="head:1").run(square, [1]))


@pytest.mark.slow
def test_ray_itself_makes_the_same_table(tmp_path, content):
    pytest.importorskip("ray")
    common = [sys.executable, "-m", "poseloom", "data"]
    builds = (["prepare", "procedural", "--rows", "4096", "--out"], ["describe"], ["pairs", "--every", "4"])
    for name in ("here", "ray"):
        for build in builds:
            command = [*common, *build, tmp_path / name, "--workers", "2", "--executor", name]
            run = subprocess.run(command, capture_output=True, text=True, timeout=300)
            assert run.returncode == 0, run.stderr
    assert content(tmp_path / "ray") == content(tmp_path / "here")


@pytest.mark.slow
def test_a_ray_cluster_is_joined(tmp_path):
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "object_store_memory": 128 << 20})
    try:
        assert set(Ray(2, cluster.address).run(split_of, "abc")) <= {"train", "val", "test"}
        assert not ray.is_initialized()
    finally:
        cluster.shutdown()


def test_a_worker_that_dies_is_one_line():
    with pytest.raises(PoseloomError, match=r"a worker process died.*run the same command again"):
        list(Processes(2).run(fail, range(4)))


def threads_of_parent(number):
    import os
    from pathlib import Path

    return len(list(Path(f"/proc/{os.getppid()}/task").iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
def test_workers_are_forked_from_a_process_without_threads():
    assert set(Processes(2).run(threads_of_parent, range(4))) == {1}


def test_executors_by_name():
    assert executor("here") == InProcess() and executor("processes", 3) == Processes(3)
    assert executor(workers=1) == InProcess() and executor(workers=2) == Processes(2)
    assert executor(address="head:1") == Ray(0, "head:1") and cores() >= 1
    with pytest.raises(PoseloomError, match="unknown executor 'procesess'; did you mean 'processes'"):
        executor("procesess")
    with pytest.raises(PoseloomError, match="workers"):
        executor(workers=-1)

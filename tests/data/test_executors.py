import sys
from types import SimpleNamespace

import pytest
from numbered import Numbered

from poseloom.data import describe_table, executor, pair_table, prepare
from poseloom.data.executors import InProcess, Processes, Ray, cores
from poseloom.errors import PoseloomError


def square(number):
    return number * number


def fail(number):
    import os

    os._exit(1)


class FakeRay(SimpleNamespace):
    """Ray's calls that the executor makes, done at once."""

    def __init__(self):
        super().__init__(begun=[], waiting=0)

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
    assert ray.begun[0]["num_cpus"] == 3 and ray.begun[0]["address"] is None
    assert ray.begun[2] == {"address": "head:6379", "log_to_driver": False}
    assert ray.begun[1] == ray.begun[3] == "shutdown"


def test_without_ray_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PoseloomError, match=r"needs Ray; pip install 'poseloom\[scale\]'"):
        list(Ray().run(square, [1]))


def test_a_worker_that_dies_is_one_line():
    with pytest.raises(PoseloomError, match=r"a worker process died.*run the same command again"):
        list(Processes(2).run(fail, range(4)))


def test_executors_by_name():
    assert executor("here") == InProcess() and executor("processes", 3) == Processes(3)
    assert executor(workers=1) == InProcess() and executor(workers=2) == Processes(2)
    assert executor(address="head:1") == Ray(0, "head:1") and cores() >= 1
    with pytest.raises(PoseloomError, match="unknown executor 'procesess'; did you mean 'processes'"):
        executor("procesess")
    with pytest.raises(PoseloomError, match="workers"):
        executor(workers=-1)

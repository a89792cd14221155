"""Queues, batches and jobs."""

import asyncio
import threading

import pytest

from poseloom.base.errors import PoseloomError
from poseloom.base.progress import Step, report
from poseloom.server.errors import RefusalError
from poseloom.server.jobs import Jobs, JobStatus
from poseloom.server.work import Batcher, Threads


def run(coroutine):
    return asyncio.run(coroutine)


def threads(**options):
    return Threads("work", **({"count": 1, "queue": 64, "seconds": 20.0} | options))


class Held:
    """Work that begins when the test lets it."""

    def __init__(self):
        self.batches, self.go = [], threading.Event()

    def __call__(self, items):
        self.go.wait(10)
        self.batches.append(list(items))
        return [item * 2 for item in items]


def test_what_waits_is_answered_together():
    async def ask():
        held = Held()
        batcher = Batcher(held, threads(), most=4)
        tasks = [asyncio.create_task(batcher(number)) for number in range(10)]
        await asyncio.sleep(0.05)
        held.go.set()
        return await asyncio.gather(*tasks), held.batches

    answers, batches = run(ask())
    assert answers == [number * 2 for number in range(10)]
    assert max(map(len, batches)) == 4
    assert sum(map(len, batches)) == 10
    assert len(batches) <= 4


def test_what_is_on_its_way_through_the_loop_goes_along():
    async def late(batcher, number):
        for _ in range(number):
            await asyncio.sleep(0)
        return await batcher(number)

    async def ask():
        batches = []

        def work(items):
            batches.append(list(items))
            return items

        batcher = Batcher(work, threads())
        await asyncio.gather(*(late(batcher, number) for number in range(6)))
        return batches

    assert run(ask()) == [[0, 1, 2, 3, 4, 5]]


def test_only_requests_of_one_key_go_together():
    async def ask():
        held = Held()
        batcher = Batcher(held, threads())
        tasks = [asyncio.create_task(batcher(number, number % 2)) for number in range(6)]
        await asyncio.sleep(0.05)
        held.go.set()
        return await asyncio.gather(*tasks), held.batches

    answers, batches = run(ask())
    assert answers == [0, 2, 4, 6, 8, 10]
    assert all(len({item % 2 for item in batch}) == 1 for batch in batches)


def test_a_mistake_of_one_does_not_spoil_the_others():
    def work(items):
        if 3 in items:
            raise PoseloomError("three is not allowed")
        return items

    async def ask():
        batcher = Batcher(work, threads())
        return await asyncio.gather(*(batcher(number) for number in range(6)), return_exceptions=True)

    answers = run(ask())
    assert isinstance(answers[3], PoseloomError)
    assert [one for one in answers if not isinstance(one, PoseloomError)] == [0, 1, 2, 4, 5]


def test_a_full_queue_refuses_and_recovers():
    async def ask():
        held = Held()
        batcher = Batcher(held, threads(queue=2), most=1)
        tasks = [asyncio.create_task(batcher(number)) for number in range(8)]
        await asyncio.sleep(0.05)
        held.go.set()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        return answers, await batcher(7)

    answers, after = run(ask())
    refused = [one for one in answers if isinstance(one, RefusalError)]
    assert refused
    assert all(one.status == 503 for one in refused)
    assert refused[0].response().headers["retry-after"] == "1"
    assert after == 14


def test_threads_refuse_what_is_too_much_and_give_up_on_what_is_slow():
    async def ask():
        stop = threading.Event()
        pool = threads(queue=1, seconds=0.05)
        slow = asyncio.create_task(pool.run(stop.wait, 5))
        await asyncio.sleep(0)
        with pytest.raises(RefusalError):
            await pool.run(int)
        with pytest.raises(TimeoutError):
            await slow
        stop.set()
        while pool.waiting:
            await asyncio.sleep(0.01)
        return await pool.run(int, "4")

    assert run(ask()) == 4


def test_what_nobody_waits_for_stops_at_its_next_step():
    async def ask():
        stopped, pool = threading.Event(), threads(seconds=0.05)

        def endless():
            try:
                while True:
                    report(Step("looked at", 0, 1, "frames"))
            finally:
                stopped.set()

        with pytest.raises(TimeoutError):
            await pool.run(endless)
        return await asyncio.to_thread(stopped.wait, 10)

    assert run(ask())


def test_jobs_tell_their_progress_and_result():
    async def ask():
        jobs, go = Jobs(4), threading.Event()

        def work():
            report(Step("looked at", 3, 10, "frames"))
            go.wait(10)
            return {"answer": 1}

        job = jobs.start("look", work)
        while job.step is None:
            await asyncio.sleep(0.01)
        during = job.as_json()
        go.set()
        while job.status is JobStatus.RUNNING:
            await asyncio.sleep(0.01)
        return during, job.as_json()

    during, after = run(ask())
    assert during["status"] == "running"
    assert during["progress"] == {"what": "looked at", "done": 3, "total": 10, "unit": "frames"}
    assert after["status"] == "done"
    assert after["result"] == {"answer": 1}


def test_a_cancelled_job_stops_at_its_next_step():
    async def ask():
        jobs, begun = Jobs(2), threading.Event()

        def work():
            while True:
                report(Step("looked at", 0, 1, "frames"))
                begun.set()

        running, waiting = jobs.start("endless", work), jobs.start("endless", work)
        await asyncio.to_thread(begun.wait, 10)
        with pytest.raises(RefusalError, match="cancel one"):
            jobs.start("third", work)
        jobs.cancel(waiting.id)
        jobs.cancel(running.id)
        while running.status is JobStatus.RUNNING:
            await asyncio.sleep(0.01)
        return running.status, waiting.status

    assert run(ask()) == (JobStatus.CANCELLED, JobStatus.CANCELLED)


def test_a_job_that_fails_says_why_and_old_ones_make_room():
    async def ask():
        jobs = Jobs(1)

        def work():
            raise PoseloomError("nobody is found")

        first = jobs.start("look", work)
        while first.status in (JobStatus.WAITING, JobStatus.RUNNING):
            await asyncio.sleep(0.01)
        second = jobs.start("look", lambda: {})
        return first.as_json(), [job.id for job in jobs.all()] == [second.id]

    failed, replaced = run(ask())
    assert failed["status"] == "failed"
    assert failed["error"]["message"] == "nobody is found"
    assert replaced

import multiprocessing

import torch
from torch import distributed

from poseloom.training import gather_features


def loss_of(features):
    """A contrastive loss: all samples against all."""
    scores = features @ features.T
    return torch.nn.functional.cross_entropy(scores, torch.arange(len(scores)))


def part(rank, store, queue):
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
    weight, samples = made()
    loss = loss_of(gather_features(samples[rank * 3 : rank * 3 + 3] @ weight))
    loss.backward()
    distributed.all_reduce(weight.grad)
    queue.put((rank, loss.item(), (weight.grad / 2).tolist()))
    distributed.destroy_process_group()


def made():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(4, 5, generator=generator).requires_grad_(), torch.randn(6, 4, generator=generator)


def test_two_processes_have_the_gradient_of_one_with_the_whole_batch(tmp_path):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    processes = [context.Process(target=part, args=(rank, tmp_path / "store", queue)) for rank in range(2)]
    for process in processes:
        process.start()
    results = sorted(queue.get(timeout=60) for _ in processes)
    for process in processes:
        process.join()
    weight, samples = made()
    loss = loss_of(samples @ weight)
    loss.backward()
    for _, value, gradient in results:
        torch.testing.assert_close(value, loss.item(), rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(torch.tensor(gradient), weight.grad, rtol=1e-4, atol=1e-5)


def test_one_process_gathers_nothing():
    features = torch.randn(2, 3)
    assert gather_features(features) is features

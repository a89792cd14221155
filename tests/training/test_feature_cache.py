import multiprocessing
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from poseloom.base.errors import FileError
from poseloom.training.feature_cache import FeatureCache, weights_digest


class Encoder:
    """As many tokens as a text has characters; remembers what it was asked for."""

    width = 3

    def __init__(self, digest="0" * 64):
        self.digest, self.asked = digest, []

    def encode(self, texts):
        self.asked += texts
        return [torch.tensor([[ord(letter) % 128, 0.5, len(text)] for letter in text]).reshape(-1, 3) for text in texts]


def test_a_text_is_encoded_once_also_by_a_later_process(tmp_path):
    encoder = Encoder()
    cache = FeatureCache(tmp_path, encoder)
    assert cache.fill(["kneel", "sit", "kneel"]) == 2
    cache.batch(["sit", "stand"])
    cache.flush()
    later = FeatureCache(tmp_path, encoder)
    assert len(later) == 3 and "stand" in later and "run" not in later
    later.batch(["sit", "stand", "kneel"])
    assert sorted(encoder.asked) == ["kneel", "sit", "stand"]


@given(texts=st.lists(st.text(max_size=12), max_size=8))
def test_a_batch_equals_what_the_encoder_says(tmp_path_factory, texts):
    encoder = Encoder()
    features = FeatureCache(tmp_path_factory.mktemp("cache"), encoder, "fp32").batch(texts)
    for row, mask, expected in zip(features.values, features.mask, encoder.encode(texts), strict=True):
        torch.testing.assert_close(row[mask], expected.float().reshape(-1, 3))
        assert not row[~mask].any()


def test_features_lie_in_memory_maps(tmp_path):
    cache = FeatureCache(tmp_path, Encoder())
    cache.fill(["arms up"])
    assert isinstance(cache["arms up"].base, np.memmap) and cache["arms up"].dtype == np.float16


def test_encoders_do_not_share_features(tmp_path):
    FeatureCache(tmp_path, Encoder("a" * 64)).fill(["sit"])
    assert "sit" not in FeatureCache(tmp_path, Encoder("b" * 64))
    assert "sit" not in FeatureCache(tmp_path, Encoder("a" * 64), "fp32")


def fill(folder, number):
    FeatureCache(folder, Encoder()).fill([f"text {n}" for n in range(number, number + 200)])


def test_two_processes_fill_one_cache(tmp_path):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=fill, args=(tmp_path, number)) for number in (0, 100)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    encoder = Encoder()
    cache = FeatureCache(tmp_path, encoder)
    texts = [f"text {n}" for n in range(300)]
    assert [len(cache[text]) for text in texts] == [len(text) for text in texts]
    assert not cache.fill(texts) and not encoder.asked


def test_a_running_process_learns_what_another_wrote(tmp_path):
    first = FeatureCache(tmp_path, Encoder())
    FeatureCache(tmp_path, Encoder()).fill(["sit"])
    assert "sit" not in first
    first.refresh()
    assert "sit" in first


def test_a_cache_goes_to_worker_processes(tmp_path):
    cache = FeatureCache(tmp_path, Encoder())
    cache.fill(["sit"])
    cache.batch(["stand"])
    copy = pickle.loads(pickle.dumps(cache))
    assert len(copy["sit"]) == 3 and len(copy["stand"]) == 5


def test_a_damaged_segment_is_told(tmp_path):
    cache = FeatureCache(tmp_path, Encoder())
    cache.fill(["sit"])
    values = next(cache.folder.glob("segment-*/values.npy"))
    values.write_bytes(values.read_bytes()[:-4])
    with pytest.raises(FileError, match="is damaged; delete this folder"):
        FeatureCache(tmp_path, Encoder())


def test_what_a_killed_process_left_is_passed_over(tmp_path):
    cache = FeatureCache(tmp_path, Encoder())
    (cache.folder / ".segment-0123").mkdir()
    cache.fill(["sit"])
    assert len(FeatureCache(tmp_path, Encoder())) == 1


def test_the_digest_follows_weights_and_settings():
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    assert weights_digest(first) != weights_digest(second)
    second.load_state_dict(first.state_dict())
    assert weights_digest(first) == weights_digest(second)
    assert weights_digest(first, "length 64") != weights_digest(first, "length 32")

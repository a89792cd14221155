"""The numbers of a tensor in torch's files, read as data."""

from __future__ import annotations

import io
import warnings

import numpy as np
import torch


def storage_of(data: bytes) -> np.ndarray:
    """The numbers of a tensor's storage as `torch.save` writes it, flat.

    Raises:
        ValueError: something else.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about storages with a type, which old files have
            storage = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
            tensor = torch.tensor([], dtype=storage.dtype).set_(storage)
            return tensor.numpy() if tensor.dtype != torch.bfloat16 else tensor.float().numpy()
    except Exception:  # a damaged file can raise anything
        raise ValueError("storage of a tensor that torch does not read as data") from None

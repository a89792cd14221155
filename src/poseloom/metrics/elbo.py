"""Evidence lower bound of a conditional pose VAE, for each coefficient (higher is better).

PoseScript's definition (Delmas et al., ECCV 2022 and arXiv 2210.11795): for each item

    (log p(x | z) - KL(q || c)) / n,   z one sample of q

where q is the posterior given the pose, c the distribution given the text (PoseFix: given pose A and instruction),
and n the number of coefficients of x. Three likelihoods are reported, each minus the full KL: vertices (n = 3 x 6890)
and joints (3 x 52) in metres under a Laplace distribution of scale exp(l), rotation matrices (9 x 52) under a normal
distribution of variance exp(l); l is the model's learned log-scale for that view. The mean over items is stated.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution, Laplace, Normal, kl_divergence

from poseloom.base.errors import PoseloomError

Likelihood = Callable[[Tensor, Tensor], Distribution]
"""(reconstruction, log-scale) -> distribution of the data."""


def laplace_likelihood(reconstruction: Tensor, log_scale: Tensor) -> Distribution:
    """Laplace distribution about the reconstruction, scale exp(log_scale): vertices and joints."""
    return Laplace(reconstruction, torch.exp(log_scale).expand_as(reconstruction), validate_args=False)


def normal_likelihood(reconstruction: Tensor, log_scale: Tensor) -> Distribution:
    """Normal distribution about the reconstruction, **variance** exp(log_scale): rotation matrices."""
    return Normal(reconstruction, torch.exp(log_scale / 2).expand_as(reconstruction), validate_args=False)


def gaussian_kl(
    mean: Float[Tensor, "items z"],
    std: Float[Tensor, "items z"],
    other_mean: Float[Tensor, "items z"],
    other_std: Float[Tensor, "items z"],
) -> Float[Tensor, " items"]:
    """KL(N(mean, std) || N(other_mean, other_std)) of diagonal Gaussians, summed over the latent dimensions, nats."""
    first, second = Normal(mean, std, validate_args=False), Normal(other_mean, other_std, validate_args=False)
    return kl_divergence(first, second).sum(-1)


def elbo_per_item(
    reconstruction: Float[Tensor, "items *coefficients"],
    data: Float[Tensor, "items *coefficients"],
    log_scale: Float[Tensor, ""] | Float[Tensor, "1"],
    kl: Float[Tensor, " items"],
    likelihood: Likelihood,
) -> Float[Tensor, " items"]:
    """ELBO of each item, nats a coefficient; take the mean for the published figure.

    Args:
        reconstruction: decoded from one sample of the posterior: vertices, joints (metres) or rotation matrices.
        data: the same of the true pose.
        log_scale: the model's learned log-scale of this view.
        kl: `gaussian_kl` of posterior and condition.
        likelihood: `laplace_likelihood` for vertices and joints, `normal_likelihood` for rotation matrices.

    Raises:
        PoseloomError: different shapes.
    """
    if reconstruction.shape != data.shape or kl.shape != data.shape[:1]:
        raise PoseloomError(
            f"ELBO: reconstruction {tuple(reconstruction.shape)}, data {tuple(data.shape)} and KL {tuple(kl.shape)} "
            "do not belong together"
        )
    log_probability = likelihood(reconstruction.flatten(1), log_scale).log_prob(data.flatten(1))
    return (log_probability.sum(-1) - kl) / data[0].numel()

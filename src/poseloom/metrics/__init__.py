"""The field's measures, each with its paper and its exact definition; `docs/metrics.md` lists them.

The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseloom.base.lazy import names_of

if TYPE_CHECKING:
    from poseloom.metrics.bleu import closest_reference, corpus_bleu, shortest_reference
    from poseloom.metrics.diversity import TextLengths, distinct, text_lengths, unique_texts
    from poseloom.metrics.dtw import dtw_distance, dtw_distance_padded
    from poseloom.metrics.elbo import elbo_per_item, gaussian_kl, laplace_likelihood, normal_likelihood
    from poseloom.metrics.fast_dtw import fast_dtw_distance
    from poseloom.metrics.frechet import FeatureStatistics, frechet_distance
    from poseloom.metrics.inception_score import inception_score
    from poseloom.metrics.joint_error import (
        acceleration_error,
        auc,
        mpjpe,
        mpvpe,
        pa_mpjpe,
        pck,
        point_errors,
        root_aligned_mpjpe,
        scale_mpjpe,
    )
    from poseloom.metrics.meteor import meteor_es
    from poseloom.metrics.pckh import Pckh, pckh
    from poseloom.metrics.picture_error import picture_l1, psnr
    from poseloom.metrics.point_distance import (
        half_label_if_unpredicted,
        half_prediction_if_unpredicted,
        squared_with_constant,
        zero_if_missing,
    )
    from poseloom.metrics.precision import RPrecision, multimodality, pool_ranks, r_precision, sample_pools
    from poseloom.metrics.procrustes import procrustes_align
    from poseloom.metrics.recall import Recall, any_to_any_recall, mean_recall, own_ranks, recall_at, two_way_recall
    from poseloom.metrics.rotation_error import geodesic_degrees, pose_geodesic_degrees
    from poseloom.metrics.rouge import RougeL, bootstrap_means, rouge_l
    from poseloom.metrics.samples import SampleErrors, sample_errors
    from poseloom.metrics.sign import (
        OPENPOSE_137_MEASURED,
        dtw_mje,
        dtw_p,
        exact_dtw_mje,
        ndtw_mje,
        ndtw_per_keypoint,
        sign_ape,
        sign_masked_mse,
        sign_mse,
    )
    from poseloom.metrics.sign_ranks import DistanceRanks, LengthError, distance_ranks, length_error
    from poseloom.metrics.ssim import SsimVariant, multi_scale_ssim, ssim
    from poseloom.metrics.trajectories import Trajectories

_HOME = {
    "DistanceRanks": "sign_ranks",
    "FeatureStatistics": "frechet",
    "LengthError": "sign_ranks",
    "OPENPOSE_137_MEASURED": "sign",
    "Pckh": "pckh",
    "RPrecision": "precision",
    "Recall": "recall",
    "RougeL": "rouge",
    "SampleErrors": "samples",
    "SsimVariant": "ssim",
    "TextLengths": "diversity",
    "Trajectories": "trajectories",
    "acceleration_error": "joint_error",
    "any_to_any_recall": "recall",
    "auc": "joint_error",
    "bootstrap_means": "rouge",
    "closest_reference": "bleu",
    "corpus_bleu": "bleu",
    "distance_ranks": "sign_ranks",
    "distinct": "diversity",
    "dtw_distance": "dtw",
    "dtw_distance_padded": "dtw",
    "dtw_mje": "sign",
    "dtw_p": "sign",
    "elbo_per_item": "elbo",
    "exact_dtw_mje": "sign",
    "fast_dtw_distance": "fast_dtw",
    "frechet_distance": "frechet",
    "gaussian_kl": "elbo",
    "geodesic_degrees": "rotation_error",
    "half_label_if_unpredicted": "point_distance",
    "half_prediction_if_unpredicted": "point_distance",
    "inception_score": "inception_score",
    "laplace_likelihood": "elbo",
    "length_error": "sign_ranks",
    "mean_recall": "recall",
    "meteor_es": "meteor",
    "mpjpe": "joint_error",
    "mpvpe": "joint_error",
    "multi_scale_ssim": "ssim",
    "multimodality": "precision",
    "ndtw_mje": "sign",
    "ndtw_per_keypoint": "sign",
    "normal_likelihood": "elbo",
    "own_ranks": "recall",
    "pa_mpjpe": "joint_error",
    "pck": "joint_error",
    "pckh": "pckh",
    "picture_l1": "picture_error",
    "point_errors": "joint_error",
    "pool_ranks": "precision",
    "pose_geodesic_degrees": "rotation_error",
    "procrustes_align": "procrustes",
    "psnr": "picture_error",
    "r_precision": "precision",
    "recall_at": "recall",
    "root_aligned_mpjpe": "joint_error",
    "rouge_l": "rouge",
    "sample_errors": "samples",
    "sample_pools": "precision",
    "scale_mpjpe": "joint_error",
    "shortest_reference": "bleu",
    "sign_ape": "sign",
    "sign_masked_mse": "sign",
    "sign_mse": "sign",
    "squared_with_constant": "point_distance",
    "ssim": "ssim",
    "text_lengths": "diversity",
    "two_way_recall": "recall",
    "unique_texts": "diversity",
    "zero_if_missing": "point_distance",
}
__all__ = [
    "OPENPOSE_137_MEASURED",
    "DistanceRanks",
    "FeatureStatistics",
    "LengthError",
    "Pckh",
    "RPrecision",
    "Recall",
    "RougeL",
    "SampleErrors",
    "SsimVariant",
    "TextLengths",
    "Trajectories",
    "acceleration_error",
    "any_to_any_recall",
    "auc",
    "bootstrap_means",
    "closest_reference",
    "corpus_bleu",
    "distance_ranks",
    "distinct",
    "dtw_distance",
    "dtw_distance_padded",
    "dtw_mje",
    "dtw_p",
    "elbo_per_item",
    "exact_dtw_mje",
    "fast_dtw_distance",
    "frechet_distance",
    "gaussian_kl",
    "geodesic_degrees",
    "half_label_if_unpredicted",
    "half_prediction_if_unpredicted",
    "inception_score",
    "laplace_likelihood",
    "length_error",
    "mean_recall",
    "meteor_es",
    "mpjpe",
    "mpvpe",
    "multi_scale_ssim",
    "multimodality",
    "ndtw_mje",
    "ndtw_per_keypoint",
    "normal_likelihood",
    "own_ranks",
    "pa_mpjpe",
    "pck",
    "pckh",
    "picture_l1",
    "point_errors",
    "pool_ranks",
    "pose_geodesic_degrees",
    "procrustes_align",
    "psnr",
    "r_precision",
    "recall_at",
    "root_aligned_mpjpe",
    "rouge_l",
    "sample_errors",
    "sample_pools",
    "scale_mpjpe",
    "shortest_reference",
    "sign_ape",
    "sign_masked_mse",
    "sign_mse",
    "squared_with_constant",
    "ssim",
    "text_lengths",
    "two_way_recall",
    "unique_texts",
    "zero_if_missing",
]

__getattr__ = names_of(__name__, _HOME)

"""Augmentations of batches of people's pictures: each a small class, deterministic by seed, keypoints carried along.

They are those of the benchmark of mesh recovery (Pang et al., NeurIPS 2022 Datasets and Benchmarks). `GeometryLaw` is
about the crop itself and is applied while it is cut out; the others act on crops. All act on every picture they are
given: `OnlyFor` restricts one to some data sets.
"""

from poseloom.images.augment.batch import Augmentation, OnlyFor, PeoplePictures, augmented
from poseloom.images.augment.dropout import CoarseDropout, GridDropout
from poseloom.images.augment.erasing import HardErasing, SelfMixing, SoftErasing
from poseloom.images.augment.geometry import Geometry, GeometryLaw
from poseloom.images.augment.objects import Objects, drawn_objects, objects_of_arrays, read_objects
from poseloom.images.augment.occlusion import KeypointOcclusion, SyntheticOcclusion
from poseloom.images.augment.photometric import ChannelNoise, PhotometricDistortion
from poseloom.images.augment.zoom import RandomCrop

__all__ = [
    "Augmentation",
    "ChannelNoise",
    "CoarseDropout",
    "Geometry",
    "GeometryLaw",
    "GridDropout",
    "HardErasing",
    "KeypointOcclusion",
    "Objects",
    "OnlyFor",
    "PeoplePictures",
    "PhotometricDistortion",
    "RandomCrop",
    "SelfMixing",
    "SoftErasing",
    "SyntheticOcclusion",
    "augmented",
    "drawn_objects",
    "objects_of_arrays",
    "read_objects",
]

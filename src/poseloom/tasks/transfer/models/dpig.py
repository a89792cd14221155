"""DPIG (Ma et al., CVPR 2018): a picture taken apart into foreground, background and pose, and put together again.

Appearance is coded without the pose: seven body boxes are cut out of the features and coded one by one. A person in
another pose is the appearance of one picture with the pose of another; sampled persons come of mapping functions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.ranges import within
from poseloom.images.pose_maps import BODY_PARTS, body_boxes
from poseloom.tasks.transfer.maps import pose_maps
from poseloom.tasks.transfer.models.dpig_poses import (
    JOINTS,
    Mapping,
    MappingConfig,
    PoseAutoEncoder,
    PoseCoderConfig,
    keypoints_of,
)
from poseloom.tasks.transfer.models.inputs import FINAL, TransferInputs
from poseloom.tasks.transfer.models.pg2 import CoarseConfig, Unet
from poseloom.tasks.transfer.models.units import ResBlock, conv_relu, halved

Picture = Float[Tensor, "batch 3 height width"]

NOISE = 0.2
"""Standard deviation of the noise that mapping functions get."""
_CROP = 48
"""Side of the crops, pixels."""


@dataclass(frozen=True)
class DpigConfig:
    """Sizes of all parts; the defaults are those for Market-1501.

    Args:
        base: channels of the first level of all encoders and of the decoder.
        levels: scales of the encoders.
        decoder_levels: scales of the decoder; 6 for pictures of 256 x 256.
        box_code, background_code: numbers of the code of one box and of the background.
        code: bottleneck of the decoder.
        height, width: of the pictures, pixels.
        split: foreground and background apart; without it the mask is not used and no background is coded, as
            published for DeepFashion.
        published_boxes: boxes divided by height and width where the crop multiplies by one less, as published.
        pose: the pose auto-encoder.
        hidden, background_hidden: widths of the mapping functions.
    """

    base: int = within(128, 1, 1024)
    levels: int = within(5, 1, 12)
    decoder_levels: int = within(5, 1, 12)
    box_code: int = within(32, 1, 4096)
    background_code: int = within(128, 1, 4096)
    code: int = within(64, 1, 65_536)
    height: int = within(128, 8, 4096)
    width: int = within(64, 8, 4096)
    split: bool = True
    published_boxes: bool = False
    pose: PoseCoderConfig = field(default_factory=PoseCoderConfig)
    hidden: int = within(512, 1, 65_536)
    background_hidden: int = within(256, 1, 65_536)

    @property
    def maps(self) -> str:
        """How keypoints are drawn."""
        return "disc"

    @property
    def foreground(self) -> int:
        """Numbers of the foreground's code."""
        return len(BODY_PARTS) * self.box_code

    @property
    def appearance(self) -> int:
        """Numbers of the whole appearance's code."""
        return self.foreground + (self.background_code if self.split else 0)


def crops_of(
    features: Float[Tensor, "batch channels height width"],
    boxes: Float[Tensor, "batch boxes 4"],
    *,
    side: int = _CROP,
    published: bool = False,
) -> Float[Tensor, "batch boxes channels side side"]:
    """The features in boxes, bilinear, corner on corner.

    Args:
        boxes: top, left, bottom, right; pixels.
        side: of the crops.
        published: shrink places by (side - 1) / side of the picture's height and width; see `DpigConfig`.
    """
    height, width = features.shape[-2:]
    whole = boxes.new_tensor([height, width, height, width])
    places = boxes * (whole - 1) / whole if published else boxes
    steps = torch.linspace(0, 1, side, device=boxes.device)
    down = places[..., 0, None] + steps * (places[..., 2] - places[..., 0])[..., None]
    along = places[..., 1, None] + steps * (places[..., 3] - places[..., 1])[..., None]
    y, x = 2 * down / max(height - 1, 1) - 1, 2 * along / max(width - 1, 1) - 1
    grid = torch.stack([x[:, :, None, :].expand(-1, -1, side, -1), y[..., None].expand(-1, -1, -1, side)], dim=-1)
    repeated = features[:, None].expand(-1, boxes.shape[1], -1, -1, -1).flatten(0, 1)
    drawn = functional.grid_sample(repeated, grid.flatten(0, 1), align_corners=True)
    return drawn.unflatten(0, boxes.shape[:2])


class _Encoder(nn.Module):
    """Levels of residual pairs and convolutions of stride 2, and a linear layer: a code of feature maps."""

    def __init__(self, base: int, levels: int, size: tuple[int, int], code: int):
        super().__init__()
        widths = [base * (level + 1) for level in range(levels)]
        self.res = nn.ModuleList(ResBlock(width) for width in widths)
        self.conv = nn.ModuleList(conv_relu(one, two, stride=2) for one, two in pairwise(widths))
        pixels = halved(size[0], levels - 1) * halved(size[1], levels - 1)
        self.linear = nn.Linear(widths[-1] * pixels, code)

    def forward(self, x: Tensor) -> Tensor:
        for level, block in enumerate(self.res):
            x = block(x)
            if level < len(self.conv):
                x = self.conv[level](x)
        return self.linear(x.flatten(1))


class Appearance(nn.Module):
    """Foreground and background of a picture as codes that know nothing of the pose.

    Args:
        config: its sizes.
    """

    def __init__(self, config: DpigConfig):
        super().__init__()
        self.config = config
        self.start = nn.Sequential(conv_relu(3, config.base), ResBlock(config.base))
        self.boxes = _Encoder(config.base, config.levels, (_CROP, _CROP), config.box_code)
        size = config.height, config.width
        self.background = _Encoder(config.base, config.levels, size, config.background_code) if config.split else None

    def forward(
        self,
        picture: Picture,
        mask: Float[Tensor, "batch 1 height width"],
        boxes: Float[Tensor, "batch boxes 4"],
        shown: Float[Tensor, "batch boxes"],
    ) -> Float[Tensor, "batch code"]:
        """The codes of the seven boxes, then that of the background.

        Args:
            picture: -1 to 1.
            mask: 1 where the person is.
            boxes, shown: of `body_boxes`.
        """
        features = self.start(picture)
        person = features * mask if self.config.split else features
        cut = crops_of(person, boxes, published=self.config.published_boxes)
        codes = self.boxes(cut.flatten(0, 1)).unflatten(0, cut.shape[:2])
        foreground = (codes * shown[..., None]).flatten(1)
        if self.background is None:
            return foreground
        return torch.cat([foreground, self.background(features * (1 - mask))], dim=1)


def _drawn(count: int, mapping: Mapping, noise: torch.Generator) -> Float[Tensor, "batch noise"]:
    return NOISE * torch.randn(count, mapping.config.noise, generator=noise)


class Dpig(nn.Module):
    """All parts of DPIG: what takes apart, what puts together, what samples.

    Args:
        config: its sizes.
    """

    def __init__(self, config: DpigConfig | None = None):
        super().__init__()
        self.config = config = config or DpigConfig()
        self.appearance = Appearance(config)
        sizes = CoarseConfig(
            channels=config.appearance + JOINTS,
            base=config.base,
            levels=config.decoder_levels,
            code=config.code,
            height=config.height,
            width=config.width,
        )
        self.decoder = Unet(sizes)
        self.pose = PoseAutoEncoder(config.pose)
        mapping = MappingConfig(hidden=config.hidden, published=config.pose.published)
        self.map_foreground = Mapping(replace(mapping, noise=config.foreground, out=config.foreground))
        self.map_pose = Mapping(replace(mapping, noise=config.pose.code, out=config.pose.code))
        back = config.background_code
        small = replace(mapping, noise=back, hidden=config.background_hidden, out=back)
        self.map_background = Mapping(small) if config.split else None

    def codes(
        self,
        picture: Picture,
        mask: Float[Tensor, "batch 1 height width"],
        keypoints: Float[Tensor, "batch joints 2"],
    ) -> Float[Tensor, "batch code"]:
        """The appearance of a picture.

        Args:
            picture: -1 to 1.
            mask: 1 where the person is.
            keypoints: row and column of the person's joints, pixels; -1 where missing.
        """
        size = (picture.shape[-2], picture.shape[-1])
        boxes, shown = body_boxes(keypoints.cpu(), size)
        return self.appearance(picture, mask, boxes.to(picture), shown.to(picture))

    @torch.no_grad()
    def sampled(self, count: int, noise: torch.Generator) -> Picture:
        """People who are in no picture, in poses that nobody took: all three factors drawn by the mapping functions."""
        size = self.config.height, self.config.width
        parts = [self.map_foreground, *([] if self.map_background is None else [self.map_background])]
        codes = torch.cat([part(_drawn(count, part, noise)) for part in parts], dim=1)
        joints = self.pose.decode(self.map_pose(_drawn(count, self.map_pose, noise)))
        keypoints = keypoints_of(joints, size, published=self.config.pose.published).clamp(min=-1)
        return self(codes, pose_maps(keypoints, size, self.config.maps))

    def generate(self, inputs: TransferInputs) -> dict[str, Picture]:
        """The source's appearance in the target's pose."""
        codes = self.codes(inputs.source, inputs.person, inputs.source_keypoints)
        return {FINAL: self(codes, inputs.target_map(self.config.maps))}

    def forward(
        self, codes: Float[Tensor, "batch code"], target_map: Float[Tensor, "batch joints height width"]
    ) -> Picture:
        """The picture of an appearance in a pose."""
        spread = codes[:, :, None, None].expand(-1, -1, *target_map.shape[-2:])
        return self.decoder(torch.cat([spread, target_map], dim=1))

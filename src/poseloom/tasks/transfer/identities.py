"""PN-GAN's loss of identities: a frozen network of the user's that knows the training set's people judges who is seen.

The port's own network was never released. What is needed is a ResNet-50 that was trained to tell the people of the
training table apart, saved as a state dict with torchvision's names (``conv1.weight``, ``layer1.0.conv1.weight``) and a
linear classifier ``fc`` or ``classifier`` of 2,048 features, as torchvision and torchreid save it; its classes are the
people in the order of their names (Market-1501: 751). The port adds 27 attributes at an eighth of the weight; they
would need labels that the data set lacks.
"""

from __future__ import annotations

from collections.abc import Mapping

from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.torch_files import load_torch_file
from poseloom.images.normalise import IMAGENET
from poseloom.nn.image.resnet import RESNETS, Resnet

SIZE = (256, 128)
"""Height and width of the pictures that such networks see."""
_HEADS = ("fc", "classifier")
_PREFIXES = ("state_dict", "model")
_REMEDY = "name a state dict of a ResNet-50 with torchvision's names and a linear 'fc' or 'classifier'"


class Identities(nn.Module):
    """Who is seen in a picture.

    Args:
        classes: people that it can tell apart.
    """

    def __init__(self, classes: int):
        super().__init__()
        self.classes = classes
        self.trunk = Resnet(RESNETS["resnet50"])
        self.head = nn.Linear(self.trunk.channels, classes)

    def forward(self, pictures: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch classes"]:
        """Logits of pictures of -1 to 1, which are brought to 256 x 128."""
        seen = functional.interpolate((pictures + 1) / 2, SIZE, mode="bilinear", align_corners=False)
        return self.head(self.trunk(IMAGENET.apply(seen)).mean((-2, -1)))

    def loss(
        self, pictures: Float[Tensor, "batch 3 height width"], people: Int64[Tensor, " batch"]
    ) -> Float[Tensor, ""]:
        """Cross-entropy of who should be seen; 0 where nobody's number is known."""
        known = people >= 0
        if not bool(known.any()):
            return pictures.sum() * 0
        return functional.cross_entropy(self(pictures[known]), people[known])


def open_identities(path: str, weight: float, people: int) -> Identities | None:
    """The network of a file, frozen; None where its loss has no weight.

    Args:
        path: of its weights.
        weight: of the loss.
        people: of the training pairs.

    Raises:
        PoseloomError: no file is named.
        FileError: it is damaged, of another network, or of another number of people.
    """
    if not weight:
        return None
    if not path:
        raise PoseloomError(f"recipe: loss.identities is empty, but loss.identity is {weight}; {_REMEDY}")
    state = _tidied(load_torch_file(path))
    head = next((name for name in _HEADS if f"{name}.weight" in state), None)
    if head is None:
        raise FileError(path, "has no classifier of people", remedy=_REMEDY)
    classes = len(state[f"{head}.weight"])
    if classes != people:
        remedy = "train it on the people of this table, numbered in the order of their names"
        raise FileError(path, f"knows {classes} people, but the training pairs show {people}", remedy=remedy)
    model = Identities(classes)
    named = {
        f"head.{name.removeprefix(head + '.')}" if name.startswith(head + ".") else f"trunk.{name}": value
        for name, value in state.items()
    }
    try:
        model.load_state_dict(
            {name: named[name] for name in model.state_dict() if "num_batches" not in name}, strict=False
        )
    except (KeyError, RuntimeError):
        raise FileError(path, "holds no ResNet-50", remedy=_REMEDY) from None
    return model.eval().requires_grad_(False)


def _tidied(content: object) -> dict[str, Tensor]:
    """A state dict, whatever holds it, without the prefix that parallel training gives to its names."""
    for key in _PREFIXES:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
    if not isinstance(content, Mapping):
        return {}
    return {str(name).removeprefix("module."): value for name, value in content.items() if isinstance(value, Tensor)}

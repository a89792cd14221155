"""PoseEmbroider (arXiv 2409.06535): a learned token that gathers any set of modalities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from poseloom.nn.pose.encoder import UnitLength
from poseloom.tasks.embedding.modalities import LEADERS, MODALITIES, Subset, leads
from poseloom.tasks.embedding.networks.config import EmbeddingConfig
from poseloom.tasks.embedding.networks.front import SharedSpace, Vectors
from poseloom.tasks.embedding.networks.projections import mini_mlp

_TOKEN_DEVIATION = 1e-6
_HEADS, _DROPOUT, _EPSILON = 4, 0.1, 1e-6


class PoseEmbroider(SharedSpace):
    """Any modalities -> one token -> its projections into each of them.

    The released transformer core has half the width of the space, one layer, four heads: what it gathers is a mean, in
    which each modality counts the less the more there are. In the core ``slots`` each has a layer of its own before
    they are added.
    """

    def __init__(self, config: EmbeddingConfig | None = None):
        super().__init__(config or EmbeddingConfig())
        latent = self.config.latent
        self.intermodality_token = nn.Parameter(_TOKEN_DEVIATION * torch.randn(1, 1, latent))
        for one in MODALITIES:
            self.register_parameter(f"modality_encoding_{one}", nn.Parameter(torch.zeros(1, 1, latent)))
        self.embroider_core = _CORES[self.config.core](latent)
        if self._gathers:
            self.norm = nn.LayerNorm(latent, eps=_EPSILON)
        if self.config.heads:
            for one in MODALITIES:
                self.add_module(f"modality_projection_{one}", mini_mlp(latent, latent, latent))

    @property
    def _gathers(self) -> bool:
        return self.config.core == "transformer"

    def encoding(self, modality: str) -> Float[Tensor, " latent"]:
        """What tells the core of which modality a vector is."""
        return self.get_parameter(f"modality_encoding_{modality}")[0, 0]

    def with_encodings(self, vectors: Mapping[str, Tensor]) -> Vectors:
        """Vectors as the core sees them; the released training compares with these, see `EmbeddingLearner`."""
        return {one: value + self.encoding(one) for one, value in vectors.items()}

    def tokens(self, vectors: Mapping[str, Tensor], subsets: Sequence[Subset]) -> dict[Subset, Tensor]:
        """The token of each set; all sets go through the core together."""
        told = self.with_encodings(vectors)
        if isinstance(self.embroider_core, SlotCore):
            told = self.embroider_core.in_slots(told)
        found = self._gathered(told, subsets) if self._gathers else self._added(told, subsets)
        return dict(zip(subsets, found.unbind(), strict=True))

    def _added(self, told: Mapping[str, Tensor], subsets: Sequence[Subset]) -> Float[Tensor, "sets batch latent"]:
        """The cores that add modalities up; the gathering token has no part."""
        return self.embroider_core(torch.stack([torch.stack([told[name] for name in one]).sum(0) for one in subsets]))

    def _gathered(self, told: Mapping[str, Tensor], subsets: Sequence[Subset]) -> Float[Tensor, "sets batch latent"]:
        """The transformer core at its first place, which alone is used: it has one layer.

        So there is one question to the attention, the same for all; and a modality's key and value are those of every
        set that it is in.
        """
        first, layer, last = self.embroider_core.children()
        start = first(self.intermodality_token[0, 0])
        attended = layer.self_attn.out_proj(self._attended(start, first, told, subsets))
        state = layer.norm1(start + layer.dropout1(attended))
        widened = layer.linear2(layer.dropout(layer.activation(layer.linear1(state))))
        return self.norm(last(layer.norm2(state + layer.dropout2(widened))))

    def _attended(
        self, start: Float[Tensor, " half"], first: nn.Module, told: Mapping[str, Tensor], subsets: Sequence[Subset]
    ) -> Float[Tensor, "sets batch half"]:
        """What the gathering token attends to: itself and the modalities of each set."""
        attention = self.embroider_core.get_submodule("1").self_attn
        weight, bias, half = attention.in_proj_weight, attention.in_proj_bias, len(start)
        names = [one for one in MODALITIES if one in told]
        members = torch.tensor([[True, *(name in one for name in names)] for one in subsets], device=start.device)
        tokens = first(torch.stack([told[name] for name in names], dim=1))
        tokens = torch.cat([start.expand(len(tokens), 1, -1), tokens], dim=1)
        of_question, of_key, of_value = weight.split(half)
        question = functional.linear(start, of_question, bias[:half]).unflatten(-1, (_HEADS, -1))
        # the keys' bias adds the same to all scores, and so changes no share
        asked = torch.einsum("hd,hdk->hk", question, of_key.unflatten(0, (_HEADS, -1)))
        scores = functional.linear(tokens, asked) / question.shape[-1] ** 0.5
        shares = scores.masked_fill(~members[:, None, :, None], -torch.inf).softmax(2)
        values = functional.linear(tokens, of_value, bias[2 * half :]).unflatten(-1, (_HEADS, -1))
        kept = functional.dropout(shares, attention.dropout, self.training)
        return torch.einsum("sbth,bthd->sbhd", kept, values).flatten(2)

    def projections(self, token: Float[Tensor, "batch latent"], targets: Sequence[str] = MODALITIES) -> Vectors:
        """A token seen as each of some modalities."""
        if not self.config.heads:
            same = functional.normalize(token, dim=-1) if self.config.unit else token
            return dict.fromkeys(targets, same)
        return {one: self.unit(self.get_submodule(f"modality_projection_{one}")(token)) for one in targets}

    def questions(
        self, vectors: Mapping[str, Tensor], subsets: Sequence[Subset], targets: Sequence[str] = MODALITIES
    ) -> dict[Subset, Vectors]:
        """The projections of each set's token; all tokens are projected together.

        Outside of training, what `LEADERS` names counts for itself as well where it is in a set, as ``lead`` says.
        """
        leaders = self._leaders(subsets, targets)
        asked = list(dict.fromkeys([*subsets, *((one,) for one in leaders)]))
        tokens = self.tokens(vectors, asked)
        made = self.projections(torch.cat(list(tokens.values())), targets)
        parts = {name: value.chunk(len(asked)) for name, value in made.items()}
        found = {one: {name: part[place] for name, part in parts.items()} for place, one in enumerate(asked)}
        return {one: self._led(found, one) if leaders else found[one] for one in subsets}

    def _leaders(self, subsets: Sequence[Subset], targets: Sequence[str]) -> list[str]:
        """Modalities whose own answers are needed beside those of sets that they are in."""
        if not self.config.lead or self.training:
            return []
        return [LEADERS[one] for one in targets if any(leads(LEADERS[one], asked, one) for asked in subsets)]

    def _led(self, found: Mapping[Subset, Vectors], asked: Subset) -> Vectors:
        """The answers of a set, with those of its leaders."""
        return {
            target: self.unit(answer + self.config.lead * found[(LEADERS[target],)][target])
            if leads(LEADERS[target], asked, target)
            else answer
            for target, answer in found[asked].items()
        }


class SlotCore(nn.Module):
    """A layer for each modality, their sum, and a layer of what they have in common."""

    def __init__(self, latent: int):
        super().__init__()
        self.slots = nn.ModuleDict({one: nn.Linear(latent, latent) for one in MODALITIES})
        self.last = nn.Linear(latent, latent)

    def in_slots(self, told: Mapping[str, Tensor]) -> Vectors:
        """Each modality by its own layer."""
        return {one: self.slots[one](value) for one, value in told.items()}

    def forward(self, added: Float[Tensor, "*sets latent"]) -> Float[Tensor, "*sets latent"]:
        """Sums of slots -> tokens."""
        return self.last(functional.relu(added))


def _transformer_core(latent: int) -> nn.Sequential:
    half = latent // 2
    layer = nn.TransformerEncoderLayer(half, _HEADS, latent, _DROPOUT, activation="gelu", batch_first=True)
    return nn.Sequential(nn.Linear(latent, half), layer, nn.Linear(half, latent))


def _perceptron_core(latent: int) -> nn.Sequential:
    return nn.Sequential(nn.Identity(), mini_mlp(latent, latent, latent), UnitLength())


_CORES: dict[str, Callable[[int], nn.Module]] = {
    "transformer": _transformer_core,
    "mlp": _perceptron_core,
    "slots": SlotCore,
}

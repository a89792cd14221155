"""One space of pictures, poses and texts: a training step, a question, all nine types of questions over a gallery."""

from __future__ import annotations

from typing import Any

from benchmarks.measure import Case, Work, in_seconds, milliseconds

_BATCH, _GALLERY, _AT_ONCE = 128, 10_000, 256
_SIDE, _PEOPLE = 256, 20_000
_WIDTHS = {"image": 768, "pose": 512, "text": 512}


def _features(count: int, tokens: int = 1) -> dict[str, Any]:
    import torch

    noise = torch.Generator().manual_seed(0)
    found = {name: torch.randn(count, width, generator=noise) for name, width in _WIDTHS.items()}
    if tokens > 1:
        found["image"] = torch.randn(count, tokens, _WIDTHS["image"], generator=noise)
    return found


def _step(tokens: int) -> Work:
    import torch

    from poseloom.tasks.embedding.losses import contrastive_terms, mean_of_terms
    from poseloom.tasks.embedding.networks.embroider import PoseEmbroider

    model, features = PoseEmbroider().train(), _features(_BATCH, tokens)
    optimiser = torch.optim.Adam(model.parameters(), 2e-4)

    def step() -> None:
        optimiser.zero_grad()
        mean_of_terms(contrastive_terms(model, model.embed(features), ("single", "dual"))).backward()
        optimiser.step()

    return step


def _question(modality: str, *targets: str) -> Work:
    import torch

    from poseloom.tasks.embedding.networks.embroider import PoseEmbroider

    model, features = PoseEmbroider().eval(), {modality: _features(_BATCH)[modality]}

    def ask() -> None:
        with torch.inference_mode():
            model.questions(model.embed(features), [(modality,)], targets or tuple(_WIDTHS))

    return ask


def _nine() -> Work:
    from poseloom.tasks.embedding.evaluate import retrieval_figures
    from poseloom.tasks.embedding.networks.embroider import PoseEmbroider

    model, features = PoseEmbroider().eval(), _features(_GALLERY)
    parts = {name: value.split(_AT_ONCE) for name, value in features.items()}
    batches = [{name: part[place] for name, part in parts.items()} for place in range(len(parts["pose"]))]
    return lambda: retrieval_figures(model, batches, tuple(_WIDTHS))


def _picture() -> Work:
    from poseloom.checkpoints.places import WEIGHTS
    from poseloom.pose.sampler import sample
    from poseloom.render import render
    from poseloom.tasks.embedding.encoders.blazepose import BlazePose
    from poseloom.tasks.embedding.encoders.frozen import PictureItem

    encoder = BlazePose(WEIGHTS)
    item = PictureItem(render(sample(1, seed=0), _SIDE)[0], (60.0, 10.0, 140.0, 240.0))
    return lambda: encoder.encode([item])


def _search() -> Work:
    import tempfile
    from pathlib import Path

    import torch

    from poseloom.search import Index, MemoryRows, build_index
    from poseloom.tasks.embedding.networks.config import EmbeddingConfig
    from poseloom.tasks.embedding.networks.embroider import PoseEmbroider

    model = PoseEmbroider(EmbeddingConfig(latent=256)).eval()
    noise = torch.Generator().manual_seed(0)
    folder = Path(tempfile.mkdtemp()) / "I"
    build_index(MemoryRows(vectors=torch.randn(_PEOPLE, 256, generator=noise).numpy()), folder)
    index, features = Index(folder), {name: value[:1] for name, value in _features(1).items() if name != "pose"}

    def ask() -> None:
        with torch.inference_mode():
            asked = ("image", "text")
            question = model.questions(model.embed(features), [asked], ["image"])[asked]["image"]
        index.nearest(question[0].numpy(), 10)

    return ask


CASES = (
    Case("a step of PoseEmbroider, batch 128, one token a picture", lambda: _step(1), milliseconds, "<= 170 ms"),
    Case("the same, 192 tokens a picture", lambda: _step(192), milliseconds, "<= 600 ms", runs=3),
    Case(
        "128 questions by pose for pictures, from features", lambda: _question("pose", "image"), milliseconds, "<= 8 ms"
    ),
    Case(
        "128 questions by text for pictures, from features", lambda: _question("text", "image"), milliseconds, "<= 8 ms"
    ),
    Case("128 questions by pose for each of the three", lambda: _question("pose"), milliseconds),
    Case("frozen features of a person in a picture, from the box", _picture, milliseconds),
    Case("ten of 20,000 people by a photo with words, from features", _search, milliseconds),
    Case("nine types of questions, 10,000 samples", _nine, in_seconds, "<= 60 s", runs=1),
)

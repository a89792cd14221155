"""What `fuzz` tries: for each reader, how a small valid file or folder is made and how it is read."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reader:
    """Makes a small valid file or folder below a place and returns it; reads one and uses what it read."""

    make: Callable[[Path], Path]
    read: Callable[[Path], object]


def _read_motion(path: Path) -> object:
    from poseloom import load

    return load(path)


def _motion(suffix: str, frames: int = 3, format: str | None = None) -> Reader:
    def make(folder: Path) -> Path:
        from poseloom import save
        from poseloom.pose import sample

        save(sample(frames, seed=1).body(), folder / f"motion{suffix}", format)
        return folder / f"motion{suffix}"

    return Reader(make, _read_motion)


def _make_pose(folder: Path) -> Path:
    from poseloom.formats.pose_file import clip_to_sequence, write_pose_file
    from poseloom.pose import Clip, sample

    write_pose_file(clip_to_sequence(Clip(sample(3, seed=1))), folder / "signs.pose")
    return folder / "signs.pose"


def _read_pose(path: Path) -> object:
    from poseloom.formats.pose_file import read_pose_file, sequence_to_keypoints

    return sequence_to_keypoints(read_pose_file(path))


def _make_table(folder: Path) -> Path:
    from poseloom.data import describe_table, pair_table, prepare
    from poseloom.data.sources.procedural import Procedural

    prepare(Procedural(40), folder / "table")
    describe_table(folder / "table")
    pair_table(folder / "table")
    shutil.rmtree(folder / "table" / ".build", ignore_errors=True)
    return folder / "table"


def _read_table(path: Path) -> object:
    from poseloom.data import Table
    from poseloom.data.inspection import inspect, summary

    table = Table.open(path)
    inspect(table)
    summary(table)
    return [*table], [*table.pairs], table.poses()


def _make_index(folder: Path) -> Path:
    from poseloom.data import Table
    from poseloom.search import TableRows, build_index

    build_index(TableRows(Table.open(_make_table(folder))), folder / "index")
    (folder / "index" / "lock").unlink()
    return folder / "index"


def _read_index(path: Path) -> object:
    from poseloom.pose import sample
    from poseloom.search import Index

    index = Index(path)
    pose = sample(1, seed=3)[0]
    answers = [index.search(text, 5, near=True) for text in ("standing", "left hand up", "someone kneels")]
    return answers, index.like(pose, 5), [index.hit(row) for row in range(0, len(index), 7)]


def _make_card(folder: Path) -> Path:
    """A model with its card, without what else its run has written."""
    _trained(folder)
    (folder / "card").mkdir()
    for one in (folder / "run").glob("model.*"):
        shutil.copy(one, folder / "card" / one.name)
    return folder / "card"


def _trained(folder: Path) -> None:
    """The run of a tiny model in that folder, unless it is there."""
    if (folder / "run").exists():
        return
    from poseloom.tasks import task
    from poseloom.tasks.common.recipes import open_recipe
    from poseloom.training import fit

    data = {"procedural": 200, "validation": 12, "batches": 2, "vocabulary_texts": 300}
    overrides = [(f"data.{name}", str(value)) for name, value in data.items()]
    overrides += [("engine.loggers", "[]"), ("engine.accelerator", "cpu"), ("stages.train.steps", "2")]
    _, recipe = open_recipe("retrieval/tiny", overrides)
    fit(task("retrieval").build(recipe), recipe, folder / "run")


def _read_card(path: Path) -> object:
    from poseloom import load_model

    model = load_model(path / "model.safetensors")
    return model.embed_texts(["someone stands"])


def _make_checkpoint(folder: Path) -> Path:
    _trained(folder)
    return Path(shutil.copy(folder / "run" / "checkpoints" / "last.ckpt", folder / "last.ckpt"))


def _read_checkpoint(path: Path) -> object:
    from poseloom.training.checkpoint import read_checkpoint

    return read_checkpoint(path)


def _read_released(path: Path) -> object:
    from poseloom.formats.torch_files import load_torch_file

    return load_torch_file(path)


def _make_recipe(folder: Path) -> Path:
    from poseloom.tasks.common.recipes import recipe_path

    return Path(shutil.copy(recipe_path("retrieval/tiny"), folder / "recipe.toml"))


def _read_recipe(path: Path) -> object:
    from poseloom.tasks.common.recipes import open_recipe

    return open_recipe(str(path))


def _make_signs(folder: Path) -> Path:
    path = folder / "sign.txt"
    path.write_text("flathand extfingerl palml chest touch", "utf-8")
    return path


def _read_signs(path: Path) -> object:
    from poseloom.language.hamnosys import notation, parse

    return parse(notation(path.read_bytes().decode("utf-8", "replace")))


def _test_helpers() -> None:
    """Files that poseloom cannot write are made as its tests make them."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "formats"))


def _make_gltf(folder: Path) -> Path:
    _test_helpers()
    from characters import (  # type: ignore[import-not-found]
        GltfWriter,
        character,
        gentle_clip,
        gltf_content,
        naming,
        write_gltf,
    )

    writer = GltfWriter()
    content = gltf_content(character(gentle_clip(frames=3), naming("Mixamo")), writer)
    write_gltf(folder / "motion.gltf", content, writer, inside=True)
    return folder / "motion.gltf"


def _make_fbx(folder: Path) -> Path:
    _test_helpers()
    from characters import character, gentle_clip, naming
    from fbx_files import character_records, to_binary  # type: ignore[import-not-found]

    made = character(gentle_clip(frames=3), naming("Mixamo"))
    (folder / "motion.fbx").write_bytes(to_binary(character_records(made, version=7400), 7400))
    return folder / "motion.fbx"


def _make_pickle(folder: Path) -> Path:
    """As WHAM writes it: people by number."""
    import pickle

    import numpy as np

    from poseloom.pose import sample

    poses = sample(3, seed=1).body().rotations.numpy().reshape(3, -1)
    person = {"pose_world": np.concatenate([poses, np.zeros((3, 6), np.float32)], 1), "trans_world": np.zeros((3, 3))}
    (folder / "output.pkl").write_bytes(pickle.dumps({0: person, 4: person | {"betas": np.zeros((3, 10))}}))
    return folder / "output.pkl"


def _make_points(folder: Path) -> Path:
    import numpy as np

    from poseloom.body import default_body
    from poseloom.pose import sample

    joints = default_body().joints(sample(3, seed=1).body())[:, :22]
    np.save(folder / "joints.npy", joints.numpy())
    return folder / "joints.npy"


def _make_pictures(folder: Path) -> Path:
    from PIL import Image

    (folder / "pictures").mkdir()
    image = Image.linear_gradient("L").resize((24, 16)).convert("RGB")
    for suffix in ("png", "jpg", "webp", "bmp", "tiff", "ppm"):
        image.save(folder / "pictures" / f"a.{suffix}")
    image.save(folder / "pictures" / "a.gif", save_all=True, append_images=[image.rotate(90)])
    return folder / "pictures"


def _read_pictures(path: Path) -> object:
    from poseloom.images.read import picture_size, read_frames

    return [(picture_size(one), [*read_frames(one)]) for one in sorted(path.iterdir())]


READERS = {
    "bvh": _motion(".bvh"),
    "npz": _motion(".npz"),
    "amass": _motion(".npz", format="amass"),
    "json": _motion(".json"),
    "pose": Reader(_make_pose, _read_pose),
    "glb": _motion(".glb"),
    "gltf": Reader(_make_gltf, _read_motion),
    "fbx": Reader(_make_fbx, _read_motion),
    "pkl": Reader(_make_pickle, _read_motion),
    "npy": Reader(_make_points, _read_motion),
    "picture": Reader(_make_pictures, _read_pictures),
    "table": Reader(_make_table, _read_table),
    "index": Reader(_make_index, _read_index),
    "model": Reader(_make_card, _read_card),
    "checkpoint": Reader(_make_checkpoint, _read_checkpoint),
    "pth": Reader(_make_checkpoint, _read_released),
    "recipe": Reader(_make_recipe, _read_recipe),
    "hamnosys": Reader(_make_signs, _read_signs),
}

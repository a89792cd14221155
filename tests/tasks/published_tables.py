"""Small tables in the exact formats of PoseScript's and PoseFix's releases, and a DistilBERT of small sizes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "data" / "sources"))

import releases

from poseloom.data import open_source, prepare
from poseloom.nn.text.bert import Bert, BertConfig
from poseloom.tasks.common.recipes import open_recipe

FRAMES = 40
LIMBS = ("left arm", "right arm", "left leg", "right leg")
MOVES = ("raised", "bent", "stretched", "turned clockwise", "lowered")
QUIET = [("engine.loggers", "[]"), ("engine.accelerator", "cpu")]
SIZES = BertConfig(vocabulary=60, width=32, layers=1, heads=4, feed_forward=48, positions=64)


def _said(place: int, more: str = "") -> str:
    limb, move = LIMBS[place % len(LIMBS)], MOVES[place % len(MOVES)]
    return f"The {limb} is {move}{more}."


def _release(folder: Path) -> tuple[Path, dict, dict[str, list[int]]]:
    """AMASS with one motion of 40 frames in two files, the frames' names, and splits of the 40 poses."""
    frames = {}
    for part in range(2):
        releases.write_amass(folder / f"amass/CMU/7/7_{part}_poses.npz", releases.raw_poses(FRAMES // 2, seed=part))
        for frame in range(FRAMES // 2):
            frames[part * FRAMES // 2 + frame] = ["AMASS", f"CMU/CMU/7/7_{part}_poses.npz", frame]
    splits = {"train": list(range(24)), "val": list(range(24, 32)), "test": list(range(32, 40))}
    return folder / "amass", frames, splits


def posescript_table(folder: Path) -> Path:
    """40 poses; 24 to learn from, each with two texts by people and three by rule."""
    amass, frames, splits = _release(folder)
    human = {place: [_said(place), _said(place, " a little")] for place in frames}
    automatic = {place: [f"{_said(place)} By rule {turn}." for turn in range(3)] for place in frames}
    release = releases.posescript(folder / "posescript", frames, human, automatic, **splits)
    prepare(open_source("posescript", {"folder": release, "amass": amass}), folder / "poses")
    return folder / "poses"


def posefix_table(folder: Path) -> Path:
    """40 pairs; every second one is of one recording."""
    amass, frames, splits = _release(folder)
    half = FRAMES // 2
    pairs = [
        [place, (place + half) % FRAMES if place % 2 else place // half * half + (place + 3) % half] for place in frames
    ]
    texts = {
        "posefix_human_6157": {place: [f"Your {LIMBS[place % 4]} must be {MOVES[place % 5]}"] for place in frames},
        "posefix_paraphrases_4284": {place: [f"Have the {LIMBS[place % 4]} {MOVES[place % 5]}"] for place in frames},
        "posefix_auto_135305": {
            place: [f"Move the {LIMBS[place % 4]} {turn}" for turn in range(3)] for place in frames
        },
    }
    lists = {
        f"{split}_{kind}": [place for place in ids if (place % 2 == 0) == (kind == "in")]
        for split, ids in splits.items()
        for kind in ("in", "out")
    }
    names = {f"{part}_sequence_pair_ids": ids for part, ids in lists.items()}
    release = releases.posefix(folder / "posefix", pairs, frames, **names, **texts)
    prepare(open_source("posefix", {"folder": release, "amass": amass}), folder / "pairs")
    return folder / "pairs"


def small_distilbert(folder: Path) -> Path:
    """A DistilBERT as Hugging Face writes it, with first weights, one layer and 60 word pieces."""
    folder.mkdir(parents=True)
    words = sorted(
        {word for limb in (*LIMBS, *MOVES) for word in limb.split()}
        | {"the", "is", "a", "little", "by", "rule", ".", "0", "1", "2"}
    )
    side = ["leftward", "rightward", "counterclockwise"]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *side]
    pieces += [f"[unused{place}]" for place in range(SIZES.vocabulary - len(pieces))]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n")
    config = {
        "model_type": "distilbert",
        "vocab_size": SIZES.vocabulary,
        "dim": SIZES.width,
        "n_layers": SIZES.layers,
        "n_heads": SIZES.heads,
        "hidden_dim": SIZES.feed_forward,
        "max_position_embeddings": SIZES.positions,
        "dropout": 0.1,
    }
    (folder / "config.json").write_text(json.dumps(config))
    torch.manual_seed(3)
    save_file(Bert(SIZES).state_dict(), folder / "model.safetensors")
    return folder


def tiny(task: str, table: Path, *more: tuple[str, str]):
    """Task and recipe of ``published-tiny`` on a table."""
    return open_recipe(f"{task}/published-tiny", [("data.table", str(table)), *QUIET, *more])

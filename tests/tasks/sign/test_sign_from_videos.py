"""HamNoSys and videos -> keypoints -> a model that signs: the recipe of docs/sign.md, on rendered videos."""

import json
from itertools import islice

import numpy as np
import pytest

from poseloom.formats.pose_file import read_pose_file
from poseloom.signer import sign_clip
from poseloom.signer.pictures import animate_signing
from poseloom.signer.style import SigningStyle
from poseloom.tasks.sign.composed.strings import composed_strings
from poseloom.tasks.sign.sources import is_held_out

_TRAINED, _FEW = 3, ("--stages.sign.steps", 4, "--data.batches", 4, "--data.quick", 1, "--engine.loggers", "[]")


@pytest.mark.slow
def test_hamnosys_and_videos_become_a_model(command, tmp_path):
    pytest.importorskip("imageio_ffmpeg")
    strings = [text for text in islice(composed_strings(5), 60) if len(text) < 16]
    held = next(text for text in strings if is_held_out(text))
    texts = [held, *[text for text in strings if not is_held_out(text)][:_TRAINED]]
    poses, index = tmp_path / "poses", tmp_path / "texts.json"
    poses.mkdir()
    for number, text in enumerate(texts):
        video = tmp_path / f"{number}.mp4"
        animate_signing(sign_clip(text, style=SigningStyle(speed=3)), video, 320, azimuth=0)
        assert command("keypoints", video, "--out", poses / f"{number}.pose", "--quiet")[0] == 0
        found = read_pose_file(poses / f"{number}.pose")
        wrists = [found.point("POSE_LANDMARKS", f"{side}_WRIST") for side in ("LEFT", "RIGHT")]
        assert np.mean(found.missing[:, 0, wrists]) < 0.5
    index.write_text(json.dumps({str(number): {"hamnosys": text} for number, text in enumerate(texts)}))
    data = ("--data.index", index, "--data.poses", poses)
    start = ("--start.model", "sign")
    status, out, err = command("train", "sign/default", *data, *start, *_FEW, "--out", tmp_path / "run")
    assert status == 0, err
    model = tmp_path / "run" / "model.safetensors"
    assert str(model) in out + err
    assert command("sign", texts[1], "--learned", model, "--out", tmp_path / "signed.pose")[0] == 0
    signed = read_pose_file(tmp_path / "signed.pose")
    assert len(signed) > 1 and not signed.missing.all()

"""``poseloom describe FILE``: what the pose is, in words."""

from __future__ import annotations

import argparse
import json

from poseloom.cli import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.add_input(parser)
    options.add_frames(parser, default="one frame a second")
    options.add_seed(parser)
    options.add_wording(
        parser,
        styles="paragraph, short, list or coach, which speaks to the reader (default: paragraph)",
        versions="captions in the manner of PoseScript: complete, A to F, N2, ...",
    )
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> None:
    from poseloom import api

    clip = options.read_motion(arguments, arguments.file)
    frames = options.chosen_frames(arguments.file, clip, arguments.frame, arguments.every, options.one_a_second(clip))
    texts = api.describe(api.select(clip, frames), arguments.seed, style=arguments.style, version=arguments.version)
    rows = [
        {"frame": frame, "seconds": round(frame / clip.fps, 3), "text": text}
        for frame, text in zip(frames, texts, strict=True)
    ]
    if arguments.json:
        print(json.dumps(rows, indent=1))
        return
    for row in rows:
        head = f"frame {row['frame']} ({row['seconds']:.2f} s): " if len(clip) > 1 else ""
        print(f"{head}{row['text']}")

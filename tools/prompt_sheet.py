"""Draw four poses for each of 24 prompts, with the facts that hold, and write docs/prompts.md between its two marks.

python tools/prompt_sheet.py [--model NAME_OR_PATH] [--seed N] [--out docs]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import poseloom
from poseloom.render import SheetLayout, contact_sheet, render
from poseloom.results import Facts

BEGIN, END = "<!-- prompts: begin -->", "<!-- prompts: end -->"
EACH, ROWS, SIZE, QUALITY = 4, 4, 200, 72
PROMPTS = (
    "a person kneeling on the left knee with both arms raised",
    "sitting cross-legged on the floor",
    "lying on the back with the right knee bent",
    "standing on the left leg with the right knee raised",
    "lunging forward with the right leg",
    "squatting with both arms stretched forward",
    "standing with both hands on the hips",
    "bending forward and touching the floor with both hands",
    "a T-pose: standing with both arms out to the sides",
    "waving with the right hand",
    "standing with the arms crossed in front of the chest",
    "kneeling upright on both knees, arms down",
    "on all fours",
    "standing and looking over the left shoulder",
    "crouching with both hands on the knees",
    "walking, left leg forward, right arm forward",
    "sitting on a chair with both hands on the knees",
    "lying face down with both arms stretched out",
    "leaning to the right with the left arm above the head",
    "both arms raised straight up, legs spread wide",
    "pointing forward with the right arm",
    "the left hand touches the head, the right arm hangs down",
    "kneeling on the right knee with the left hand on the left knee",
    "bowing with both arms behind the back",
)


def told(facts: Facts) -> list[str]:
    """For each pose how many of the prompt's facts hold."""
    counts = zip(facts.true.tolist(), facts.read.tolist(), strict=True)
    return [f"{true} of {read} facts" if read else "nothing to check" for true, read in counts]


def page(prompts: tuple[str, ...], model: str, seed: int):
    """One picture: a row of poses for each prompt."""
    generator = poseloom.load_model(model, "generation")
    pictures, texts, labels = [], [], []
    for prompt in prompts:
        made = generator.generate(prompt, n=EACH, seed=seed, verify=True)
        pictures += list(render(made.poses, SIZE))
        labels += told(made.facts)
        texts += [prompt, *[" "] * (EACH - 1)]  # texts are wrapped, labels are not
    layout = SheetLayout(columns=EACH, gap=8, padding=6, text_size=13, label_size=11)
    return contact_sheet(pictures, texts, labels=labels, layout=layout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="generation", help="name or path")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of prompts.md and images/")
    arguments = parser.parse_args()
    (arguments.out / "images").mkdir(parents=True, exist_ok=True)
    rows: list[str] = []
    for number, first in enumerate(range(0, len(PROMPTS), ROWS), start=1):
        prompts = PROMPTS[first : first + ROWS]
        picture = arguments.out / "images" / f"generated_{number}.webp"
        page(prompts, arguments.model, arguments.seed).save(picture, quality=QUALITY, method=6)
        print(f"{picture}: {picture.stat().st_size} bytes")
        rows += [f"![{'; '.join(prompts)}](images/{picture.name})", ""]
    write(arguments.out / "prompts.md", rows)


def write(path: Path, rows: list[str]) -> None:
    """The rows between the marks of the page; a page that is not there begins with them."""
    text = path.read_text(encoding="utf-8") if path.exists() else f"# Prompts\n\n{BEGIN}\n{END}\n"
    before, _, rest = text.partition(BEGIN)
    path.write_text(before + BEGIN + "\n\n" + "\n".join(rows) + END + rest.partition(END)[2], encoding="utf-8")


if __name__ == "__main__":
    main()

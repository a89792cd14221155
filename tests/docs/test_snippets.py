"""What README and docs print can be typed as it stands."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import made_files
import pytest
from snippets import PAGES, ROOT, Snippet, run, snippets

SAMPLES = ("walk.bvh",)
"""What every page may name: each is written into the folder that a page's blocks share."""
SLOW = {"docs/pictures.md"}
"""Pages that draw whole clips in full size."""
NOT_RUN = {
    "README.md": 1,
    "docs/body.md": 2,
    "docs/data.md": 6,
    "docs/image-data.md": 1,
    "docs/keypoints.md": 2,
    "docs/mesh-recovery.md": 3,
    "docs/models.md": 1,
    "docs/one-space.md": 1,
    "docs/photos.md": 1,
    "docs/service.md": 2,
    "docs/sign.md": 1,
    "docs/training.md": 2,
    "docs/studio.md": 1,
    "docs/transfer.md": 3,
}
"""Blocks that are not run, by page: they install, need other people's data, or hours. New ones belong here, with a
reason in the page."""


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _with_snippets():
    for page in PAGES:
        if any(not snippet.not_run for snippet in snippets(page)):
            marks = [pytest.mark.slow] if _name(page) in SLOW else []
            yield pytest.param(page, id=_name(page), marks=marks)


@pytest.fixture
def names(monkeypatch):
    """The names of a module that can be found: data classes look up their types there. Preparations come along."""
    module = ModuleType("snippets_of_a_page")
    vars(module).update({name: value for name, value in vars(made_files).items() if callable(value)})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return vars(module)


@pytest.mark.parametrize("page", list(_with_snippets()))
def test_what_a_page_prints_runs(page, command, names, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for sample in SAMPLES:
        if f"poseloom sample {sample}" not in page.read_text(encoding="utf-8"):
            assert command("sample", sample)[0] == 0
    for snippet in snippets(page):
        if not snippet.not_run:
            run(snippet, command, names)


def test_what_is_not_run_is_counted_and_has_a_reason():
    not_run = [snippet for page in PAGES for snippet in snippets(page) if snippet.not_run]
    counts = {_name(page): sum(snippet.page == page for snippet in not_run) for page in PAGES}
    assert {page: count for page, count in counts.items() if count} == NOT_RUN
    assert all(len(snippet.not_run.split()) > 1 for snippet in not_run)


def test_the_readme_is_run_but_for_the_installation():
    reasons = [snippet.not_run for snippet in snippets(ROOT / "README.md")]
    assert len(reasons) >= 5 and [reason for reason in reasons if reason] == ["installs packages"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("poseloom describe no_such_file.bvh", "does not exist"),
        ("$ poseloom describe no_such_file.bvh\npoorly", "printed"),
        ("make tea", "no 'tea'"),
        ("poseloom doctor\ncurl somewhere", "not a command"),
    ],
)
def test_a_wrong_line_is_found(text, told, command):
    with pytest.raises(AssertionError, match=told):
        run(Snippet(ROOT / "README.md", 1, "", text), command, {})


def test_output_that_is_printed_under_a_command_is_compared(command, names):
    text = "$ poseloom describe no_such_file.bvh\nposeloom: no_such_file.bvh:\ndoes not exist"
    run(Snippet(ROOT / "README.md", 1, "", text), command, names)


def test_a_comment_belongs_to_a_block(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- not run: no reason -->\n\n```\nposeloom doctor\n```\n")
    with pytest.raises(ValueError, match="no block"):
        snippets(page)

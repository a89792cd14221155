"""Each folder of tests is run with types and shapes checked, or has a reason why not."""

from pathlib import Path

from shape_checks import NOT_CHECKED, ROOMS


def test_every_folder_of_tests_is_checked_or_has_its_reason():
    folders = {path.name for path in Path(__file__).parent.iterdir() if path.is_dir() and not path.name.startswith("_")}
    assert folders == {*ROOMS, *NOT_CHECKED} and not {*ROOMS} & {*NOT_CHECKED}

"""Missing packages get the line that installs them."""

import pytest

from poseloom.base.extras import EXTRAS, MissingPackageError, missing_package
from poseloom.base.lazy import names_of
from poseloom.cli import main as cli


def absent(name):
    return ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.mark.parametrize(
    ("extra", "module"), [(extra, module) for extra, modules in EXTRAS.items() for module in modules]
)
def test_every_module_of_an_extra_names_it(extra, module):
    assert f"pip install 'poseloom[{extra}]'" in str(missing_package(absent(f"{module}.inner")))


def test_other_modules_are_faults():
    assert missing_package(absent("poseloom.nothing")) is None
    assert missing_package(ModuleNotFoundError("none")) is None


def test_public_names_and_commands_say_it(monkeypatch, command):
    def fail(name):
        raise absent("lightning")

    monkeypatch.setattr("poseloom.base.lazy.import_module", fail)
    with pytest.raises(MissingPackageError, match=r"poseloom\[train\]"):
        names_of("poseloom.training", {"fit": "fitting"})("fit")

    monkeypatch.setattr(
        cli, "import_module", lambda name: fail(name) if name.endswith("describe") else __import__("types")
    )
    status, _, err = command("describe", "walk.bvh")
    assert (status, err.count("\n")) == (2, 1) and "pip install 'poseloom[train]'" in err

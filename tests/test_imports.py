"""What `import poseloom` and `poseloom --help` may load: nothing that is slow. And no module imports itself."""

import ast
import json
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (SOURCE / "poseloom").rglob("*.py")
}

SLOW = {"torch", "roma", "numpy", "PIL", "safetensors", "lightning", "trimesh", "jaxtyping"}


def loaded_by(code: str) -> set[str]:
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(result.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import poseloom",
        "import poseloom; dir(poseloom)",
        "from poseloom.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass",
        "from poseloom.cli.main import main\ntry: main(['describe', '--help'])\nexcept SystemExit: pass",
        "from poseloom.formats import registry; registry.formats()",
    ],
)
def test_start_up_loads_nothing_slow(code):
    assert not loaded_by(code) & SLOW


def test_public_names_come_when_they_are_used():
    import poseloom

    assert all(getattr(poseloom, name) is not None for name in poseloom.__all__)
    with pytest.raises(AttributeError, match="no attribute 'descrbe'"):
        _ = poseloom.descrbe


def imported_by(module):
    """Modules of ours that a module names in an import, also within functions and for type checkers alone."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            whole = {f"{node.module}.{name.name}" for name in node.names}
            found |= {one if one in MODULES else node.module for one in whole}
    return (found & MODULES.keys()) - {module}


def circle(graph):
    """A circle in it, or nothing."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_a_circle_is_found():
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}
    assert not circle({"a": {"b", "c"}, "b": {"c"}})


def test_no_module_imports_itself_by_way_of_others():
    # a package's own file names its modules for lazy loading
    graph = {name: imported_by(name) for name in MODULES if MODULES[name].name != "__init__.py"}
    assert circle(graph) == []

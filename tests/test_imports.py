"""What `import poseloom` and `poseloom --help` may load: nothing that is slow."""

import json
import subprocess
import sys

import pytest

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

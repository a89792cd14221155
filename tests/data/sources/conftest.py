import pytest
import releases


@pytest.fixture(scope="session")
def amass(tmp_path_factory):
    """Folder of a tiny AMASS, SMPL+H. Do not change it."""
    return releases.amass(tmp_path_factory.mktemp("amass"))


@pytest.fixture(scope="session")
def amass_x(tmp_path_factory):
    """The same motions' names as SMPL-X. Do not change it."""
    return releases.amass(tmp_path_factory.mktemp("amass-x"), smplx=True)

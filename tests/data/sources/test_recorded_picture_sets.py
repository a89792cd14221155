"""Sets that come as MATLAB, HDF5 and CDF files: LSP, MPII's train.h5, Human3.6M, MPI-INF-3DHP."""

from contextlib import nullcontext

import numpy as np
import picture_releases as releases
import pytest
import torch
from scipy.io import savemat

from poseloom.base.errors import PoseloomError
from poseloom.base.extras import MissingPackageError
from poseloom.data import Table, open_source, prepare
from poseloom.data.sources import h36m as h36m_source
from poseloom.data.sources import mpi_inf_3dhp as mpi_source
from poseloom.data.sources import mpii as mpii_source
from poseloom.data.sources.smpl_people import camera_pose
from poseloom.formats import foreign_arrays
from poseloom.pose.rotations import rotvec_to_rotmat


def made(tmp_path, name, folder, **options):
    part = prepare(open_source(name, {"folder": folder, **options}), tmp_path / "table")
    return Table.open(tmp_path / "table"), [problem for shard in part.shards for problem in shard.problems]


def lsp_joints(people):
    """(people, 14, 3); the third number says hidden."""
    points = np.tile(releases.LSP_POINTS, (people, 1, 1)) + np.arange(people)[:, None, None]
    return np.concatenate([points, np.zeros((people, 14, 1))], -1)


@pytest.mark.parametrize(
    ("name", "axes", "pictures", "splits"),
    [
        ("lsp", (2, 1, 0), "images/im{:04d}.jpg", ["train", "train", "test", "test"]),
        ("lspet", (1, 2, 0), "im{:05d}.png", ["train"] * 4),
    ],
)
def test_leeds_sports_pose_in_both_orders_of_axes(tmp_path, name, axes, pictures, splits):
    joints = lsp_joints(4)
    savemat(tmp_path / "joints.mat", {"joints": joints.transpose(axes)})
    for number in (1, 2, 4):
        releases.picture(tmp_path / pictures.format(number))
    table, problems = made(tmp_path, name, tmp_path)
    assert [row.split for row in table] == [splits[place] for place in (0, 1, 3)]
    assert problems == [f"1 people are left out: their picture is missing, such as {pictures.format(3)}"]
    points = table.keypoints("lsp")
    np.testing.assert_allclose(points[2, :, :2], joints[3, :, :2])
    assert (points[..., 2] == 1).all()
    low, high = releases.LSP_POINTS.min(0), releases.LSP_POINTS.max(0)
    middle, extent = (low + high) / 2, 1.2 * (high - low)
    assert table.row(0).images[0].box == pytest.approx((*(middle - extent / 2), *extent))
    assert (table.row(0).images[0].width, table.row(0).images[0].height) == (100, 120)


def test_a_joints_file_of_another_shape_is_told(tmp_path):
    savemat(tmp_path / "joints.mat", {"joints": np.zeros((2, 13, 5))})
    with pytest.raises(PoseloomError, match=r"joints: has shape \(2, 13, 5\)"):
        made(tmp_path, "lsp", tmp_path)
    (tmp_path / "joints.mat").write_bytes(b"no matlab at all" * 20)
    with pytest.raises(PoseloomError, match="is no MATLAB file"):
        made(tmp_path / "again", "lsp", tmp_path)


def test_a_package_that_is_not_there_is_named(tmp_path, monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr(foreign_arrays, "import_module", absent)
    (tmp_path / "a.cdf").write_bytes(b"x")
    with pytest.raises(MissingPackageError, match=r"the package cdflib, .* pip install 'poseloom\[datasets\]'"):
        foreign_arrays.cdf_array(tmp_path / "a.cdf", "Pose")


@pytest.fixture(params=["packages", "stand-ins"])
def scientific(request, monkeypatch):
    """Writers of HDF5 and CDF files: real ones where the packages are there; else npz files, and readers of those."""
    if request.param == "packages":
        pytest.importorskip("h5py")
        pytest.importorskip("cdflib")
        return write_hdf5, write_cdf

    def read(path, *names):
        return {name: np.load(path)[name] for name in names}

    for module in (h36m_source, mpii_source, mpi_source):
        for name, reader in (("hdf5_arrays", read), ("cdf_array", lambda path, name: read(path, name)[name])):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, reader)
    monkeypatch.setattr(h36m_source, "hdf5_file", lambda path: nullcontext(StoredMasks(np.load(path)["masks"])))
    return write_npz, lambda path, values: write_npz(path, Pose=values[None])


class StoredMasks(dict):
    """What h5py gives of MATLAB's masks: references, and what they lead to."""

    def __init__(self, masks):
        super().__init__({"Masks": np.arange(len(masks))[:, None], **dict(enumerate(masks))})


def write_npz(path, **arrays):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        np.savez(stream, **arrays)


def write_hdf5(path, masks=None, **arrays):
    import h5py

    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values
        if masks is not None:
            references = file.create_dataset("Masks", (len(masks), 1), dtype=h5py.ref_dtype)
            for place, mask in enumerate(masks):
                file[f"m/{place}"] = mask
                references[place, 0] = file[f"m/{place}"].ref


def write_cdf(path, values):
    from cdflib.cdfwrite import CDF

    path.parent.mkdir(parents=True, exist_ok=True)
    spec = {
        "Variable": "Pose", "Data_Type": 45, "Num_Elements": 1, "Rec_Vary": True, "Dim_Sizes": list(values.shape),
        "Var_Type": "zVariable", "Sparse": "no_sparse",
    }  # fmt: skip
    with CDF(str(path), cdf_spec={"Majority": "row_major", "Encoding": 6}) as file:
        file.write_var(spec, var_attrs={}, var_data=values[None])


def test_mpii_as_stacked_hourglass_has_it(tmp_path, scientific):
    part = np.tile(np.arange(1.0, 33).reshape(16, 2), (3, 1, 1))
    part[1, 4] = -1
    names = np.array([b"1.jpg", b"2.jpg", b"3.jpg"])
    write, _ = scientific
    write(tmp_path / "train.h5", imgname=names, center=np.full((3, 2), 300.0), scale=np.full(3, 0.5), part=part)
    for number in (1, 2, 3):
        releases.picture(tmp_path / f"images/{number}.jpg")
    table, problems = made(tmp_path, "mpii", tmp_path)
    assert [row.images[0].path for row in table] == ["images/1.jpg", "images/3.jpg"]
    assert table.row(0).images[0].box == (250, 250, 100, 100) and problems == [
        "1 people lack joints that are asked for"
    ]


def training(count, seed):
    """annot2 and annot3 of 14 cameras: all joints inside but in the last frame."""
    rng = np.random.default_rng(seed)
    flat, deep = (np.empty((14, 1), dtype=object) for _ in range(2))
    for camera in range(14):
        points = rng.uniform(10, 2000, (count, 56))
        points[-1, 7] = 2100
        flat[camera, 0], deep[camera, 0] = points, rng.normal(0, 500, (count, 84))
    return flat, deep


def test_one_count_of_mpi_inf_3dhp_runs_through_all_files(tmp_path):
    files = []
    for seed, name in enumerate(("S1/Seq1", "S1/Seq2")):
        (tmp_path / name).mkdir(parents=True)
        files.append(training(7 - seed, seed))
        savemat(tmp_path / name / "annot.mat", dict(zip(("annot2", "annot3"), files[-1], strict=True)))
    table, problems = made(tmp_path, "mpi-inf-3dhp", tmp_path)
    cameras = (0, 1, 2, 4, 5, 6, 7, 8)
    inside = {"S1/Seq1": 6, "S1/Seq2": 5}
    every = [(name, camera, frame) for name, count in inside.items() for camera in cameras for frame in range(count)]
    expected = [f"{name}/video_{camera}/{frame + 1:06d}.jpg" for name, camera, frame in every[1::10]]
    assert [row.images[0].path for row in table] == expected and len(problems) == 2
    frame, camera = 1, 0
    points = table.keypoints("mpi_inf_3dhp", [0])[0]
    np.testing.assert_allclose(points[:, :2].ravel(), files[0][0][camera, 0][frame], rtol=1e-5)
    deep = files[0][1][camera, 0][frame].reshape(28, 3)
    found = table.keypoints("mpi_inf_3dhp", [0], dimensions=3)[0, :, :3]
    np.testing.assert_allclose(found, (deep - deep[4]) / 1000, atol=1e-5)


def test_the_test_set_of_mpi_inf_3dhp(tmp_path, scientific):
    flat, deep = np.full((3, 1, 17, 2), 100.0), np.arange(3 * 17 * 3, dtype=float).reshape(3, 1, 17, 3)
    write, _ = scientific
    path = tmp_path / "mpi_inf_3dhp_test_set/TS5/annot_data.mat"
    write(path, annot2=flat, univ_annot3=deep, valid_frame=np.array([[1.0], [0], [1]]))
    table, _ = made(tmp_path, "mpi-inf-3dhp", tmp_path)
    paths = [row.images[0].path for row in table]
    assert paths == [f"mpi_inf_3dhp_test_set/TS5/imageSequence/img_{number:06d}.jpg" for number in (1, 3)]
    assert table.row(0).images[0].width == 1920 and table.row(0).split == "test"
    points = table.keypoints("mpi_inf_3dhp_test", dimensions=3)
    assert (points[:, 14, :3] == 0).all() and points[0, 0, 0] == pytest.approx(-0.042)


def h36m(folder, scientific):
    write, write_cdf = scientific
    rng = np.random.default_rng(0)
    flat, deep = rng.uniform(100, 900, (11, 64)), rng.normal(0, 400, (11, 96))
    name = "Directions 1.55011271"
    for action in (name, "_ALL 1.55011271"):
        write_cdf(folder / f"S1/MyPoseFeatures/D2_Positions/{action}.cdf", flat)
        write_cdf(folder / f"S1/MyPoseFeatures/D3_Positions_mono/{action}.cdf", deep)
    masks = np.zeros((11, 1000, 1000), np.uint8)  # as MATLAB stores them: columns first
    for frame in range(11):
        masks[frame, 200:301, 100 + frame : 500] = 1
    write(folder / f"S1/MySegmentsMat/ground_truth_bs/{name}.mat", masks=masks)
    numbers = np.arange(264 + 36, dtype=float)
    (folder / "metadata.xml").write_text(f"<x><w0>[{' '.join(map(str, numbers))}]</w0></x>")
    fits = {"new_poses": rng.normal(0, 0.4, (3, 72)), "betas": np.arange(10.0)}
    releases.pickled(folder / "mosh/S1/Directions 1_cam1_aligned.pkl", fits)
    return flat, deep, fits


def test_every_fifth_frame_of_human36m(tmp_path, scientific):
    flat, deep, fits = h36m(tmp_path / "h36m", scientific)
    table, problems = made(tmp_path, "h36m", tmp_path / "h36m")
    assert [row.origin.frame for row in table] == [0, 5, 10] and table.row(0).split == "train"
    image = table.row(1).images[0]
    assert image.path == "images/S1/S1_Directions_1.55011271/S1_Directions_1.55011271_000006.jpg"
    assert (image.width, image.height) == (1000, 1000)
    width, height = 0.9 * 101, 0.9 * 395  # columns 200 to 300, rows 105 to 499
    assert image.box == pytest.approx((250.5 - width / 2, 302.5 - height / 2, width, height))
    kept = [11, 6, 7, 8, 1, 2, 3, 12, 24, 14, 15, 17, 18, 19, 25, 26, 27]
    np.testing.assert_allclose(table.keypoints("h36m")[1, :, :2], flat[5].reshape(32, 2)[kept], rtol=1e-5)
    metres = (deep[5].reshape(32, 3) - deep[5].reshape(32, 3)[0])[kept] / 1000
    np.testing.assert_allclose(table.keypoints("h36m", dimensions=3)[1, :, :3], metres, atol=1e-5)
    assert table.row(0).camera.focal == (273, 274) and table.row(0).camera.centre == (275, 276)
    root = (
        rotvec_to_rotmat(torch.from_numpy(fits["new_poses"][1, :3])) @ torch.diag(torch.tensor([1.0, -1, -1])).double()
    )
    found = rotvec_to_rotmat(torch.from_numpy(camera_pose(table.poses()))[1, :3].double())
    torch.testing.assert_close(found, root, atol=1e-5, rtol=0)
    assert problems == ["3 rows are made without their pictures, whose folder is not there, such as "
                        "images/S1/S1_Directions_1.55011271/S1_Directions_1.55011271_000001.jpg"]  # fmt: skip


def test_human36m_without_masks_takes_the_boxes_of_joints(tmp_path, scientific):
    flat, _, _ = h36m(tmp_path / "h36m", scientific)
    for path in (tmp_path / "h36m/S1/MySegmentsMat/ground_truth_bs").iterdir():
        path.unlink()
    table, problems = made(tmp_path, "h36m", tmp_path / "h36m", every=10)
    assert len(table) == 2 and "no masks" in problems[0]
    kept = flat[0].reshape(32, 2)[[11, 6, 7, 8, 1, 2, 3, 12, 24, 14, 15, 17, 18, 19, 25, 26, 27]]
    assert table.row(0).images[0].box[2] == pytest.approx(1.2 * np.ptp(kept[:, 0]), rel=1e-4)

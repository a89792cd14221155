import struct
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseloom.base.errors import FileError, PoseloomError
from poseloom.formats.pose_file import (
    Component,
    PoseSequence,
    fill_gaps,
    first_seen,
    focus,
    hands_only,
    hide_legs,
    holistic_75,
    holistic_178,
    layout_of,
    normalise,
    normalise_hand,
    read_pose_file,
    resample,
    trim_unseen,
    write_pose_file,
)

FILES = {  # from the README beside the files: version, frames, points, dimensions, fps, size, share of points seen
    "openpose.pose": ("0.0", 93, 137, 2, 24, (1000, 1000, 0), 0.83),
    "openpose_example_v01.pose": ("0.1", 66, 137, 2, 24, (1000, 1000, 0), 0.69),
    "mediapipe.pose": ("0.1", 170, 178, 3, 24, (1250, 1250, 640), 0.86),
    "mediapipe_hand_normalized.pose": ("0.1", 170, 21, 3, 24, (223, 229, 1), 0.85),
    "holistic_576_97frames.pose": ("0.2", 97, 576, 3, 25, (320, 240, 0), 0.96),
    "holistic_576_30fps_a.pose": ("0.2", 121, 576, 3, 29.89, (3264, 1836, 0), 0.96),
    "holistic_576_30fps_b.pose": ("0.2", 91, 576, 3, 30.01, (2688, 1512, 0), 0.96),
    "holistic_586_18frames.pose": ("0.2", 18, 586, 3, 25, (640, 360, 640), 1.0),
    "holistic_586_5frames.pose": ("0.2", 5, 586, 3, 25, (640, 360, 640), 1.0),
}
BODY = Component("POSE_LANDMARKS", ("RIGHT_SHOULDER", "LEFT_SHOULDER", "LEFT_KNEE"), ((0, 1), (1, 2)), ((255, 0, 9),))
FLAT = Component("pose_keypoints_2d", ("RShoulder", "LShoulder", "RHip"), ((0, 1),), format="XYC")


def sequence(frames=5, people=1, components=(BODY,), seed=0, fps=25.0, missing=0.2):
    generator = np.random.default_rng(seed)
    points = sum(len(component.points) for component in components)
    dimensions = max(component.dimensions for component in components)
    values = generator.normal(100, 20, (frames, people, points, dimensions)).astype(np.float32)
    confidence = generator.uniform(0.1, 1, (frames, people, points)).astype(np.float32)
    confidence[generator.random(confidence.shape) < missing] = 0
    return PoseSequence(components, values, confidence, fps, 640, 480, 320)


def assert_equal(a, b):
    assert np.array_equal(a.values, b.values) and np.array_equal(a.confidence, b.confidence)
    assert (a.components, a.width, a.height, a.depth) == (b.components, b.width, b.height, b.depth)
    assert a.fps == pytest.approx(b.fps)


# -- real files -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_real_files_are_what_their_readme_says_and_are_written_again(name, shared_data, tmp_path):
    path = shared_data("pose-files") / name
    version, frames, points, dimensions, fps, size, seen = FILES[name]
    found = read_pose_file(path)
    assert found.values.shape == (frames, 1, points, dimensions)
    assert found.fps == pytest.approx(fps, abs=0.01) and (found.width, found.height, found.depth) == size
    assert 1 - found.missing.mean() == pytest.approx(seen, abs=0.005)
    for target in ("0.2", version):
        write_pose_file(found, tmp_path / "again.pose", target)
        assert_equal(read_pose_file(tmp_path / "again.pose"), found)
    if name != "mediapipe_hand_normalized.pose":  # holds NaN where nothing was seen
        assert (tmp_path / "again.pose").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_reads_what_the_published_library_reads(name, shared_data):
    library = pytest.importorskip("pose_format")
    path = shared_data("pose-files") / name
    other = library.Pose.read(path.read_bytes())
    found = read_pose_file(path)
    assert np.array_equal(other.body.data.mask[..., 0], found.missing)
    assert np.allclose(other.body.data.filled(0), np.where(found.missing[..., None], 0, found.values))
    assert np.array_equal(other.body.confidence, found.confidence)


def test_the_published_hand_normalisation(shared_data):
    folder = shared_data("pose-files")
    found = focus(normalise_hand(read_pose_file(folder / "mediapipe.pose"), "RIGHT_HAND_LANDMARKS"))
    expected = read_pose_file(folder / "mediapipe_hand_normalized.pose")
    assert np.array_equal(found.missing, expected.missing)
    assert np.allclose(found.values[~found.missing], expected.values[~found.missing], atol=1e-4)
    assert (found.width, found.height, found.depth) == (expected.width, expected.height, expected.depth)


def test_usual_selections(shared_data):
    whole = read_pose_file(shared_data("pose-files") / "holistic_576_97frames.pose")
    assert holistic_75(whole).values.shape[2] == 75 and hands_only(whole).values.shape[2] == 42
    reduced = holistic_178(whole)
    other = read_pose_file(shared_data("pose-files") / "mediapipe.pose")
    assert [(c.name, c.points) for c in reduced.components] == [(c.name, c.points) for c in other.components]
    for component in reduced.components:
        for limb in component.limbs:
            assert max(limb) < len(component.points)
    wrist = reduced.point("POSE_LANDMARKS", "LEFT_WRIST")
    assert np.array_equal(reduced.values[:, :, wrist], whole.values[:, :, 15])


def test_real_clips_are_prepared(shared_data):
    for name in ("openpose.pose", "mediapipe.pose"):
        found = normalise(read_pose_file(shared_data("pose-files") / name))
        component, right, left = layout_of(found).shoulders
        a, b = (found.values[:, 0, found.point(component, side)] for side in (right, left))
        assert np.linalg.norm(a - b, axis=-1).mean() == pytest.approx(1, abs=1e-3)
        assert np.abs((a + b).mean(0)).max() < 1e-4
        assert focus(found).values[~found.missing].min(0) == pytest.approx(0, abs=1e-5)


# -- writing and reading --------------------------------------------------------------------------------------


@given(
    st.integers(0, 6),
    st.integers(1, 3),
    st.sampled_from([(BODY,), (FLAT,), (BODY, FLAT), (FLAT, replace(BODY, name="ä", limbs=(), colors=()))]),
    st.floats(0.5, 1000),
    st.integers(0, 99),
)
def test_what_is_written_is_read(tmp_path_factory, frames, people, components, fps, seed):
    written = sequence(frames, people, components, seed, fps)
    path = tmp_path_factory.getbasetemp() / "a.pose"
    write_pose_file(written, path)
    assert_equal(read_pose_file(path), written)


@pytest.mark.parametrize("version", ["0.0", "0.1"])
def test_older_versions_are_written(version, tmp_path):
    written = sequence(components=(FLAT,))
    written = replace(written, confidence=np.where(np.arange(5)[:, None, None] == 2, 0, written.confidence))
    if version == "0.0":  # a frame without anybody holds no numbers
        written = replace(written, values=np.where(np.arange(5)[:, None, None, None] == 2, 0, written.values))
    write_pose_file(written, tmp_path / "a.pose", version)
    assert_equal(read_pose_file(tmp_path / "a.pose"), written)


def test_the_first_person_of_the_first_version_is_read(tmp_path):
    write_pose_file(sequence(1, components=(FLAT,), missing=0), tmp_path / "a.pose", "0.0")
    data = (tmp_path / "a.pose").read_bytes()
    person = data[-(2 + 9 * 4) :]
    (tmp_path / "b.pose").write_bytes(data[: -len(person) - 2] + struct.pack("<H", 2) + person + bytes(len(person)))
    assert_equal(read_pose_file(tmp_path / "b.pose"), read_pose_file(tmp_path / "a.pose"))


def test_a_count_that_overflowed_in_version_01_is_told_by_the_bytes(tmp_path):
    single = Component("hand_left_keypoints_2d", ("BASE",), format="XYC")
    frames = 65_536 + 3
    long = PoseSequence((single,), np.ones((frames, 1, 1, 2), np.float32), np.ones((frames, 1, 1), np.float32))
    write_pose_file(long[:3], tmp_path / "a.pose", "0.1")
    start = (tmp_path / "a.pose").read_bytes()[: -3 * 3 * 4]
    (tmp_path / "a.pose").write_bytes(start + long.values.tobytes() + long.confidence.tobytes())
    assert_equal(read_pose_file(tmp_path / "a.pose"), long)


# -- bad files ------------------------------------------------------------------------------------------------


def damaged(path, offset, layout, value):
    data = bytearray(path.read_bytes())
    struct.pack_into("<" + layout, data, offset, value)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("offset", "layout", "value", "message"),
    [
        (0, "f", 0.3, "version: is 0.3, expected 0.0, 0.1 or 0.2"),
        (0, "f", np.nan, "version: is nan"),
        (10, "H", 0, "components: 0 of them, expected 1 to 64"),
        (10, "H", 60_000, "components: 60000 of them"),
        (12, "H", 60_000, "the file ends early: 60,000 bytes expected at byte 14"),
    ],
)
def test_damaged_headers_are_refused_in_one_line(offset, layout, value, message, tmp_path):
    write_pose_file(sequence(), tmp_path / "a.pose")
    damaged(tmp_path / "a.pose", offset, layout, value)
    with pytest.raises(FileError, match=message) as told:
        read_pose_file(tmp_path / "a.pose")
    assert "\n" not in str(told.value)


def test_absurd_counts_are_refused_before_memory_is_taken(tmp_path):
    write_pose_file(sequence(1), tmp_path / "a.pose")
    size = (tmp_path / "a.pose").stat().st_size
    damaged(tmp_path / "a.pose", size - 48 - 6, "I", 4_000_000_000)
    with pytest.raises(FileError, match="4,000,000,000 of them, at most 10,000,000"):
        read_pose_file(tmp_path / "a.pose")
    damaged(tmp_path / "a.pose", size - 48 - 6, "I", 9_000_000)
    with pytest.raises(FileError, match=r"the file ends early: 324,000,000 bytes expected at byte \d+, 48 are left"):
        read_pose_file(tmp_path / "a.pose")
    damaged(tmp_path / "a.pose", size - 48 - 10, "f", 0)
    damaged(tmp_path / "a.pose", size - 48 - 6, "I", 1)
    with pytest.raises(FileError, match="fps: is 0"):
        read_pose_file(tmp_path / "a.pose")


def test_empty_frames_of_the_first_version_cannot_take_all_memory(tmp_path):
    many = Component("face_keypoints_2d", tuple(f"{index:x}" for index in range(9000)), format="XYC")
    nobody = PoseSequence((many,), np.zeros((1, 1, 9000, 2), np.float32), np.zeros((1, 1, 9000), np.float32))
    write_pose_file(nobody, tmp_path / "a.pose", "0.0")
    data = (tmp_path / "a.pose").read_bytes()[:-4]
    (tmp_path / "a.pose").write_bytes(data + struct.pack("<H", 60_000) + bytes(120_000))
    with pytest.raises(FileError, match="frames: 60,000 of 27,000 numbers, at most 134,217,728 are read"):
        read_pose_file(tmp_path / "a.pose")


def test_numbers_that_are_not_finite_are_refused_where_a_point_was_seen(tmp_path):
    write_pose_file(sequence(2, missing=0), tmp_path / "a.pose")
    size = (tmp_path / "a.pose").stat().st_size
    damaged(tmp_path / "a.pose", size - 4, "f", np.inf)
    with pytest.raises(FileError, match="confidence: hold NaN or infinity, first in frame 1"):
        read_pose_file(tmp_path / "a.pose")
    damaged(tmp_path / "a.pose", size - 4, "f", 0)
    damaged(tmp_path / "a.pose", size - 24 - 4, "f", np.nan)  # under the point that is now missing
    assert read_pose_file(tmp_path / "a.pose").values[1, 0, 2, 2] == 0


@pytest.mark.parametrize("version", ["0.0", "0.1", "0.2"])
def test_every_shortened_file_is_refused(version, tmp_path):
    write_pose_file(sequence(4, components=(FLAT,)), tmp_path / "a.pose", version)
    data = (tmp_path / "a.pose").read_bytes()
    for size in range(1, len(data)):
        (tmp_path / "b.pose").write_bytes(data[:size])
        with pytest.raises(FileError):
            read_pose_file(tmp_path / "b.pose")


@given(st.integers(0, 400), st.integers(0, 255), st.sampled_from(["0.0", "0.1", "0.2"]))
def test_a_changed_byte_is_read_or_refused(tmp_path_factory, place, byte, version):
    path = tmp_path_factory.getbasetemp() / "changed.pose"
    write_pose_file(sequence(4, components=(FLAT,)), path, version)
    data = bytearray(path.read_bytes())
    data[place % len(data)] = byte
    path.write_bytes(data)
    try:
        read_pose_file(path)
    except FileError as error:
        assert "\n" not in str(error)


def test_what_a_version_cannot_hold_is_told(tmp_path):
    with pytest.raises(PoseloomError, match="whole fps; write version"):
        write_pose_file(sequence(fps=29.97), tmp_path / "a.pose", "0.1")
    with pytest.raises(PoseloomError, match="one person, got 2"):
        write_pose_file(sequence(people=2), tmp_path / "a.pose", "0.0")
    with pytest.raises(PoseloomError, match=r"known: 0\.0, 0\.1, 0\.2"):
        write_pose_file(sequence(), tmp_path / "a.pose", "0.4")
    with pytest.raises(PoseloomError, match="width, height, depth"):
        write_pose_file(replace(sequence(), width=70_000), tmp_path / "a.pose")
    assert not list(tmp_path.iterdir())


# -- sequences ------------------------------------------------------------------------------------------------


def test_a_sequence_checks_what_it_is_given():
    good = sequence()
    with pytest.raises(PoseloomError, match="components name 3 points, values hold 2"):
        replace(good, values=good.values[:, :, :2], confidence=good.confidence[:, :, :2])
    with pytest.raises(PoseloomError, match="NaN or infinity"):
        replace(good, values=np.full_like(good.values, np.nan))
    with pytest.raises(PoseloomError, match="fps"):
        replace(good, fps=0)
    with pytest.raises(PoseloomError, match="no component 'POSE_LANDMARK'; did you mean 'POSE_LANDMARKS'"):
        good.select({"POSE_LANDMARK": None})
    with pytest.raises(PoseloomError, match="has no point 'KNEE'"):
        good.select({"POSE_LANDMARKS": ["KNEE"]})
    with pytest.raises(PoseloomError, match="neither MediaPipe Holistic's nor OpenPose's"):
        normalise(replace(good, components=(replace(BODY, name="mine"),)))


def test_selected_points_keep_their_limbs():
    found = sequence().select({"POSE_LANDMARKS": ["LEFT_KNEE", "LEFT_SHOULDER"]})
    assert found.components[0].limbs == ((1, 0),)
    assert np.array_equal(found.values, sequence().values[:, :, [2, 1]])


def test_legs_are_hidden_and_hips_where_asked():
    flat = hide_legs(sequence(components=(FLAT,), missing=0))
    assert flat.missing[:, :, 2].all() and (flat.values[:, :, 2] == 0).all() and not flat.missing[:, :, :2].any()
    assert not hide_legs(sequence(components=(FLAT,), missing=0), hips=False).missing.any()
    assert hide_legs(sequence(missing=0)).missing[:, :, 2].all()


def test_preparation_does_not_change_what_it_is_given():
    before = sequence()
    copy = replace(before, values=before.values.copy(), confidence=before.confidence.copy())
    for step in (normalise, focus, hide_legs, fill_gaps, first_seen):
        step(before)
    assert_equal(before, copy)


def test_unseen_ends_are_cut():
    face = Component("face_keypoints_2d", tuple(map(str, range(40))), format="XYC")
    body = Component("pose_keypoints_2d", ("LWrist", "RWrist"), format="XYC")
    confidence = np.zeros((5, 1, 42), np.float32)
    confidence[1:4] = 1
    confidence[1, 0, :2] = 0
    found = trim_unseen(PoseSequence((body, face), np.zeros((5, 1, 42, 2), np.float32), confidence))
    assert len(found) == 2
    assert len(first_seen(replace(sequence(), confidence=np.eye(5, 3, -3, np.float32)[:, None]))) == 2
    with pytest.raises(PoseloomError, match="no frame of the clip shows"):
        first_seen(sequence(missing=1.1))


def test_a_clip_without_shoulders_or_keypoints_is_told():
    with pytest.raises(PoseloomError, match="shoulders are never seen apart"):
        normalise(sequence(missing=1.1))
    with pytest.raises(PoseloomError, match="nothing to focus on"):
        focus(sequence(missing=1.1))


# -- other frame rates ----------------------------------------------------------------------------------------


def by_scipy(sequence_, frames):
    interpolate = pytest.importorskip("scipy.interpolate")
    times = np.linspace(0, len(sequence_) - 1, frames)
    values = np.zeros((frames, *sequence_.values.shape[1:]))
    for person, point in np.ndindex(*sequence_.confidence.shape[1:]):
        seen = np.flatnonzero(sequence_.confidence[:, person, point])
        if len(seen) < 2:
            continue
        kind = {2: "linear", 3: "quadratic"}.get(len(seen), "cubic")
        curve = interpolate.interp1d(seen, sequence_.values[seen, person, point], kind, axis=0)
        inside = (times >= seen[0]) & (times <= seen[-1])
        values[inside, person, point] = curve(times[inside])
    return values


@given(st.integers(2, 30), st.floats(5, 80), st.floats(0, 0.8), st.integers(0, 99))
def test_resampling_equals_the_splines_of_scipy(frames, fps, missing, seed):
    before = sequence(frames, 2, missing=missing, seed=seed)
    found = resample(before, fps)
    assert len(found) == max(1, round(frames * fps / 25)) and found.fps == fps
    several = (before.confidence > 0).sum(0) > 1
    expected = by_scipy(before, len(found))
    assert np.allclose(np.where(several[None, ..., None], found.values, 0), expected, atol=2e-2, rtol=1e-4)
    assert found.confidence.min() >= 0 and found.confidence.max() <= 1


@given(st.integers(1, 20), st.floats(0, 1), st.integers(0, 99))
def test_gaps_are_filled_and_seen_points_stay(frames, missing, seed):
    before = sequence(frames, missing=missing, seed=seed)
    found = fill_gaps(before)
    seen = ~before.missing
    assert np.allclose(found.values[seen], before.values[seen], atol=1e-3)
    assert np.allclose(found.confidence[seen], before.confidence[seen], atol=1e-6)
    inside = np.maximum.accumulate(seen, 0) & np.maximum.accumulate(seen[::-1], 0)[::-1]
    assert np.array_equal(~found.missing, inside)


def test_absurd_rates_are_refused():
    for fps in (0, -1, np.inf, np.nan):
        with pytest.raises(PoseloomError, match="positive number of frames a second"):
            resample(sequence(), fps)
    with pytest.raises(PoseloomError, match="at most 1,000,000 are made"):
        resample(sequence(), 1e9)

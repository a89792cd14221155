import numpy as np
import pytest
from bedlam_standin import CLOSEUP, TRAINING, VALIDATION, write_bedlam, write_camera, write_motion, write_scene

from poseloom.base.errors import PoseloomError
from poseloom.data.sources import bedlam_files as files
from poseloom.data.sources.bedlam_files import PlacedBody

BODY = PlacedBody("rp_a_b", "1000", 3, (1.0, 2.0, 3.0), 90.0)


def test_sequences_and_their_people_are_read_by_the_words_in_the_comments(tmp_path):
    rows = [
        ("Group", "", 0, 0, 0, 0, "sequence_name=seq_000000;frames=10"),
        ("Body", "rp_a_b_1000", 1, 2, 3, 90, "start_frame=3;texture_body=x"),
        ("Group", "", 0, 0, 0, 0, "sequence_name=seq_000001"),
        ("Camera", "", 0, 0, 0, 0, "something else"),
    ]
    write_scene(tmp_path, TRAINING, rows)
    first, second = files.read_sequences(tmp_path, TRAINING)
    assert first.name == "seq_000000" and first.bodies == [BODY] and BODY.subject == "rp_a_b_1000"
    assert second.name == "seq_000001" and second.bodies == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("Body", "rp_a_1000", 1, 2, 3, 90, "start_frame=3"), "before the first sequence_name"),
        (("Group", "", 0, 0, 0, 0, "sequence_name=s"), None),
    ],
)
def test_a_body_needs_a_sequence(tmp_path, row, message):
    write_scene(tmp_path, TRAINING, [row])
    if message is None:
        assert len(files.read_sequences(tmp_path, TRAINING)) == 1
        return
    with pytest.raises(PoseloomError, match=message):
        files.read_sequences(tmp_path, TRAINING)


@pytest.mark.parametrize(
    ("body", "x", "message"),
    [("nobody", 1, "line 3, Body: 'nobody' is no PERSON_MOTION"), ("rp_1", "far", "line 3, X: 'far' is no plausible")],
)
def test_a_line_that_cannot_be_read_is_told(tmp_path, body, x, message):
    rows = [("Group", "", 0, 0, 0, 0, "sequence_name=s"), ("Body", body, x, 2, 3, 90, "start_frame=3")]
    write_scene(tmp_path, TRAINING, rows)
    with pytest.raises(PoseloomError, match=message):
        files.read_sequences(tmp_path, TRAINING)


def test_a_lost_column_is_told(tmp_path):
    (tmp_path / "csv" / "s").mkdir(parents=True)
    (tmp_path / "csv" / "s" / "be_seq.csv").write_text("Index,Type,Body,X,Y,Z,Comment\n")
    with pytest.raises(PoseloomError, match="there is no column Yaw"):
        files.read_sequences(tmp_path, "s")


def test_frames_of_a_camera_are_numbered_by_name_or_by_line(tmp_path):
    path = tmp_path / "csv" / "s" / "ground_truth" / "camera" / "q_camera.csv"
    write_camera(path, "seq_000007", frames=3, position=(1, 2, 3), yaw=4, pitch=5, roll=6)
    camera = files.read_camera(tmp_path, "s", "q")
    assert camera.frames.tolist() == [0, 1, 2] and camera.position[1].tolist() == [1, 2, 3]
    assert (camera.yaw[0], camera.pitch[0], camera.roll[0], camera.focal[0]) == (4, 5, 6, 30)
    path.write_text("x,y,z,yaw,pitch,roll,focal_length\n" + "1,2,3,4,5,6,50\n" * 2)
    assert files.read_camera(tmp_path, "s", "q").frames.tolist() == [0, 1]
    path.write_text("x,y,z,yaw,pitch,roll,focal_length\n1,2,3,4,5,6,0\n")
    with pytest.raises(PoseloomError, match="focal_length: expected millimetres above 0"):
        files.read_camera(tmp_path, "s", "q")


def test_a_motion_is_read_with_its_dictionary_left_alone(tmp_path):
    write_motion(tmp_path, "rp_a_b", "1000", frames=7)
    motion = files.read_motion(tmp_path, BODY)
    assert motion.rotations.shape == (7, 55, 3) and motion.translation.shape == (7, 3) and motion.shape.shape == (11,)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gender": np.array("female")}, "gender: is 'female', expected 'neutral'; the gendered motions are another"),
        ({"poses": np.zeros((60, 156))}, "poses: has shape"),
        ({"trans": np.zeros((5, 3))}, "trans: holds 5 frames where poses holds 60"),
        ({"betas": None}, "betas: is missing"),
    ],
)
def test_another_version_of_a_motion_is_told(tmp_path, changes, message):
    write_motion(tmp_path, "rp_a_b", "1000", **changes)
    with pytest.raises(PoseloomError, match=message):
        files.read_motion(tmp_path, BODY)


def test_missing_files_are_told_with_where_to_get_them(tmp_path):
    with pytest.raises(
        PoseloomError, match=r"motion_seq.npz: does not exist; get neutral_ground_truth_motioninfo at bed"
    ):
        files.read_motion(tmp_path, BODY)
    with pytest.raises(PoseloomError, match=r"q_camera.csv: does not exist; get the scene's ground truth"):
        files.read_camera(tmp_path, "s", "q")
    with pytest.raises(PoseloomError, match=r"holds no csv/SCENE/be_seq.csv; get the ground truth"):
        files.scene_names(tmp_path)
    with pytest.raises(PoseloomError, match="does not exist; name the folder"):
        files.scene_names(tmp_path / "nowhere")


def test_split_and_pictures_follow_the_folders_and_else_the_published_list(tmp_path):
    write_bedlam(tmp_path, sequences=1, people=1)
    assert [files.split_of_scene(tmp_path, scene) for scene in (TRAINING, CLOSEUP, VALIDATION)] == [
        "train",
        "train",
        "val",
    ]
    hair = "20221024_10_100_batch01handhair_zoom_suburb_d"
    assert files.picture_folder(tmp_path, TRAINING) == f"training/{TRAINING}_6fps/png"
    assert files.picture_folder(tmp_path, hair) == f"training/{hair}_30fps/png"
    (tmp_path / "validation" / f"{TRAINING}_30fps").mkdir(parents=True)
    assert files.split_of_scene(tmp_path, TRAINING) == "val"
    assert files.picture_folder(tmp_path, TRAINING) == f"validation/{TRAINING}_30fps/png"

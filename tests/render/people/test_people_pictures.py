"""Light, places, lenses and whole pictures of synthetic people."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from PIL import Image

from poseloom.base.errors import FileError
from poseloom.pose import Pose
from poseloom.pose.keypoints import names
from poseloom.render.people import lights, surfaces
from poseloom.render.people.cameras import camera_of_lens, random_camera
from poseloom.render.people.layers import LAYERS, depth_numbers, layer_bytes
from poseloom.render.people.lens import Lens, blurred, photographed
from poseloom.render.people.pictures import pictures_in
from poseloom.render.people.points import CONVENTION, points_of, seen_points
from poseloom.render.people.shading import developed
from poseloom.render.people.snapshot import Taste, take
from poseloom.render.people.wardrobe import random_person

PLAIN = Taste((128, 128), "preview", plain=True, occluded=0.0)


def pose():
    return Pose(torch.zeros(52, 3))


@pytest.fixture(scope="module")
def snapshot(look):
    return take(4, [(look, pose()), (random_person(8), pose())], Taste((128, 128), "preview"), azimuth=0.0)


# -- light -------------------------------------------------------------------------------------------------------------


def test_even_light_from_all_around_shows_on_every_side():
    light = lights.of_surroundings(torch.full((32, 64, 3), 0.7))
    normals = torch.nn.functional.normalize(torch.randn(50, 3, generator=torch.Generator().manual_seed(0)), dim=-1)
    assert torch.allclose(light.around(normals), torch.tensor(0.7), atol=0.01)
    assert float(light.sun_colour.sum()) == 0


def test_a_bright_spot_becomes_the_sun():
    surroundings = torch.full((32, 64, 3), 0.2)
    surroundings[8, 48] = 500.0  # a quarter of the circle from +Z towards +X, 45 degrees up
    light = lights.of_surroundings(surroundings)
    assert float(light.sun @ torch.tensor([math.sqrt(0.5), math.sqrt(0.5), 0.0])) > 0.99
    assert float(light.sun_colour.mean()) > 0.3


def test_light_from_above_shows_on_top():
    light = lights.sky((0.0, 1.0), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), 0.0)
    up, down = light.around(torch.tensor([[0.0, 1.0, 0.0], [0.0, -1.0, 0.0]]))
    assert float(up.mean()) == pytest.approx(1.0, abs=0.05)
    assert float(down.mean()) < 0.1


def test_the_tone_curve_rises_from_black_to_white():
    tones = developed(torch.linspace(0, 20, 500))
    assert float(tones[0]) == 0 and float(tones[-1]) == pytest.approx(1)
    assert (tones.diff() >= 0).all()


# -- places ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted({*surfaces.FLOORS, *surfaces.GROUNDS, *surfaces.WALLS, "gravel"}))
def test_every_floor_and_wall_has_colours(kind):
    u, v = torch.meshgrid(torch.linspace(-3, 3, 40), torch.linspace(0, 3, 40), indexing="ij")
    own = surfaces.Surfacing(kind, (0.8, 0.7, 0.6), (0.3, 0.2, 0.1), 1.0, 7)
    colours = own.colour(u.flatten(), v.flatten(), torch.full((1600,), 0.01))
    assert colours.shape == (1600, 3)
    assert colours.min() >= 0 and colours.max() < 1.2
    assert kind == "paint" or colours.std() > 0.01


def test_a_folder_of_pictures_tells_which_are_broken(tmp_path):
    Image.new("RGB", (60, 40), (200, 10, 10)).save(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    Image.new("RGB", (64, 64)).save(tmp_path / "cloth.png")
    found = pictures_in(tmp_path)
    assert [path.name for path in found.photos] == ["a.jpg"]
    assert [path.name for path in found.cloths] == ["cloth.png"]
    assert len(found.broken) == 1 and "b.jpg" in found.broken[0]


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_a_folder_without_pictures_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match=name):
        pictures_in(tmp_path / name)


def test_people_stand_before_the_pictures_of_a_folder(tmp_path, look):
    Image.new("RGB", (90, 60), (250, 10, 10)).save(tmp_path / "red.png")
    taste = dataclasses.replace(Taste((96, 96), "preview", pictures_in(tmp_path)), occluded=0.0)
    shots = (take([1, seed], [(look, pose())], taste) for seed in range(30))
    photo = next(shot for shot in shots if shot.place == "photo")
    behind = photo.picture[:, photo.drawn.cover == 0].mean(1)
    assert behind[0] > 1.5 * behind[1]


# -- cameras -----------------------------------------------------------------------------------------------------------


def test_a_lens_in_millimetres_sees_its_angle():
    camera = camera_of_lens(50.0, (200, 300), torch.tensor([0.0, 1.0, 4.0]), torch.tensor([0.0, 1.0, 0.0]))
    assert float(camera.lens) == pytest.approx(50.0, abs=1e-3)
    assert camera.project(torch.tensor([[0.0, 1.0, 0.0]]))[0].tolist() == pytest.approx([150, 100, 4], abs=1e-3)


def test_cameras_stand_above_the_ground_and_see_the_person(clothed):
    points = torch.cat([piece.vertices for piece in clothed.pieces]) - torch.tensor([0.0, clothed.lowest, 0.0])
    joints = clothed.figure.joints - torch.tensor([0.0, clothed.lowest, 0.0])
    whole = 0
    for seed in range(60):
        camera = random_camera(np.random.default_rng(seed), points, joints, (256, 256))
        assert camera.position[1] >= 0.1
        pixels = camera.project(points)
        seen = ((pixels[:, :2] > 0) & (pixels[:, :2] < 256)).all(-1).float().mean()
        assert seen > 0.15
        whole += int(seen > 0.97)
    assert 30 < whole < 60


def test_a_blur_keeps_the_sum_and_spreads_a_point():
    image = torch.zeros(1, 31, 31)
    image[0, 15, 15] = 1
    soft = blurred(image, 2.0)
    assert float(soft.sum()) == pytest.approx(1, abs=1e-4)
    assert float(soft.max()) < 0.06


def test_noise_is_the_same_for_the_same_grain_and_of_the_size_that_was_asked_for():
    grey = torch.full((3, 300, 280), 0.2)
    lens = Lens(noise=0.02, blur=0.0, vignette=0.0, grain=5)
    first = photographed(grey, lens)
    assert torch.equal(first, photographed(grey, lens))
    assert not torch.equal(first, photographed(grey, dataclasses.replace(lens, grain=6)))
    assert 0.01 < float(first.std()) < 0.05


# -- pictures ----------------------------------------------------------------------------------------------------------


def test_a_seed_is_a_picture(look, snapshot):
    again = take(4, [(look, pose()), (random_person(8), pose())], Taste((128, 128), "preview"), azimuth=0.0)
    assert torch.equal(snapshot.picture, again.picture)
    other = take(5, [(look, pose())], Taste((128, 128), "preview"), azimuth=0.0)
    assert not torch.equal(snapshot.picture, other.picture)


def test_the_layers_of_a_picture_agree(snapshot):
    drawn = snapshot.drawn
    there = drawn.owner > 0
    assert there.any()
    assert (drawn.depth[there] > 0).all()
    assert (drawn.parts[there] > 0).all() and (drawn.parts[drawn.owner == 0] == 0).all()
    assert torch.allclose(drawn.normals.norm(dim=0)[there], torch.ones(()), atol=1e-3)
    assert (drawn.people[there] > 0).all()


def test_what_is_nearer_hides_what_is_farther(look):
    from poseloom.render.people.drawing import Soup, draw
    from poseloom.render.people.dressing import dressed

    near = dressed(look, pose(), "preview")
    far = near.moved(torch.tensor([0.0, 0.0, -2.0]))
    camera = camera_of_lens(35.0, (96, 96), torch.tensor([0.0, 0.0, 4.0]), torch.zeros(3))
    light = lights.random_sky(np.random.default_rng(0))
    alone = draw(Soup.of([(1, near.pieces)]), camera, light)
    both = draw(Soup.of([(1, near.pieces), (2, far.pieces)]), camera, light)
    assert ((both.owner == 1) | ~(alone.owner == 1)).all()
    assert (both.owner == 1).sum() < 1.2 * (alone.owner == 1).sum()  # half a pixel more along its outline
    hidden = seen_points(far.figure, camera, both, 2)[3]
    pelvis = names(CONVENTION).index("spine_2")
    assert not hidden[pelvis]
    assert seen_points(near.figure, camera, both, 1)[3][pelvis]


def test_points_are_joints_and_places_on_the_skin(clothed):
    known = names(CONVENTION)
    points = points_of(clothed.figure.mannequin).of(clothed.figure)
    assert points.shape == (len(known), 3) and points.isfinite().all()
    place = dict(zip(known, points, strict=True))
    assert torch.allclose(place["left_wrist"], clothed.figure.joint("left_wrist"), atol=1e-5)
    assert torch.allclose(place["left_index_1"], clothed.figure.joint("left_index1"), atol=1e-5)
    head = clothed.figure.joint("head")
    assert place["nose"][2] > head[2] + 0.07
    assert place["left_ear"][0] > 0.05 > -0.05 > place["right_ear"][0]
    assert place["headtop"][1] == max(point[1] for point in points)
    assert place["left_eye"][0] > place["nose"][0] > place["right_eye"][0]
    assert place["left_heel"][2] < place["left_ankle"][2] < place["left_bigtoe"][2]
    assert place["left_smalltoe"][0] > place["left_bigtoe"][0]
    assert place["left_index"][0] > place["left_index_3"][0]


@pytest.mark.parametrize(("azimuth", "front"), [(0.0, True), (math.pi, False)])
def test_a_face_is_seen_from_the_front_alone(look, azimuth, front):
    shot = take(1, [(look, pose())], PLAIN, azimuth)
    _, pixels, inside, seen = seen_points(shot.people[0].figure, shot.camera, shot.drawn, 1)
    nose = names(CONVENTION).index("nose")
    assert bool(inside[nose]) and bool(seen[nose]) is front
    assert pixels.isfinite().all()


def test_layers_are_written_and_depth_is_exact_to_a_millimetre(snapshot, tmp_path):
    for layer in LAYERS:
        path = tmp_path / f"{layer}.png"
        path.write_bytes(layer_bytes(layer, snapshot.drawn))
        with Image.open(path) as image:
            assert image.size == (128, 128)
            numbers = np.array(image)
        if layer == "depth":
            assert np.abs(numbers / 1000 - snapshot.drawn.depth.numpy()).max() <= 0.0006
        if layer == "people":
            assert np.array_equal(numbers, snapshot.drawn.owner.numpy())
    assert depth_numbers(torch.tensor([[100.0]]))[0, 0] == 65535

// Cameras that are kept, and the camera of a photo: where it stands and how its picture is cut.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Cameras, MOST_SHOTS, type Shot } from "../src/state/cameras.ts";
import { boxInPercent, cameraPlace, cutFor, turned } from "../src/state/photo.ts";
import { carriesPose } from "../src/state/png.ts";
import { quaternion, rotationVector, type Pose, type Quat, type Vec3 } from "../src/state/pose.ts";

function kept(text: string | null = null) {
  return { text, getItem() { return this.text; }, setItem(_: string, value: string) { this.text = value; } };
}

const shot = (lens: number): Shot => ({ position: [1, 2, 3], target: [0, 1, 0], lens });

test("cameras are kept in their order, taken by number, and one after the other", () => {
  const storage = kept();
  const cameras = new Cameras(storage);
  assert.equal(cameras.next(), null);
  cameras.save(shot(50));
  cameras.save(shot(85));
  assert.equal(cameras.current, 1);
  assert.equal(cameras.next()?.lens, 50);
  assert.equal(cameras.take(1)?.lens, 85);
  assert.deepEqual(new Cameras(storage).shots.map((one) => one.lens), [50, 85]);
  cameras.remove(0);
  assert.equal(cameras.current, 0);
  assert.deepEqual(new Cameras(storage).shots.map((one) => one.lens), [85]);
});

test("no more cameras are kept than have a key, and a damaged storage holds those that can be read", () => {
  const cameras = new Cameras(kept());
  for (let k = 0; k < MOST_SHOTS; k++) assert.equal(cameras.save(shot(70)), k);
  assert.equal(cameras.save(shot(70)), -1);
  assert.deepEqual(new Cameras(kept("[1, {")).shots, []);
  assert.equal(new Cameras(kept(JSON.stringify([shot(70), { ...shot(70), lens: "wide" }, { ...shot(70), target: [0, null, 1] }]))).shots.length, 1);
});

/** Where a place of the camera's space comes to lie in the stage, pixels, as three.js projects with a cut. */
function projected(cut: ReturnType<typeof cutFor>, width: number, height: number, [x, y, z]: Vec3): [number, number] {
  const top = Math.tan((cut.fov * Math.PI) / 360);
  const [w, h] = [2 * top * (cut.full[0] / cut.full[1]), 2 * top];
  const left = -w / 2 + (cut.offset[0] * w) / cut.full[0];
  const up = top - (cut.offset[1] * h) / cut.full[1];
  return [((x / -z - left) / ((width * w) / cut.full[0])) * width, ((up - y / -z) / ((height * h) / cut.full[1])) * height];
}

test("a place is seen where the photo shows it, however the stage is shaped", () => {
  const camera = { focal: 1200, centre: [500, 350] as [number, number], size: [1024, 681] as [number, number] };
  const place: Vec3 = [0.4, -0.3, -2.5];
  const pixel = [camera.centre[0] + (camera.focal * place[0]) / 2.5, camera.centre[1] - (camera.focal * place[1]) / 2.5];
  for (const [width, height] of [[800, 900], [1400, 600], [1024, 681]]) {
    const scale = Math.min(width / 1024, height / 681);
    const expected = [(width - 1024 * scale) / 2 + pixel[0] * scale, (height - 681 * scale) / 2 + pixel[1] * scale];
    projected(cutFor(camera, width, height), width, height, place).forEach((value, k) => assert.ok(Math.abs(value - expected[k]) < 1e-6, `${width} x ${height}`));
  }
});

test("through the photo's camera the body on the floor is where it was before the camera", () => {
  const pose = (rotation: Vec3, translation: Vec3): Pose => ({ rotations: [rotation], translation });
  const [seen, stood] = [pose([0.2, 0.5, -0.1], [0.3, -0.4, -3]), pose([0, 0.9, 0.05], [0, 0.95, 0])];
  const { position, turn } = cameraPlace(seen, stood);
  const back = ([x, y, z, w]: Quat): Quat => [-x, -y, -z, w];
  const relative = turned(back(turn), [0 - position[0], 0.95 - position[1], 0 - position[2]]);
  relative.forEach((value, k) => assert.ok(Math.abs(value - seen.translation![k]) < 1e-9));
  const ahead = turned(back(turn), turned(quaternion(stood.rotations[0]), [0, 0, 1]));
  turned(quaternion(seen.rotations[0]), [0, 0, 1]).forEach((value, k) => assert.ok(Math.abs(value - ahead[k]) < 1e-9));
  assert.ok(rotationVector(turn).every(Number.isFinite));
});

test("a box that leaves the picture is cut at its edges", () => {
  assert.deepEqual(boxInPercent([-50, 50, 150, 200], [200, 200]), { left: 0, top: 25, width: 50, height: 75 });
});

test("a pose is looked for in a PNG's text chunks alone", () => {
  const chunk = (kind: string, body: string) => [0, 0, 0, body.length, ...[...(kind + body)].map((one) => one.charCodeAt(0)), 0, 0, 0, 0];
  const png = (...chunks: number[][]) => new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, ...chunks.flat()]);
  assert.ok(carriesPose(png(chunk("IHDR", "0123456789abc"), chunk("zTXt", "poseloom-clip\0\0x"), chunk("IEND", ""))));
  assert.ok(!carriesPose(png(chunk("IHDR", "poseloom-clip"), chunk("IEND", ""))));
  assert.ok(!carriesPose(png(chunk("IDAT", "poseloom"))));
  assert.ok(!carriesPose(new Uint8Array([0xff, 0xd8, 1, 2])));
});

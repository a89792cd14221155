// The plain classes of the studio: poses, history, time, links, the library, persons, PNG.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { fromFragment, toFragment } from "../src/state/link.ts";
import { Library } from "../src/state/library.ts";
import { spoken } from "../src/state/person.ts";
import { crc32, withPose } from "../src/state/png.ts";
import { blended, checked, copied, isSame, mirrored, quaternion, rotationVector, sideCopied, withHands, type Pose, type Vec3 } from "../src/state/pose.ts";
import { Stage } from "../src/state/stage.ts";
import { Timeline } from "../src/state/timeline.ts";

const MIRROR = [0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20, ...Array.from({ length: 30 }, (_, k) => (k < 15 ? 37 + k : 7 + k))];
const JOINTS = MIRROR.map((other, joint) => (other === joint ? `middle${joint}` : other > joint ? `left_${joint}` : `right_${other}`));

function some(seed: number): Pose {
  let state = seed;
  const next = () => (state = (state * 16807) % 2147483647) / 2147483647 - 0.5;
  return { rotations: Array.from({ length: 52 }, () => [next(), next(), next()] as Vec3), translation: [next(), 1, next()] };
}

const near = (a: Pose, b: Pose, within = 1e-5) => a.rotations.flat().every((value, k) => Math.abs(value - b.rotations.flat()[k]) < within);

test("a mirror twice is the pose again, and a mirror exchanges sides", () => {
  const pose = some(1);
  assert.ok(isSame(mirrored(mirrored(pose, MIRROR), MIRROR), pose));
  assert.deepEqual(mirrored(pose, MIRROR).rotations[4], [pose.rotations[5][0], -pose.rotations[5][1], -pose.rotations[5][2]]);
});

test("copying a side leaves that side and the middle, and makes the pose its own mirror in the limbs", () => {
  const pose = some(2);
  const made = sideCopied(pose, JOINTS, MIRROR, "left");
  assert.deepEqual(made.rotations[1], pose.rotations[1]);
  assert.deepEqual(made.rotations[3], pose.rotations[3]);
  assert.deepEqual(mirrored(made, MIRROR).rotations[2], made.rotations[2]);
});

test("rotation vectors and quaternions are inverses", () => {
  for (const row of [...some(3).rotations, [0, 0, 0] as Vec3, [3, 0, 0] as Vec3]) {
    rotationVector(quaternion(row)).forEach((value, k) => assert.ok(Math.abs(value - row[k]) < 1e-9));
  }
});

test("a blend begins at one pose and ends at the other", () => {
  const [a, b] = [some(4), some(5)];
  assert.ok(near(blended(a, b, 0), a) && near(blended(a, b, 1), b));
  assert.ok(!near(blended(a, b, 0.5), a));
});

test("a link is the pose to a fraction of a degree, and other fragments are none", () => {
  const pose = some(6);
  pose.shape = [0.2, 0.7, 0.5, 0.5, 0.5, 0.5];
  pose.shape_model = "anny";
  const found = fromFragment(toFragment(pose))!;
  assert.ok(near(found, pose, 1e-4));
  assert.deepEqual(found.shape, pose.shape);
  for (const bad of ["", "#pose=1.", "#pose=1.@@", "#pose=2.AAAA", "#pose=1.AAAA", "#else"]) assert.equal(fromFragment(bad), null);
});

test("what is no pose is refused", () => {
  for (const bad of [null, {}, { rotations: [] }, { rotations: Array(22).fill([0, 0]) }, { rotations: Array(22).fill([0, 0, NaN]) }, { rotations: Array(23).fill([0, 0, 0]) }]) {
    assert.equal(checked(bad), null);
  }
  assert.equal(checked({ rotations: Array(22).fill([0, 0, 0]) })!.rotations.length, 52);
});

test("a drag of many previews is one step, and undo and redo go back and forth", () => {
  const stage = new Stage(some(7));
  const first = copied(stage.pose);
  for (let k = 8; k < 20; k++) stage.preview(some(k));
  stage.commit();
  assert.ok(stage.canUndo && !stage.canRedo);
  stage.undo();
  assert.ok(isSame(stage.pose, first) && !stage.canUndo);
  stage.redo();
  assert.ok(isSame(stage.pose, some(19)));
  stage.set(some(19));
  stage.undo();
  assert.ok(isSame(stage.pose, first), "the same pose again was no step");
});

test("a drag that is given up leaves nothing", () => {
  const stage = new Stage(some(7));
  stage.preview(some(8));
  stage.cancel();
  assert.ok(isSame(stage.pose, some(7)) && !stage.canUndo);
});

test("a new step forgets what was undone, and figures come and go by steps", () => {
  const stage = new Stage(some(1));
  stage.set(some(2));
  stage.undo();
  stage.set(some(3));
  assert.ok(!stage.canRedo);
  stage.add(some(4));
  assert.equal(stage.figures.length, 2);
  assert.ok(isSame(stage.pose, some(4)));
  stage.undo();
  assert.equal(stage.figures.length, 1);
  stage.remove();
  assert.equal(stage.figures.length, 1);
});

test("poses on the stage are not changed from outside", () => {
  const pose = some(1);
  const stage = new Stage(pose);
  pose.rotations[0][0] = 99;
  assert.notEqual(stage.pose.rotations[0][0], 99);
});

test("a motion plays at true speed, begins anew and steps", () => {
  const line = new Timeline("x", Array.from({ length: 60 }, (_, k) => some(k + 1)), 30);
  assert.equal(line.advance(1), false, "it does not play yet");
  line.playing = true;
  for (let k = 0; k < 60; k++) line.advance(1 / 60);
  assert.equal(line.frame, 30);
  line.advance(1.1);
  assert.equal(line.frame, 3);
  line.step(-10);
  assert.equal(line.frame, 0);
  assert.equal(line.playing, false);
  line.seek(1e9);
  assert.equal(line.frame, 59);
  assert.throws(() => new Timeline("", [], 30));
});

test("the library keeps, finds, replaces and forgets, and survives damage", () => {
  const rows = new Map<string, string>();
  const storage = { getItem: (key: string) => rows.get(key) ?? null, setItem: (key: string, value: string) => void rows.set(key, value) };
  const library = new Library(storage);
  library.save("Crane", withHands(some(1)));
  library.save("Crane", withHands(some(2)));
  assert.equal(new Library(storage).find("cra").length, 1);
  assert.ok(isSame(new Library(storage).poses[0].pose, some(2)));
  library.remove("Crane");
  assert.equal(library.poses.length, 0);
  rows.set("poseloom.library", "{damaged");
  assert.equal(new Library(storage).poses.length, 0);
  const full = new Library({ getItem: () => null, setItem: () => { throw new Error("full"); } });
  assert.equal(full.save("x", some(1)), false);
});

test("words about one person are told about another", () => {
  const text = "The subject stands with his left foot in front. He raises his arm.";
  assert.equal(spoken(text, "you"), "You stand with your left foot in front. You raise your arm.");
  assert.equal(spoken(text, "she"), "She stands with her left foot in front. She raises her arm.");
  assert.equal(spoken(text, ""), text);
});

test("a PNG with a pose is the same picture with one chunk more, which can be read", async () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
  const png = Uint8Array.from(Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64"));
  const made = await withPose(png, '{"a": 1}');
  const view = new DataView(made.buffer);
  const length = view.getUint32(33);
  const chunk = made.subarray(37, 37 + 4 + length);
  assert.equal(new TextDecoder().decode(chunk.subarray(0, 17)), "zTXtposeloom-clip");
  assert.equal(view.getUint32(37 + 4 + length), crc32(chunk));
  assert.equal(inflateSync(chunk.subarray(19)).toString(), '{"a": 1}');
  assert.deepEqual([...made.subarray(0, 33), ...made.subarray(45 + length)], [...png]);
});

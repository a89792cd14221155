// A photo and the bodies that were recovered from it: where its camera stood, and how its picture lies on the stage.
import { quaternion, type Pose, type Quat, type Vec3 } from "./pose.ts";

export interface Seen {
  person: number;
  box: [number, number, number, number]; // x, y, width, height in pixels
  pose: Pose; // before the camera: +X right, +Y up, +Z towards it
}

export interface PhotoCamera {
  focal: number; // pixels
  centre: [number, number];
  size: [number, number]; // width, height
}

/** How three's camera has to be cut so that its picture lies exactly on a picture that is fitted into the stage. */
export interface Cut {
  fov: number; // degrees, of the photo's whole height
  full: [number, number];
  offset: [number, number];
}

export function cutFor(camera: PhotoCamera, width: number, height: number): Cut {
  const [w, h] = camera.size;
  const scale = Math.min(width / w, height / h);
  const [left, top] = [(width - w * scale) / 2, (height - h * scale) / 2];
  const [right, down] = [(camera.centre[0] - w / 2) * scale, (camera.centre[1] - h / 2) * scale];
  return { fov: (2 * Math.atan(h / 2 / camera.focal) * 180) / Math.PI, full: [w * scale, h * scale], offset: [-left - right, -top - down] };
}

/** Where the photo's camera stands and how it is turned, in the world in which the body has been put on the floor. */
export function cameraPlace(seen: Pose, stood: Pose): { position: Vec3; turn: Quat } {
  const turn = times(quaternion(stood.rotations[0]), inverse(quaternion(seen.rotations[0])));
  const away = turned(turn, seen.translation ?? [0, 0, 0]);
  const at = stood.translation ?? [0, 0, 0];
  return { position: [at[0] - away[0], at[1] - away[1], at[2] - away[2]], turn };
}

/** Which box a box of a person takes of a picture, in percent, kept inside it. */
export function boxInPercent([x, y, w, h]: readonly number[], [width, height]: readonly number[]): { left: number; top: number; width: number; height: number } {
  const inside = (value: number, most: number) => Math.max(0, Math.min(most, value));
  const [x0, y0, x1, y1] = [inside(x, width), inside(y, height), inside(x + w, width), inside(y + h, height)];
  return { left: (100 * x0) / width, top: (100 * y0) / height, width: (100 * (x1 - x0)) / width, height: (100 * (y1 - y0)) / height };
}

function times([ax, ay, az, aw]: Quat, [bx, by, bz, bw]: Quat): Quat {
  return [aw * bx + ax * bw + ay * bz - az * by, aw * by - ax * bz + ay * bw + az * bx, aw * bz + ax * by - ay * bx + az * bw, aw * bw - ax * bx - ay * by - az * bz];
}

function inverse([x, y, z, w]: Quat): Quat {
  return [-x, -y, -z, w];
}

export function turned(turn: Quat, [x, y, z]: Vec3): Vec3 {
  const [a, b, c] = times(times(turn, [x, y, z, 0]), inverse(turn));
  return [a, b, c];
}

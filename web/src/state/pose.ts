// A pose as the service takes it, and what can be done to one without the service.

export type Vec3 = [number, number, number];
export type Quat = [number, number, number, number];

export interface Pose {
  rotations: Vec3[];
  translation?: Vec3 | null;
  shape?: number[] | null;
  shape_model?: string | null;
}

export interface Skeleton {
  joints: string[];
  parents: number[];
  mirror: number[];
  limbs: Record<string, string[]>;
  body_joints: number;
}

export const BODY_JOINTS = 22;

/** A copy that shares nothing, with the keys that the service takes and no others. */
export function copied(pose: Pose): Pose {
  const made: Pose = { rotations: pose.rotations.map((row) => [...row] as Vec3) };
  if (pose.translation) made.translation = [...pose.translation] as Vec3;
  if (pose.shape && pose.shape_model) {
    made.shape = [...pose.shape];
    made.shape_model = pose.shape_model;
  }
  return made;
}

/** All 52 joints; hands that are missing come from `hands`, or are flat. */
export function withHands(pose: Pose, hands?: Pose): Pose {
  const made = copied(pose);
  for (let joint = made.rotations.length; joint < 52; joint++) {
    made.rotations.push([...(hands?.rotations[joint] ?? [0, 0, 0])] as Vec3);
  }
  return made;
}

/** The pose seen in a mirror. */
export function mirrored(pose: Pose, mirror: number[]): Pose {
  const made = copied(pose);
  made.rotations = pose.rotations.map((_, joint) => flippedRow(pose.rotations[mirror[joint]]));
  if (pose.translation) made.translation = [-pose.translation[0], pose.translation[1], pose.translation[2]];
  return made;
}

/** One side's limbs taken over, mirrored, by the other side. */
export function sideCopied(pose: Pose, joints: string[], mirror: number[], from: "left" | "right"): Pose {
  const made = copied(pose);
  joints.slice(0, pose.rotations.length).forEach((name, joint) => {
    if (name.startsWith(from)) made.rotations[mirror[joint]] = flippedRow(pose.rotations[joint]);
  });
  return made;
}

function flippedRow([x, y, z]: Vec3): Vec3 {
  return [x, -y || 0, -z || 0];
}

/** Rows of `source` for the given joints, everything else as it is. */
export function joined(pose: Pose, source: Pose, joints: number[]): Pose {
  const made = copied(pose);
  for (const joint of joints) if (source.rotations[joint] && made.rotations[joint]) made.rotations[joint] = [...source.rotations[joint]] as Vec3;
  return made;
}

export function quaternion([x, y, z]: Vec3): Quat {
  const angle = Math.hypot(x, y, z);
  if (angle < 1e-9) return [x / 2, y / 2, z / 2, 1];
  const scale = Math.sin(angle / 2) / angle;
  return [x * scale, y * scale, z * scale, Math.cos(angle / 2)];
}

export function rotationVector([x, y, z, w]: Quat): Vec3 {
  if (w < 0) [x, y, z, w] = [-x, -y, -z, -w];
  const sine = Math.hypot(x, y, z);
  if (sine < 1e-9) return [2 * x, 2 * y, 2 * z];
  const scale = (2 * Math.atan2(sine, w)) / sine;
  return [x * scale, y * scale, z * scale];
}

/** The pose between two, by the shortest turn of every joint. */
export function blended(a: Pose, b: Pose, weight: number): Pose {
  const made = copied(a);
  made.rotations = a.rotations.map((row, joint) => {
    const [p, q] = [quaternion(row), quaternion(b.rotations[joint] ?? row)];
    const sign = p[0] * q[0] + p[1] * q[1] + p[2] * q[2] + p[3] * q[3] < 0 ? -1 : 1;
    const mixed = p.map((value, k) => value * (1 - weight) + sign * q[k] * weight) as Quat;
    const length = Math.hypot(...mixed);
    return rotationVector(mixed.map((value) => value / length) as Quat);
  });
  if (a.translation && b.translation) made.translation = a.translation.map((value, k) => value * (1 - weight) + b.translation![k] * weight) as Vec3;
  return made;
}

/** Whether two poses are the same to the eye. */
export function isSame(a: Pose, b: Pose): boolean {
  const near = (p: number[] | null | undefined, q: number[] | null | undefined) =>
    (p ?? []).length === (q ?? []).length && (p ?? []).every((value, k) => Math.abs(value - q![k]) < 1e-5);
  return a.rotations.length === b.rotations.length && near(a.rotations.flat(), b.rotations.flat()) && near(a.translation, b.translation) && near(a.shape, b.shape);
}

/** A pose from what a file, a link or a storage holds; null where it is none. */
export function checked(value: unknown): Pose | null {
  const one = value as Pose;
  const finite = (row: unknown, length?: number) => Array.isArray(row) && (length === undefined || row.length === length) && row.every(Number.isFinite);
  if (!one || !Array.isArray(one.rotations) || ![22, 52].includes(one.rotations.length)) return null;
  if (!one.rotations.every((row) => finite(row, 3))) return null;
  if (one.translation && !finite(one.translation, 3)) return null;
  if (one.shape && (!finite(one.shape) || !one.shape_model)) return null;
  return withHands(one);
}

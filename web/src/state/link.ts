// A pose in the fragment of an address: nothing is sent to anybody, the link is the pose.
import { checked, type Pose, type Vec3 } from "./pose.ts";

const SCALE = 8000; // steps a radian and a metre, at most 4 of either
const VERSION = "1";

/** `#pose=1.…`: 16 bits a number, base64 for addresses. */
export function toFragment(pose: Pose): string {
  const numbers = [...pose.rotations.flat(), ...(pose.translation ?? [0, 0, 0])];
  const bytes = new Uint8Array(numbers.length * 2);
  const view = new DataView(bytes.buffer);
  numbers.forEach((value, k) => view.setInt16(2 * k, Math.round(Math.max(-4, Math.min(4, value)) * SCALE), true));
  const shape = pose.shape && pose.shape_model === "anny" ? `.${pose.shape.map((value) => value.toFixed(3)).join("_")}` : "";
  return `#pose=${VERSION}.${base64(bytes)}${shape}`;
}

/** The pose of an address's fragment; null where there is none or it is damaged. */
export function fromFragment(fragment: string): Pose | null {
  const match = /^#pose=1\.([\w-]+)(?:\.([\d._-]+))?$/.exec(fragment);
  if (!match) return null;
  try {
    const bytes = Uint8Array.from(atob(match[1].replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const numbers = Array.from({ length: bytes.length >> 1 }, (_, k) => view.getInt16(2 * k, true) / SCALE);
    const rows = numbers.length / 3 - 1;
    if (rows !== 22 && rows !== 52) return null;
    const rotations = Array.from({ length: rows }, (_, k) => numbers.slice(3 * k, 3 * k + 3) as Vec3);
    const pose: Pose = { rotations, translation: numbers.slice(-3) as Vec3 };
    if (match[2]) Object.assign(pose, { shape: match[2].split("_").map(Number), shape_model: "anny" });
    return checked(pose);
  } catch {
    return null;
  }
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// Files come in by drop, by paste or by a button: motions, poses, keypoints, pictures with a pose in them, photos.
import { convert, type Motion } from "../api.ts";
import { h } from "../dom.ts";
import type { Studio } from "../studio.ts";
import { carriesPose } from "../state/png.ts";
import { checked, type Pose } from "../state/pose.ts";
import { TEXTS } from "../texts.ts";

const PICTURE = /\.(png|jpe?g|webp|bmp|gif|tiff?)$/i;
const VIDEO = /\.(mp4|mov|webm|mkv|avi)$/i;

export async function openFile(studio: Studio, file: File): Promise<void> {
  try {
    studio.say(TEXTS.opening(file.name));
    const own = await ownJson(file);
    if (own) return studio.openMotion(file.name, [own], 30);
    const motion = await read(file);
    if (!motion) {
      studio.tell("tab", "image");
      studio.tell("looking", file);
      return;
    }
    for (const note of motion.notes.slice(0, 1)) studio.say(note);
    studio.openMotion(motion.name || file.name, motion.poses, motion.fps);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    studio.say(TEXTS.notOpened(file.name, why), "wrong");
  }
}

/** The motion in a file; null for videos and for pictures that carry no pose, in which people are looked for. */
async function read(file: File): Promise<Motion | null> {
  if (VIDEO.test(file.name)) return null;
  if (PICTURE.test(file.name) && !carriesPose(new Uint8Array(await file.arrayBuffer()))) return null;
  return convert(file);
}

async function ownJson(file: File): Promise<Pose | null> {
  if (!/\.json$/i.test(file.name) || file.size > 1 << 20) return null;
  try {
    return checked(JSON.parse(await file.text()));
  } catch {
    return null;
  }
}

export function drops(studio: Studio): HTMLElement {
  const veil = h("div.veil", { hidden: true }, h("p", {}, TEXTS.dropHere));
  let depth = 0;
  const isFile = (event: DragEvent) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (!isFile(event)) return;
    depth++;
    veil.hidden = false;
  });
  addEventListener("dragleave", () => {
    if (--depth <= 0) veil.hidden = true;
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    veil.hidden = true;
    const file = event.dataTransfer?.files[0];
    if (file) void openFile(studio, file);
  });
  addEventListener("paste", (event) => {
    const file = event.clipboardData?.files[0];
    if (file) void openFile(studio, file);
  });
  return veil;
}

export function chooser(accept: string, take: (file: File) => void): HTMLInputElement {
  const input = h("input", { type: "file", accept, hidden: true });
  input.onchange = () => {
    if (input.files?.[0]) take(input.files[0]);
    input.value = "";
  };
  return input;
}

// What the pose on the stage, or the motion, leaves as: files, pictures, words, a link; "copy" where a text fits.
import { postForBlob } from "../api.ts";
import { h, select } from "../dom.ts";
import type { Studio } from "../studio.ts";
import { toFragment } from "../state/link.ts";
import { copied } from "../state/pose.ts";
import { withPose } from "../state/png.ts";
import { TEXTS } from "../texts.ts";
import { copyText } from "./words.ts";

/** What a clipboard takes; the rest leaves as files alone. */
const COPIED = ["bvh", "json", "csv", "txt", "png"];
const SUFFIX: Record<string, string> = { npz: "npz", bvh: "bvh", glb: "glb", pose: "pose", json: "json", csv: "csv", txt: "txt", png: "png", zip: "zip" };

export function exports(studio: Studio): HTMLElement {
  const width = h("input", { type: "number", min: "64", max: "4096", value: "1024", "aria-label": `${TEXTS.pictureSize}, width`, "data-size": "width" });
  const height = h("input", { type: "number", min: "64", max: "4096", value: "1024", "aria-label": `${TEXTS.pictureSize}, height`, "data-size": "height" });
  const clear = h("input", { type: "checkbox" });
  const side = (input: HTMLInputElement) => Math.max(64, Math.min(4096, Math.round(Number(input.value)) || 1024));

  const motion = () => {
    const line = studio.timeline;
    return line ? { clip: { poses: line.poses.map(copied), fps: line.fps, name: line.name.slice(0, 100) } } : { pose: copied(studio.stage.pose) };
  };
  /** A motion of one frame where there is none: the body then leaves with its skeleton. */
  const asClip = () => (studio.timeline ? motion() : { clip: { poses: [copied(studio.stage.pose)], fps: 30, name: "pose" } });
  const view = () => {
    const camera = studio.viewport?.camera.position.clone().sub(studio.viewport.controls.target);
    if (!camera) return {};
    const degrees = 180 / Math.PI;
    return { azimuth: Math.atan2(camera.x, camera.z) * degrees, elevation: Math.asin(camera.y / camera.length()) * degrees, lens: Math.round(studio.viewport!.lens) };
  };
  const size = () => ({ width: side(width), height: side(height) });

  const picture = async (): Promise<Blob> => {
    if (!studio.viewport) return postForBlob("/v1/render", { pose: copied(studio.stage.pose), ...size() });
    const ground = clear.checked ? null : getComputedStyle(document.body).getPropertyValue("--stage").trim();
    const blob = await studio.viewport.picture(side(width), side(height), ground);
    const json = await (await postForBlob("/v1/export", { pose: copied(studio.stage.pose), format: "json" })).text();
    return new Blob([await withPose(new Uint8Array(await blob.arrayBuffer()), json)], { type: "image/png" });
  };

  const kinds: Record<string, [string, () => Promise<Blob>]> = {
    npz: ["NPZ", () => postForBlob("/v1/export", { ...motion(), format: "npz" })],
    bvh: ["BVH", () => postForBlob("/v1/export", { ...motion(), format: "bvh" })],
    glb: ["GLB", () => postForBlob("/v1/export", { ...asClip(), format: "glb" })],
    pose: [".pose", () => postForBlob("/v1/export", { ...motion(), format: "pose" })],
    json: ["JSON", () => postForBlob("/v1/export", { ...motion(), format: "json" })],
    csv: ["Angles CSV", () => postForBlob("/v1/angles", { ...motion(), format: "csv" })],
    txt: ["Text", async () => new Blob([`${studio.text}\n`], { type: "text/plain" })],
    png: ["PNG", picture],
    zip: ["Control pack", () => postForBlob("/v1/control", { pose: copied(studio.stage.pose), style: "pack", hidden: [...studio.hidden], ...size(), ...view() })],
  };
  let way = "file";
  const run = async (kind: string, button: HTMLButtonElement) => {
    button.disabled = true;
    try {
      if (way === "copy") await copyBlob(studio, kinds[kind][1]);
      else {
        const name = fileName(studio, kind);
        save(await kinds[kind][1](), name);
        studio.say(TEXTS.saved(name));
      }
    } catch (error) {
      studio.complain(error);
    }
    button.disabled = false;
  };
  const buttons = Object.entries(kinds).map(([kind, [title]]) => {
    const button = h("button.kind", { type: "button", "data-export": kind, onclick: () => void run(kind, button) }, title);
    return button;
  });
  const link = () => {
    const address = `${location.origin}${location.pathname}${toFragment(studio.stage.pose)}`;
    history.replaceState(null, "", address);
    void copyText(studio, address);
  };
  const ways = select(TEXTS.exportAs, TEXTS.exportWays, way, (value) => {
    way = value;
    for (const button of buttons) {
      button.disabled = way === "copy" && !COPIED.includes(button.dataset.export!);
      button.title = button.disabled ? TEXTS.copyNot : "";
    }
  }, false);
  return h("section.block", { "data-panel": "export" }, h("div.head", {}, h("h2", {}, TEXTS.export), ways),
    h("div.kinds", {}, ...buttons, h("button.kind", { type: "button", title: TEXTS.linkWhy, "data-export": "link", onclick: link }, TEXTS.link)),
    h("div.tools", {}, h("span.sizes", {}, width, " × ", height), h("label.check", {}, clear, TEXTS.transparent)));
}

/** A text or a PNG into the clipboard. */
async function copyBlob(studio: Studio, make: () => Promise<Blob>): Promise<void> {
  const blob = await make();
  if (blob.type !== "image/png") return copyText(studio, await blob.text());
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    studio.say(TEXTS.copied);
  } catch {
    studio.say(TEXTS.copyFailedPicture, "wrong");
  }
}

/** "pose-2026-01-31-1423.bvh". */
function fileName(studio: Studio, kind: string): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, "0");
  const time = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return `${studio.timeline ? "motion" : "pose"}-${time}.${SUFFIX[kind]}`;
}

function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

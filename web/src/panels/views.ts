// Over the stage: sides by one key, the lens, saved cameras, a picture behind the figure, handles shown or hidden.
import { h, icon, iconButton } from "../dom.ts";
import type { Studio } from "../studio.ts";
import { Cameras, type Shot } from "../state/cameras.ts";
import { TEXTS } from "../texts.ts";
import { chooser } from "./files.ts";

export function views(studio: Studio): HTMLElement {
  const view = studio.viewport!;
  const button = (name: string, act: () => void, keys: string) => h("button.quiet", { type: "button", title: `${name} (${keys})`, onclick: act }, name);
  const lens = h("input", { type: "range", min: "24", max: "200", value: "70", "aria-label": TEXTS.lens });
  const shown = h("output", {}, "70 mm");
  const tell = () => {
    lens.value = String(Math.round(view.lens));
    shown.textContent = `${lens.value} mm`;
  };
  lens.oninput = () => {
    view.setLens(Number(lens.value));
    tell();
  };
  const picture = chooser("image/*", (file) => studio.tell("trace", file));
  studio.on("view", tell);
  return h("div.views", { role: "toolbar", "aria-label": TEXTS.views }, button(TEXTS.front, () => view.frameBody("front"), "1"), button(TEXTS.side, () => view.frameBody("side"), "3"), button(TEXTS.top, () => view.frameBody("top"), "7"),
    h("label.lens", {}, h("span", {}, TEXTS.lens), lens, shown), shots(studio), iconButton("image", TEXTS.trace, () => picture.click(), { why: TEXTS.traceWhy }), eye(studio), picture);
}

/** Saved cameras as numbers: a click looks through one; the one in use can be taken away. */
function shots(studio: Studio): HTMLElement {
  const view = studio.viewport!;
  const cameras = new Cameras(studio.storage);
  const row = h("span.shots", {});
  const go = (shot: Shot | null) => {
    if (!shot) return studio.say(TEXTS.noCameras);
    view.look(shot);
    studio.tell("view", null);
    paint();
  };
  const number = (shot: Shot, place: number) => {
    const title = TEXTS.camera(place + 1, Math.round(shot.lens));
    return h("button.shot", { type: "button", title, "aria-label": title, "aria-pressed": String(place === cameras.current), "data-camera": place + 1, onclick: () => go(cameras.take(place)) }, String(place + 1));
  };
  const gone = () => {
    cameras.remove(cameras.current);
    paint();
  };
  const paint = () => {
    const title = TEXTS.cameraGone(cameras.current + 1);
    const off = cameras.current < 0 ? [] : [h("button.shot.off" as "button", { type: "button", title, "aria-label": title, onclick: gone }, "×")];
    row.replaceChildren(...cameras.shots.map(number), ...off);
  };
  const save = iconButton("camera", TEXTS.saveCamera, () => {
    if (cameras.save(view.shot()) < 0) studio.say(TEXTS.camerasFull, "wrong");
    else studio.say(TEXTS.cameraSaved(cameras.current + 1));
    paint();
  });
  studio.on("camera", () => go(cameras.next()));
  paint();
  return h("span.cameras", {}, save, row);
}

/** All handles away, or back: those that were hidden one by one as well. */
function eye(studio: Studio): HTMLElement {
  const made = iconButton("eye", TEXTS.handles, () => studio.tell("handles", null), { keys: "H", why: TEXTS.handlesWhy });
  made.setAttribute("aria-pressed", "false");
  made.dataset.eye = "";
  studio.on<boolean>("hidden", (any) => {
    made.setAttribute("aria-pressed", String(any));
    made.replaceChildren(icon(any ? "hidden" : "eye"));
  });
  return made;
}

/** A picture behind the figure, to trace. */
export function trace(studio: Studio): HTMLElement {
  const image = h("img.trace", { alt: "", hidden: true });
  const off = h("button.quiet.trace-off" as "button", { type: "button", hidden: true, onclick: () => { image.hidden = off.hidden = true; } }, TEXTS.traceOff);
  studio.on<File | null>("trace", (file) => {
    URL.revokeObjectURL(image.src);
    if (file) image.src = URL.createObjectURL(file);
    image.hidden = off.hidden = !file;
  });
  return h("div.behind", {}, image, off);
}

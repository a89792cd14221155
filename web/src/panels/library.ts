// Shelves of poses: the named stances and one's own, with pictures; and hands.
import { h, select } from "../dom.ts";
import type { Studio } from "../studio.ts";
import { blended, copied, joined, type Pose } from "../state/pose.ts";
import { TEXTS } from "../texts.ts";
import { tile } from "./words.ts";

type Part = "all" | "hands" | "upper" | "lower";

function joints(studio: Studio, part: Part): number[] {
  const names = studio.skeleton.joints;
  const limbs = (...wanted: string[]) => wanted.flatMap((limb) => studio.skeleton.limbs[limb]).map((joint) => names.indexOf(joint));
  if (part === "hands") return names.map((_, joint) => joint).filter((joint) => joint >= studio.skeleton.body_joints);
  return part === "upper" ? limbs("left_arm", "right_arm") : limbs("left_leg", "right_leg");
}

export function poses(studio: Studio): HTMLElement {
  const kinds = [...new Set(studio.stances.flatMap((one) => one.kinds))];
  let kind = "";
  let part: Part = "all";
  let words = "";
  let chosen: { pose: Pose; before: Pose } | null = null;
  const shelf = h("div.shelf");
  const apply = (pose: Pose) => {
    const before = copied(studio.stage.pose);
    chosen = { pose, before };
    blend.value = "100";
    share.textContent = "100%";
    const wanted = part === "all" ? pose : joined(before, studio.placed(pose), joints(studio, part));
    studio.take(wanted, part === "all");
  };
  const show = () => {
    const fits = (name: string) => name.toLowerCase().includes(words);
    const own = studio.library.poses.filter((one) => fits(one.name));
    const named = kind === "own" ? [] : studio.stances.filter((one) => fits(one.name) && (!kind || one.kinds.includes(kind)));
    const mine = (kind && kind !== "own" ? [] : own).map((one) => {
      const made = tile(studio, one.pose, one.name, one.name, () => apply(one.pose));
      const gone = h("button.gone", { type: "button", "aria-label": TEXTS.remove(one.name), title: TEXTS.remove(one.name), onclick: () => { studio.library.remove(one.name); show(); } }, "×");
      return h("div.kept", {}, made, gone);
    });
    const rows = named.map((one) => lazy(studio, one.pose, one.name, () => apply(one.pose)));
    shelf.replaceChildren(...mine, ...rows);
    if (!mine.length && !rows.length) shelf.append(h("p.quiet", {}, TEXTS.noPoses));
  };
  const search = h("input", { type: "search", placeholder: TEXTS.searchPoses, "aria-label": TEXTS.searchPoses, oninput: () => { words = search.value.trim().toLowerCase(); show(); } });
  const shelves = { "": TEXTS.all, own: TEXTS.own, ...Object.fromEntries(kinds.map((one) => [one, one[0].toUpperCase() + one.slice(1)])) };
  const name = h("input", { type: "text", placeholder: TEXTS.saveAs, "aria-label": TEXTS.saveAs, maxLength: 80, required: true });
  const save = h("form.ask.small", { onsubmit: (event: Event) => {
    event.preventDefault();
    if (!studio.library.save(name.value.trim(), copied(studio.stage.pose))) studio.say(TEXTS.keptNothing, "wrong");
    name.value = "";
    show();
  } }, name, h("button", { type: "submit" }, TEXTS.save));
  const blend = h("input", { type: "range", min: "0", max: "100", value: "100", "aria-label": TEXTS.blend });
  const share = h("output", {}, "100%");
  blend.oninput = () => {
    share.textContent = `${blend.value}%`;
    if (!chosen) return;
    const goal = part === "all" ? studio.placed(chosen.pose) : joined(chosen.before, studio.placed(chosen.pose), joints(studio, part));
    studio.stage.preview(blended(chosen.before, goal, Number(blend.value) / 100));
  };
  blend.onchange = () => studio.stage.commit();
  const parts = select(TEXTS.applyTo, { all: TEXTS.applyAll, upper: TEXTS.applyUpper, lower: TEXTS.applyLower, hands: TEXTS.applyHands }, "all", (value) => (part = value as Part));
  show();
  return h("div.panel", { "data-panel": "poses" }, search, h("div.tools", {}, select(TEXTS.shelf, shelves, "", (value) => { kind = value; show(); }, false), parts), shelf,
    h("label.slider", {}, h("span", {}, TEXTS.blend), blend, share), save);
}

const unpainted = new WeakMap<Element, () => void>();
const watching = new IntersectionObserver((entries) => {
  for (const { target } of entries.filter((one) => one.isIntersecting)) {
    watching.unobserve(target);
    unpainted.get(target)?.();
  }
});

/** A tile that is painted once it is seen. */
function lazy(studio: Studio, pose: Pose, name: string, act: () => void): HTMLElement {
  const canvas = h("canvas", { "aria-hidden": "true", hidden: !studio.thumbnails });
  const made = h("button.tile", { type: "button", "aria-label": name, title: name, onclick: act }, canvas, h("span.note", {}, name.replace(/\s*\(.*\)/, "")));
  unpainted.set(made, () => studio.thumbnails?.paint(canvas, pose));
  watching.observe(made);
  return made;
}

const FINGERS = ["thumb", "index", "middle", "ring", "pinky"];

export function hands(studio: Studio): HTMLElement {
  let side: "both" | "left" | "right" = "both";
  const names = studio.skeleton.joints;
  const set = (shape: { left: Pose["rotations"]; right: Pose["rotations"] }, fingers: string[] = FINGERS, weight = 1, done = true) => {
    const made = copied(studio.stage.pose);
    for (const one of ["left", "right"] as const) {
      if (side !== "both" && side !== one) continue;
      const first = names.findIndex((name) => name.startsWith(`${one}_index`));
      shape[one].forEach((row, k) => {
        if (fingers.some((finger) => names[first + k].startsWith(`${one}_${finger}`))) made.rotations[first + k] = row.map((value) => value * weight) as typeof row;
      });
    }
    if (done) studio.stage.set(made);
    else studio.stage.preview(made);
  };
  const fist = studio.hands.find((one) => one.name === "fist")!;
  const sliders = FINGERS.map((finger) => {
    const input = h("input", { type: "range", min: "0", max: "100", value: "20", "aria-label": TEXTS.fingers[finger] });
    const shown = h("output", {}, "20%");
    input.oninput = () => {
      shown.textContent = `${input.value}%`;
      set(fist, [finger], Number(input.value) / 100, false);
    };
    input.onchange = () => studio.stage.commit();
    return h("label.slider", {}, h("span", {}, TEXTS.fingers[finger]), input, shown);
  });
  const presets = studio.hands.filter((one) => one.name !== "zero").map((one) => h("button.preset", { type: "button", onclick: () => set(one) }, one.name));
  return h("div.panel", { "data-panel": "hands" }, select(TEXTS.whichHands, { both: TEXTS.bothHands, left: TEXTS.leftHand, right: TEXTS.rightHand }, "both", (value) => (side = value as typeof side), false), h("div.presets", {}, ...presets), h("h2", {}, TEXTS.curl), ...sliders);
}

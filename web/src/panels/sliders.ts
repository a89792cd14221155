// Sliders: every movement of the joints by its anatomical name, and the shape of the body.
import type { Movement } from "../api.ts";
import { h } from "../dom.ts";
import type { Studio } from "../studio.ts";
import { copied, withHands, type Pose } from "../state/pose.ts";
import { movementTitle, TEXTS } from "../texts.ts";

const GROUPS: [string, RegExp][] = [
  ["Head", /^head_/], ["Trunk", /^trunk_/], ["Whole body", /^root_/],
  ["Left arm", /^left_(collar|shoulder|elbow|wrist)_/], ["Right arm", /^right_(collar|shoulder|elbow|wrist)_/],
  ["Left leg", /^left_(hip|knee|ankle|toe)_/], ["Right leg", /^right_(hip|knee|ankle|toe)_/],
];
const SMALL = /_(sway|collar_twist)$|knee_rotation|toe_rotation|toe_sway/;

export function joints(studio: Studio): HTMLElement {
  const rows = new Map<string, { input: HTMLInputElement; output: HTMLOutputElement }>();
  const groups = GROUPS.map(([title, pattern], place) => ({ title, pattern, box: h("details.group", { open: place === 0 || place === 3 }, h("summary", {}, title)) }));
  const panel = h("div.panel", { "data-panel": "joints" }, ...groups.map((one) => one.box));
  let setting = false;
  let waiting = 0;
  const ask = async (set: Record<string, number>) => {
    const pose = studio.stage.pose;
    const found = await studio.live.ask<{ pose: Pose; movements: Movement[] }>("movements", { pose: copied(pose), set });
    if (!found) return;
    if (Object.keys(set).length) studio.stage.preview(withHands(found.pose, pose));
    for (const one of found.movements) show(one, set);
  };
  const show = (one: Movement, set: Record<string, number>) => {
    const row = rows.get(one.name) ?? add(one);
    if (!row) return;
    if (!(one.name in set)) row.input.value = String(one.angle);
    row.output.textContent = `${Math.round(one.angle)}°`;
  };
  const add = (one: Movement) => {
    const group = groups.find(({ pattern }) => pattern.test(one.name));
    if (!group || SMALL.test(one.name)) return null;
    const input = h("input", { type: "range", min: String(one.low ?? -180), max: String(one.high ?? 180), step: "0.5", value: String(one.angle), "data-movement": one.name });
    const output = h("output");
    input.oninput = async () => {
      setting = true;
      try {
        await ask({ [one.name]: Number(input.value) });
      } catch (error) {
        studio.complain(error);
      }
    };
    input.onchange = () => {
      setting = false;
      setTimeout(() => studio.stage.commit(), 150);
    };
    group.box.append(h("label.slider", {}, h("span", {}, movementTitle(one.name)), input, output));
    rows.set(one.name, { input, output });
    return rows.get(one.name)!;
  };
  const refresh = () => {
    if (setting || !panel.isConnected || panel.offsetParent === null) return;
    clearTimeout(waiting);
    waiting = window.setTimeout(() => ask({}).catch((error) => studio.complain(error)), 150);
  };
  studio.stage.onChange(refresh);
  studio.on<string>("shape", refresh);
  new IntersectionObserver(refresh).observe(panel);
  return panel;
}

/** The free body's six numbers. */
export function shape(studio: Studio, average: Record<string, number>, onShape: (shape: number[]) => Promise<void>): HTMLElement {
  const names = Object.keys(average);
  const inputs = names.map((name) => h("input", { type: "range", min: "0", max: "1", step: "0.01", value: String(average[name]), "aria-label": TEXTS.shapes[name] ?? name }));
  const outputs = names.map(() => h("output"));
  const tell = () => inputs.forEach((input, place) => (outputs[place].textContent = `${Math.round(Number(input.value) * 100)}%`));
  const apply = async () => {
    tell();
    try {
      await onShape(inputs.map((input) => Number(input.value)));
    } catch (error) {
      studio.complain(error);
    }
  };
  inputs.forEach((input) => Object.assign(input, { oninput: tell, onchange: () => void apply() }));
  tell();
  const reset = () => {
    names.forEach((name, place) => (inputs[place].value = String(average[name])));
    void apply();
  };
  return h("div.panel", { "data-panel": "body" }, ...names.map((name, place) => h("label.slider", {}, h("span", {}, TEXTS.shapes[name] ?? name), inputs[place], outputs[place])),
    h("button.quiet", { type: "button", onclick: reset }, TEXTS.bodyReset));
}

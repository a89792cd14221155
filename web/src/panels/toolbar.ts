// Commands: undo, mirror, symmetry, figures; and the keys that do the same.
import { h, iconButton } from "../dom.ts";
import type { Studio } from "../studio.ts";
import { copied, mirrored, sideCopied } from "../state/pose.ts";
import { TEXTS } from "../texts.ts";
import { toggle } from "./timeline.ts";

const MAC = /mac|iphone|ipad/i.test(navigator.platform);
const CTRL = MAC ? "⌘" : "Ctrl+";

export interface Command {
  name: string;
  icon?: string;
  keys: string;
  why?: string;
  shown?: boolean;
  matches?(event: KeyboardEvent): boolean;
  run(): void;
}

const key = (wanted: string, shift = false) => (event: KeyboardEvent) =>
  event.key.toLowerCase() === wanted && event.shiftKey === shift && !event.ctrlKey && !event.metaKey && !event.altKey;
const control = (wanted: string, shift = false) => (event: KeyboardEvent) =>
  event.key.toLowerCase() === wanted && (event.ctrlKey || event.metaKey) && event.shiftKey === shift && !event.altKey;

export function commands(studio: Studio, showHelp: () => void, copyLink: () => void): Command[] {
  const { stage, skeleton } = studio;
  const side = (from: "left" | "right") => stage.set(sideCopied(stage.pose, skeleton.joints, skeleton.mirror, from));
  const view = (name: "front" | "side" | "top") => () => studio.viewport?.frameBody(name);
  let clipboard = copied(stage.pose);
  const steps = (by: number) => () => {
    studio.timeline?.step(by);
    studio.showFrame();
    stage.commit();
  };
  return [
    { name: TEXTS.undo, icon: "undo", keys: `${CTRL}Z`, matches: control("z"), run: () => stage.undo() },
    { name: TEXTS.redo, icon: "redo", keys: MAC ? "⇧⌘Z" : "Ctrl+Y", matches: (e) => control("z", true)(e) || control("y")(e), run: () => stage.redo() },
    { name: TEXTS.flip, icon: "flip", keys: "M", why: TEXTS.flipWhy, matches: key("m"), run: () => stage.set(mirrored(stage.pose, skeleton.mirror)) },
    { name: TEXTS.leftToRight, icon: "right", keys: "]", why: TEXTS.leftToRightWhy, matches: key("]"), run: () => side("left") },
    { name: TEXTS.rightToLeft, icon: "left", keys: "[", why: TEXTS.rightToLeftWhy, matches: key("["), run: () => side("right") },
    { name: TEXTS.symmetry, icon: "symmetry", keys: "X", why: TEXTS.symmetryWhy, matches: key("x"), run: () => { stage.symmetry = !stage.symmetry; studio.tell("symmetry", stage.symmetry); } },
    { name: TEXTS.random, icon: "dice", keys: "R", matches: key("r"), run: () => studio.take(studio.stances[Math.floor(Math.random() * studio.stances.length)].pose) },
    { name: TEXTS.addFigure, icon: "add", keys: "Shift+D", matches: key("d", true), run: () => addFigure(studio) },
    { name: TEXTS.removeFigure, icon: "minus", keys: "Del", matches: (e) => e.key === "Delete", run: () => stage.remove() },
    { name: TEXTS.front, keys: "1", matches: key("1"), run: view("front") },
    { name: TEXTS.side, keys: "3", matches: key("3"), run: view("side") },
    { name: TEXTS.top, keys: "7", matches: key("7"), run: view("top") },
    { name: TEXTS.frame, keys: "F", matches: key("f"), run: () => studio.viewport?.frameBody() },
    { name: TEXTS.cameraNext, keys: "0", matches: key("0"), run: () => studio.tell("camera", null) },
    { name: TEXTS.handlesKey, keys: "H", matches: key("h"), run: () => studio.tell("handles", null) },
    { name: "Rings in the joint's or the world's axes", keys: "Q", matches: key("q"), run: () => { world = !world; studio.viewport?.setWorldRings(world); } },
    { name: "Stop a drag, put the rings away", keys: "Esc", matches: (e) => e.key === "Escape", run: () => { stage.cancel(); studio.viewport?.ring(-1); } },
    { name: "Copy pose / paste / paste flipped", keys: `${CTRL}C | ${CTRL}V | ${MAC ? "⇧⌘V" : "Ctrl+Shift+V"}`, matches: (e) => control("c")(e) && !String(getSelection()), run: () => { clipboard = copied(stage.pose); } },
    { name: "", keys: "", matches: control("v"), run: () => stage.set(clipboard) },
    { name: "", keys: "", matches: control("v", true), run: () => stage.set(mirrored(clipboard, skeleton.mirror)) },
    { name: TEXTS.play, keys: "Space", matches: key(" "), run: () => toggle(studio) },
    { name: `${TEXTS.previous} / ${TEXTS.next.toLowerCase()}`, keys: ", | .", matches: key(","), run: steps(-1) },
    { name: "", keys: "", matches: key("."), run: steps(1) },
    { name: TEXTS.pagesKey, keys: "PgUp | PgDn", run: () => {} },
    { name: "Link with this pose", keys: "L", matches: key("l"), run: copyLink },
    { name: TEXTS.help, icon: "help", keys: "?", matches: (e) => e.key === "?", run: showHelp },
  ];
}

let world = false;

function addFigure(studio: Studio): void {
  const pose = copied(studio.stage.pose);
  const [x, y, z] = pose.translation ?? [0, 0.95, 0];
  studio.stage.add({ ...pose, translation: [x + 1, y, z] });
  studio.viewport?.frameBody();
}

export function toolbar(studio: Studio, all: Command[]): HTMLElement {
  const buttons = all.filter((one) => one.icon && one.icon !== "help").map((one) => {
    const button = iconButton(one.icon!, one.name, one.run, { keys: one.keys, why: one.why, shown: !["undo", "redo"].includes(one.icon!) });
    button.dataset.command = one.icon;
    return button;
  });
  const by = (name: string) => buttons.find((one) => one.dataset.command === name)!;
  const update = () => {
    by("undo").disabled = !studio.stage.canUndo;
    by("redo").disabled = !studio.stage.canRedo;
    by("minus").hidden = studio.stage.figures.length < 2;
  };
  studio.stage.onChange(update);
  studio.on<boolean>("symmetry", (on) => by("symmetry").setAttribute("aria-pressed", String(on)));
  by("symmetry").setAttribute("aria-pressed", "false");
  update();
  return h("div.toolbar", { role: "toolbar", "aria-label": "Pose" }, ...buttons);
}

/** Keys of the page; those that are typed into a field are the field's. */
export function keyboard(all: Command[]): void {
  addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const typing = target.matches("input:not([type=range]):not([type=checkbox]), textarea, select");
    if (typing || (target.matches("button, summary, [role=tab]") && (event.key === " " || event.key === "Enter"))) return;
    const found = all.find((one) => one.matches?.(event));
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}

export function helpDialog(all: () => Command[]): HTMLDialogElement {
  const rows = () => all().filter((one) => one.name).flatMap((one) => [h("dt", {}, ...one.keys.split(" | ").map((text) => h("kbd", {}, text))), h("dd", {}, one.name)]);
  const hands: [string, string][] = [
    ["Drag a round handle", "moves the limb, the body keeps its joints' ranges"], ["Click a handle", "rings turn that joint alone"],
    ["Right click, or P", "pins a hand or a foot"], ["Drag the ground", "turns the view; right drag moves it, wheel zooms"],
    ["The eye, or H over a handle", "hides handles; hidden joints are left out of OpenPose pictures"],
    ["Hover a sentence", "lights its limb; hover a limb, its sentences"], ["Shift with rings", "turns in steps of 5°"],
  ];
  const dialog = h("dialog.help", { "aria-label": TEXTS.helpTitle });
  const close = h("button.primary", { type: "button", onclick: () => dialog.close() }, TEXTS.close);
  const list = h("dl");
  dialog.append(h("h2", {}, TEXTS.helpTitle), h("dl", {}, ...hands.flatMap(([what, does]) => [h("dt", {}, what), h("dd", {}, does)])), list, close);
  dialog.addEventListener("toggle", () => list.replaceChildren(...rows()));
  const show = dialog.showModal.bind(dialog);
  dialog.showModal = () => {
    list.replaceChildren(...rows());
    show();
  };
  return dialog;
}

// The page: what there is of the service is asked, the stage is set, panels are put in their places.
import * as api from "./api.ts";
import { h, icon, iconButton } from "./dom.ts";
import { change, compare, copyText, make, words } from "./panels/words.ts";
import { exports } from "./panels/exports.ts";
import { chooser, drops, openFile } from "./panels/files.ts";
import { found } from "./panels/found.ts";
import { handles } from "./panels/handles.ts";
import { hands, poses } from "./panels/library.ts";
import { photo, type Laid } from "./panels/photo.ts";
import { side, type Tab } from "./panels/side.ts";
import { sign } from "./panels/sign.ts";
import { joints, shape } from "./panels/sliders.ts";
import { still } from "./panels/still.ts";
import { timelineBar } from "./panels/timeline.ts";
import { commands, helpDialog, keyboard, toolbar } from "./panels/toolbar.ts";
import { trace, views } from "./panels/views.ts";
import { loadModel, type Model } from "./scene/figure.ts";
import { Thumbnails } from "./scene/thumbnails.ts";
import { Viewport, type Palette } from "./scene/viewport.ts";
import { cameraPlace } from "./state/photo.ts";
import { fromFragment, toFragment } from "./state/link.ts";
import { copied, type Pose, type Skeleton } from "./state/pose.ts";
import { Studio } from "./studio.ts";
import { TEXTS } from "./texts.ts";

const START = "wave (right hand)";
const FALLBACK = "contrapposto (weight on left)";

function palette(): Palette {
  const style = getComputedStyle(document.body);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return { background: value("--stage"), body: value("--figure"), other: value("--figure-other"), accent: value("--lit"), grid: value("--grid") };
}

async function begin(): Promise<void> {
  const wantsPreview = new URLSearchParams(location.search).get("mesh") === "preview";
  const mesh = wantsPreview ? "preview" : "full";
  const [skeleton, shelf, model] = await Promise.all([api.skeleton(), api.stances(), loadModel(mesh).catch(() => null)]);
  const linked = fromFragment(location.hash);
  const named = (name: string) => shelf.stances.find((one) => one.name === name)?.pose;
  const studio = new Studio(linked ?? named(START) ?? named(FALLBACK) ?? shelf.stances[0].pose, skeleton, shelf.stances, shelf.hands);
  const canvas = h("canvas.view", { "aria-label": TEXTS.stage });
  if (model) openStage(studio, canvas, model, skeleton);
  layout(studio, canvas, skeleton, mesh);
  if (studio.viewport) {
    handles(studio, document.querySelector<HTMLElement>(".handles")!);
    paint(studio);
    studio.viewport.setFigures(studio.stage.figures, studio.stage.activeId);
    studio.viewport.frameBody();
  }
  if (location.hash.startsWith("#pose=") && !linked) studio.say(TEXTS.badLink, "wrong");
  addEventListener("hashchange", () => {
    const pose = fromFragment(location.hash);
    if (pose) studio.take(pose);
  });
  void studio.describe();
  Object.assign(window, { poseloomStudio: studio }); // for tests, and for whoever opens the console
  document.body.classList.add("ready");
}

function openStage(studio: Studio, canvas: HTMLCanvasElement, model: Model, skeleton: Skeleton): void {
  try {
    studio.viewport = new Viewport(canvas, model, skeleton.joints);
    studio.thumbnails = new Thumbnails(model, skeleton.joints);
  } catch {
    studio.viewport = null; // no WebGL: words, generation and exports go on without pictures
  }
}

function paint(studio: Studio): void {
  const colors = palette();
  studio.viewport?.setPalette(colors);
  studio.thumbnails?.setColors(colors.body, colors.accent);
}

function layout(studio: Studio, canvas: HTMLCanvasElement, skeleton: Skeleton, mesh: "full" | "preview"): void {
  const copyLink = () => {
    const address = `${location.origin}${location.pathname}${toFragment(studio.stage.pose)}`;
    history.replaceState(null, "", address);
    void copyText(studio, address);
  };
  const help = helpDialog(() => all);
  const all = commands(studio, () => help.showModal(), copyLink);
  keyboard(all);
  const motion = chooser(".bvh,.npz,.glb,.gltf,.fbx,.pose,.json,.png,.jpg,.jpeg,.webp,.pkl,.amc,.vrm,.mp4,.mov,.webm", (file) => void openFile(studio, file));
  const right = h("aside.right-side", { id: "words", "aria-label": TEXTS.words }, words(studio), change(studio), make(studio), compare(studio), exports(studio));
  const top = h("header.top", {}, h("h1", {}, h("b", {}, "poseloom"), " studio"), toolbar(studio, all), h("div.right", {},
    iconButton("open", TEXTS.open, () => motion.click(), { shown: true }), iconButton("down", TEXTS.export, () => showExports(right), { shown: true, why: TEXTS.exportWhy }),
    iconButton("theme", TEXTS.theme, () => theme(studio)), iconButton("help", TEXTS.help, () => help.showModal(), { keys: "?" }), motion));
  const local = h("span.local", { title: TEXTS.localWhy }, icon("lock"), h("span", {}, TEXTS.local));
  const stage = h("main.stage", { id: "stage" }, trace(studio), canvas, h("div.handles", {}), studio.viewport ? views(studio) : still(studio), local, timelineBar(studio));
  overlay(studio, stage);
  document.body.append(skips(stage, right), top, side(studio, tabs(studio, skeleton, mesh)), stage, right, drops(studio), notice(studio), help);
  const update = () => studio.viewport?.setSnap(shift);
  let shift = false;
  for (const kind of ["keydown", "keyup"] as const) addEventListener(kind, (event) => { shift = event.shiftKey; update(); });
}

/** For the keyboard: past the tools and the shelf of poses, to the stage's handles or to the words. */
function skips(stage: HTMLElement, words: HTMLElement): HTMLElement {
  const link = (text: string, to: HTMLElement, first: string) => h("a.skip", { href: `#${to.id}`, onclick: (event: Event) => {
    event.preventDefault(); // the address may hold a pose behind its "#"
    const shown = [...to.querySelectorAll<HTMLElement>(first)].find((one) => one.checkVisibility({ visibilityProperty: true }));
    if (!shown) to.tabIndex = -1; // not before: a click on it would take the focus
    (shown ?? to).focus();
  } }, text);
  return h("nav.skips", { "aria-label": TEXTS.skips }, link(TEXTS.skipToStage, stage, ".handle"), link(TEXTS.skipToWords, words, ".sentence"));
}

function tabs(studio: Studio, skeleton: Skeleton, mesh: "full" | "preview"): Tab[] {
  const average = (skeleton as Skeleton & { shape: Record<string, number> }).shape;
  return [
    { name: TEXTS.poses, icon: "poses", make: () => poses(studio) },
    { name: TEXTS.joints, icon: "joints", make: () => joints(studio) },
    { name: TEXTS.hands, icon: "hands", make: () => hands(studio) },
    { name: TEXTS.body, icon: "body", make: () => shape(studio, average, (numbers) => reshape(studio, numbers, mesh)) },
    { name: TEXTS.photo, icon: "image", make: () => photo(studio), needs: "photo" },
    { name: TEXTS.search, icon: "search", make: () => found(studio), needs: "search" },
    { name: TEXTS.sign, icon: "sign", make: () => sign(studio) },
  ];
}

/** The export block where it can be seen, its first button ready. */
function showExports(right: HTMLElement): void {
  const block = right.querySelector<HTMLElement>("[data-panel=export]")!;
  block.scrollIntoView({ block: "end", behavior: "smooth" });
  block.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
  block.classList.remove("called");
  requestAnimationFrame(() => block.classList.add("called"));
}

/** The photo under the figure, and the stage seen by the photo's camera. */
function overlay(studio: Studio, stage: HTMLElement): void {
  const view = studio.viewport;
  if (!view) return;
  view.onTurned = () => studio.tell("overlay", null);
  studio.on<Laid | null>("overlay", (laid) => {
    stage.classList.toggle("photoed", !!laid);
    studio.tell("trace", laid?.file ?? null);
    if (!laid) return view.leavePhoto();
    const { position, turn } = cameraPlace(laid.seen.pose, laid.stood);
    view.lookAsPhoto(laid.camera, position, turn);
  });
}

async function reshape(studio: Studio, numbers: number[], mesh: "full" | "preview"): Promise<void> {
  const view = studio.viewport;
  const pose = copied(studio.stage.pose);
  pose.shape = numbers;
  pose.shape_model = "anny";
  if (view) {
    view.setModel(await loadModel(mesh, numbers));
    view.setFigures(studio.stage.figures, studio.stage.activeId);
    view.body.apply(pose);
    const lowest = view.body.lowest();
    const low = pose.translation?.[1] ?? 0;
    pose.translation = [pose.translation?.[0] ?? 0, low - lowest, pose.translation?.[2] ?? 0] as Pose["translation"];
  }
  studio.stage.set(pose);
  studio.tell("shape", "");
  view?.draw();
}

function theme(studio: Studio): void {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  paint(studio);
}

function notice(studio: Studio): HTMLElement {
  const box = h("div.notice", { role: "status", "aria-live": "polite" });
  let timer = 0;
  studio.on<{ text: string; kind: string }>("notice", ({ text, kind }) => {
    clearTimeout(timer);
    box.textContent = text;
    box.className = `notice shown ${kind}`;
    if (kind !== "away") timer = window.setTimeout(() => box.classList.remove("shown"), kind === "wrong" ? 9000 : 3500);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint(studio));
  return box;
}

begin().catch((error) => {
  document.body.replaceChildren(h("p.fatal", { role: "alert" }, `The studio could not start: ${error instanceof Error ? error.message : error}`));
});

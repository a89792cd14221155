// Round handles over the body: drag one and the limb follows, click it and rings turn the joint alone.
import { Vector3 } from "../three.ts";
import { h } from "../dom.ts";
import type { Studio } from "../studio.ts";
import type { Vec3 } from "../state/pose.ts";
import { jointTitle, TEXTS } from "../texts.ts";

export const DRAGGED = [
  "pelvis", "spine3", "head", "left_wrist", "right_wrist", "left_elbow", "right_elbow", "left_ankle", "right_ankle", "left_knee", "right_knee",
];
const TURNED = ["left_shoulder", "right_shoulder", "left_hip", "right_hip", "spine1", "neck", "left_foot", "right_foot"];
/** Where a handle sits, where that is not the joint itself: metres from it in the T-pose. */
const GRIPS: Record<string, Vec3> = { head: [0, 0.19, 0.02] };
const CLICK = 4; // pixels that a click may slip
const NUDGE = 0.01; // metres of an arrow key
const NEAR = 34; // pixels from a bone that count as on it

interface Drag {
  joint: string;
  id: number;
  x: number;
  y: number;
  moved: boolean;
  ended: boolean;
  offset: Vector3;
  target: Vec3 | null;
  busy: boolean;
}

export function handles(studio: Studio, layer: HTMLElement): void {
  const view = studio.viewport!;
  const joints = studio.skeleton.joints;
  const buttons = new Map<string, HTMLButtonElement>();
  let drag: Drag | null = null;

  const place = () => {
    for (const [joint, button] of buttons) {
      const at = view.onScreen(joints.indexOf(joint), undefined, GRIPS[joint]);
      button.style.transform = `translate(${at.x.toFixed(1)}px, ${at.y.toFixed(1)}px)`;
      button.hidden = at.z > 1 || studio.hidden.has(joint);
    }
  };

  const hide = (names: string[]) => {
    names.forEach((joint) => studio.hidden.add(joint));
    if (!names.length) studio.hidden.clear();
    studio.tell("hidden", studio.hidden.size > 0);
    view.ring(-1);
    place();
  };
  studio.on("handles", () => {
    const over = [...buttons].find(([, button]) => button.matches(":hover, :focus-visible") && !button.hidden);
    if (over) studio.say(TEXTS.handleHidden(jointTitle(over[0])));
    hide(over ? [over[0]] : studio.hidden.size ? [] : [...buttons.keys()]);
  });

  const label = (joint: string) => {
    const button = buttons.get(joint)!;
    const pinned = studio.stage.pins.has(joint);
    button.classList.toggle("pinned", pinned);
    button.setAttribute("aria-label", TEXTS.handle(jointTitle(joint), pinned));
    button.title = jointTitle(joint);
  };

  const run = async (one: Drag) => {
    if (one.busy) return;
    one.busy = true;
    try {
      while (one.target) {
        const target = one.target;
        one.target = null;
        await studio.reach(one.joint, target);
      }
    } catch (error) {
      studio.complain(error);
      one.ended = true;
      studio.stage.cancel();
    }
    one.busy = false;
    if (one.ended) studio.stage.commit();
  };

  const target = (one: Drag, x: number, y: number): Vec3 | null => {
    const at = view.body.place(joints.indexOf(one.joint));
    const under = view.under(x, y, at.clone());
    return under ? (under.add(one.offset).toArray() as Vec3) : null;
  };

  const begin = (joint: string, event: PointerEvent, button: HTMLButtonElement) => {
    if (event.button > 0) return;
    event.preventDefault();
    button.focus({ preventScroll: true });
    button.setPointerCapture(event.pointerId);
    const { left, top } = layer.getBoundingClientRect();
    const at = view.body.place(joints.indexOf(joint));
    const under = view.under(event.clientX - left, event.clientY - top, at.clone()) ?? at.clone();
    drag = { joint, id: event.pointerId, x: event.clientX, y: event.clientY, moved: false, ended: false, offset: at.clone().sub(under), target: null, busy: false };
    button.classList.add("held");
  };

  const move = (event: PointerEvent) => {
    if (!drag || event.pointerId !== drag.id || drag.ended) return;
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < CLICK) return;
    if (!drag.moved) view.ring(-1);
    drag.moved = true;
    if (!DRAGGED.includes(drag.joint)) return;
    const { left, top } = layer.getBoundingClientRect();
    drag.target = target(drag, event.clientX - left, event.clientY - top);
    void run(drag);
  };

  const end = (event: PointerEvent, button: HTMLButtonElement) => {
    button.classList.remove("held");
    if (!drag || event.pointerId !== drag.id) return;
    const one = drag;
    drag = null;
    one.ended = true;
    if (!one.moved) rings(one.joint);
    else if (!one.busy) studio.stage.commit();
  };

  const rings = (joint: string) => {
    const index = joints.indexOf(joint);
    const now = view.ringed === index ? -1 : index;
    view.ring(now);
    studio.tell("ring", now < 0 ? null : joint);
    for (const [name, button] of buttons) button.classList.toggle("ringed", now >= 0 && name === joint);
  };

  const keys = async (joint: string, event: KeyboardEvent) => {
    const ways: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    if (event.ctrlKey || event.metaKey) return;
    if (event.key.toLowerCase() === "p" && DRAGGED.includes(joint)) {
      const pinned = studio.stage.togglePin(joint);
      label(joint);
      studio.say(pinned ? TEXTS.pinned(jointTitle(joint)) : TEXTS.unpinned(jointTitle(joint)));
      event.stopPropagation();
    } else if (event.key.toLowerCase() === "h") {
      event.stopPropagation();
      studio.tell("handles", null);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      event.stopPropagation();
      rings(joint);
    } else if (ways[event.key] && DRAGGED.includes(joint)) {
      event.preventDefault();
      event.stopPropagation();
      const [x, y] = ways[event.key].map((way) => way * NUDGE * (event.shiftKey ? 5 : 1));
      const way = new Vector3(x, y, 0).applyQuaternion(view.camera.quaternion);
      const at = view.body.place(joints.indexOf(joint)).add(way);
      try {
        if (await studio.reach(joint, at.toArray() as Vec3)) studio.stage.commit();
      } catch (error) {
        studio.complain(error);
      }
    }
  };

  const togglePin = (joint: string) => {
    if (!DRAGGED.includes(joint)) return;
    const pinned = studio.stage.togglePin(joint);
    label(joint);
    studio.say(pinned ? TEXTS.pinned(jointTitle(joint)) : TEXTS.unpinned(jointTitle(joint)));
  };

  for (const joint of [...TURNED, ...DRAGGED]) {
    const kind = DRAGGED.includes(joint) ? "drags" : "turns";
    const button = h(`button.handle.${kind}` as "button", { type: "button", "data-handle": joint });
    buttons.set(joint, button);
    button.onpointerdown = (event) => begin(joint, event, button);
    button.onpointermove = move;
    button.onpointerup = button.onpointercancel = (event) => end(event, button);
    button.onkeydown = (event) => void keys(joint, event);
    button.oncontextmenu = (event) => {
      event.preventDefault();
      togglePin(joint);
    };
    button.onpointerenter = () => !drag && studio.light([joint], "stage");
    button.onfocus = () => !drag && studio.light([joint], "stage");
    button.onpointerleave = () => !drag && studio.light([], "stage");
    button.onblur = () => studio.light([], "stage");
    label(joint);
    layer.append(button);
  }
  view.onDrawn(place);
  rangedRings(studio);
  hover(studio, layer);
  choose(studio);
}

/** What the rings ask for goes to the service and comes back within the joint's range; the newest turn wins. */
function rangedRings(studio: Studio): void {
  const view = studio.viewport!;
  let asked: { joint: number; row: Vec3 } | null = null;
  let [busy, ended] = [false, false];
  const run = async () => {
    busy = true;
    try {
      while (asked) {
        const { joint, row } = asked;
        asked = null;
        await studio.turn(joint, row);
      }
    } catch (error) {
      studio.complain(error);
      studio.stage.cancel();
    }
    busy = false;
    if (ended) studio.stage.commit();
  };
  view.onRing = (joint, row, done) => {
    ended = done;
    if (!done) {
      asked = { joint, row };
      view.show(studio.stage.pose);
    }
    if (!busy && (asked || done)) void run();
  };
}

/** A click on another figure makes it the one at work. */
function choose(studio: Studio): void {
  const view = studio.viewport!;
  let start = { x: 0, y: 0 };
  view.canvas.addEventListener("pointerdown", (event) => (start = { x: event.offsetX, y: event.offsetY }));
  view.canvas.addEventListener("pointerup", (event) => {
    if (view.turning || Math.hypot(event.offsetX - start.x, event.offsetY - start.y) > CLICK) return;
    let best = NEAR;
    let found = studio.stage.activeId;
    for (const { id } of studio.stage.figures) {
      for (let joint = 0; joint < 22; joint++) {
        const at = view.onScreen(joint, id);
        const apart = Math.hypot(at.x - event.offsetX, at.y - event.offsetY);
        if (apart < best) [best, found] = [apart, id];
      }
    }
    studio.stage.activate(found);
  });
}

/** The limb under the pointer, by the bones as they are on the screen. */
function hover(studio: Studio, layer: HTMLElement): void {
  const view = studio.viewport!;
  const { joints, parents } = studio.skeleton;
  view.canvas.addEventListener("pointermove", (event) => {
    if (event.buttons || view.turning || event.pointerType === "touch") return;
    const { left, top } = layer.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    let best = NEAR;
    let found = "";
    for (let joint = 1; joint < 22; joint++) {
      const [a, b] = [view.onScreen(parents[joint]), view.onScreen(joint)];
      const [u, v] = [b.x - a.x, b.y - a.y];
      const share = Math.max(0, Math.min(1, ((x - a.x) * u + (y - a.y) * v) / Math.max(u * u + v * v, 1e-6)));
      const apart = Math.hypot(a.x + share * u - x, a.y + share * v - y);
      if (apart < best) [best, found] = [apart, share > 0.75 || parents[joint] === 0 ? joints[joint] : joints[parents[joint]]];
    }
    studio.light(found ? [found] : [], "stage");
  });
  view.canvas.addEventListener("pointerleave", () => studio.light([], "stage"));
}

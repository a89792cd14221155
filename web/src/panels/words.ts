// The words beside the figure: sentences that light up their limb, style and person; an instruction, a text, a start.
import * as api from "../api.ts";
import { h, iconButton, select } from "../dom.ts";
import type { Studio, Style } from "../studio.ts";
import { copied, type Pose } from "../state/pose.ts";
import { TEXTS } from "../texts.ts";
import { spoken, type Person } from "../state/person.ts";

export function words(studio: Studio): HTMLElement {
  const text = h("div.sentences", { "aria-live": "polite", "data-words": "" }, h("p.quiet", {}, TEXTS.wordsEmpty));
  let person: Person = "";
  const show = () => {
    const rows = studio.sentences.map((one) => {
      const row = h("span.sentence", { tabIndex: 0 }, spoken(one.text, person));
      row.onpointerenter = row.onfocus = () => studio.light(one.joints, "words");
      row.onpointerleave = row.onblur = () => studio.light([], "words");
      return row;
    });
    text.classList.toggle("list", studio.style === "list" || studio.style === "coach");
    const before = [...text.querySelectorAll(".sentence")].map((one) => one.textContent);
    rows.forEach((row) => row.classList.toggle("fresh", !before.includes(row.textContent) && before.length > 0));
    text.replaceChildren(...rows.flatMap((row) => [row, document.createTextNode(" ")]));
  };
  studio.on<unknown>("words", show);
  studio.on<{ joints: string[]; by: string }>("light", ({ joints, by }) => {
    [...text.children].forEach((row, place) => {
      const own = studio.sentences[place]?.joints ?? [];
      row.classList.toggle("lit", by === "stage" && joints.some((one) => own.includes(one)));
    });
  });
  const style = select(TEXTS.style, TEXTS.styles, studio.style, (value) => {
    studio.style = value as Style;
    void studio.describe();
  });
  const who = select(TEXTS.person, TEXTS.persons, "", (value) => {
    person = value as Person;
    show();
  });
  const names = h("input", { type: "checkbox", onchange: () => { studio.names = names.checked; void studio.describe(); } });
  const copy = iconButton("copy", TEXTS.copy, () => void copyText(studio, spoken(studio.text, person)));
  const tools = h("div.tools", {}, style, who, h("label.check", {}, names, TEXTS.names), copy);
  return h("section.words", { "aria-label": TEXTS.words }, text, tools);
}

export async function copyText(studio: Studio, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    studio.say(TEXTS.copied);
  } catch {
    studio.say(TEXTS.copyFailed, "wrong");
  }
}

function told(found: api.Drawn): HTMLElement {
  const part = (title: string, rows: string[], kind: string) =>
    rows.length ? h("p.told", {}, h("span.tag", {}, title), ...rows.map((row) => h(`span.chip.${kind}` as "span", {}, row))) : null;
  return h("div.understanding", {}, part(TEXTS.understood, found.understood, "yes"), part(TEXTS.notUnderstood, found.not_understood, "no"),
    ...found.notes.slice(0, 2).map((note) => h("p.quiet", {}, note)));
}

interface Ask {
  form: HTMLFormElement;
  busy(on: boolean): void;
}

function ask(label: string, hint: string, button: string, send: (text: string) => Promise<void>): Ask {
  const input = h("input", { type: "text", placeholder: hint, "aria-label": label, autocomplete: "off", spellcheck: true, maxLength: 2000 });
  const go = h("button.primary", { type: "submit" }, button);
  const form = h("form.ask", { onsubmit: (event: Event) => { event.preventDefault(); input.value = input.value.trim() || hint; void send(input.value); } }, h("label", {}, h("span", {}, label), input), go);
  return { form, busy: (on) => { go.disabled = on; form.classList.toggle("busy", on); } };
}

/** An instruction changes the pose on the stage. */
export function change(studio: Studio): HTMLElement {
  const answer = h("div", { "aria-live": "polite" });
  let seed = 0;
  const asked = ask(TEXTS.change, TEXTS.changeHint, TEXTS.changeDo, async (text) => {
    asked.busy(true);
    try {
      const found = await api.edit(copied(studio.stage.pose), text, seed++);
      answer.replaceChildren(told(found));
      if (found.poses.length) studio.take(onPlace(studio, found.poses[0]), false);
    } catch (error) {
      studio.complain(error);
    }
    asked.busy(false);
  });
  return h("section.block", { "data-panel": "change" }, asked.form, answer);
}

/** Where the figure stands stays; how high it is, is found anew. */
function onPlace(studio: Studio, pose: Pose): Pose {
  const [x, , z] = studio.stage.pose.translation ?? [0, 0, 0];
  const free = studio.placed({ ...pose, translation: null });
  return { ...free, translation: [x, free.translation![1], z] };
}

/** A text gives four poses, painted; a click takes one. */
export function make(studio: Studio): HTMLElement {
  const tiles = h("div.tiles", { role: "group" });
  const answer = h("div", { "aria-live": "polite" });
  let seed = 0;
  let last = "";
  const draw = async (text: string) => {
    seed = text === last ? seed + 1 : 0;
    last = text;
    asked.busy(true);
    try {
      const found = await api.generate(text, seed);
      answer.replaceChildren(told(found));
      tiles.replaceChildren(...found.poses.map((pose, place) => tile(studio, pose, TEXTS.take(place + 1), TEXTS.holds(pose.facts_true, pose.facts_read))));
      more.hidden = !found.poses.length;
    } catch (error) {
      studio.complain(error);
    }
    asked.busy(false);
  };
  const asked = ask(TEXTS.make, TEXTS.makeHint, TEXTS.makeDo, draw);
  const more = h("button.quiet", { type: "button", hidden: true, onclick: () => void draw(last) }, TEXTS.more);
  return h("section.block", { "data-panel": "make" }, asked.form, answer, tiles, more);
}

export function tile(studio: Studio, pose: Pose, label: string, note = "", act: () => void = () => studio.take(pose)): HTMLButtonElement {
  const canvas = h("canvas", { "aria-hidden": "true", hidden: !studio.thumbnails });
  const shown = [studio.thumbnails ? "" : label, note === label && !studio.thumbnails ? "" : note].filter(Boolean).join(": ");
  const made = h("button.tile", { type: "button", "aria-label": label, title: note || label, onclick: act }, canvas, shown ? h("span.note", {}, shown) : null);
  studio.thumbnails?.paint(canvas, pose, true);
  return made;
}

/** A start that is kept, the pose on the stage, and the instruction between the two. */
export function compare(studio: Studio): HTMLElement {
  let start: Pose | null = null;
  const text = h("p.instruction", { "aria-live": "polite" }, TEXTS.compareHint);
  const [first, second] = [h("canvas", { "aria-hidden": "true" }), h("canvas", { "aria-hidden": "true" })];
  const pictures = h("div.two", { hidden: true }, first, h("span", { "aria-hidden": "true" }, "→"), second);
  let waiting = 0;
  const update = () => {
    if (!start) return;
    clearTimeout(waiting);
    waiting = window.setTimeout(async () => {
      studio.thumbnails?.paint(second, studio.stage.pose, true);
      try {
        const found = await studio.live.ask<{ texts: { text: string }[] }>("instruct", { start: copied(start!), end: copied(studio.stage.pose) });
        if (found) text.textContent = found.texts[0]?.text || TEXTS.compareNone;
      } catch (error) {
        studio.complain(error);
      }
    }, 120);
  };
  const set = () => {
    start = copied(studio.stage.pose);
    pictures.hidden = back.hidden = false;
    studio.thumbnails?.paint(first, start, true);
    update();
  };
  const back = h("button.quiet", { type: "button", hidden: true, onclick: () => start && studio.take(start) }, TEXTS.compareGo);
  studio.stage.onChange(update);
  return h("section.block", { "data-panel": "compare" }, h("h2", {}, TEXTS.compare), pictures, text, h("div.tools", {}, h("button.quiet", { type: "button", onclick: set }, TEXTS.compareSet), back));
}

// Photos and videos: who is seen, the body of the one that is picked, laid over the photo; and that person in the stage's pose.
import * as api from "../api.ts";
import { h } from "../dom.ts";
import { finished, type Step } from "../jobs.ts";
import type { Studio } from "../studio.ts";
import { boxInPercent, type Seen } from "../state/photo.ts";
import { copied, type Pose } from "../state/pose.ts";
import { TEXTS } from "../texts.ts";
import { chooser } from "./files.ts";

const ACCEPT = "image/*,video/*,.mkv,.avi";

export interface Laid {
  file: File;
  camera: { focal: number; centre: [number, number]; size: [number, number] };
  seen: Seen;
  stood: Pose; // as the clip puts the same body on the floor
}

export function photo(studio: Studio): HTMLElement {
  let file: File | null = null;
  let found: api.Recovered | null = null;
  let picked = -1;
  let stood = copied(studio.stage.pose);
  let stop = new AbortController();
  const picture = h("img.photo", { alt: "", hidden: true });
  const boxes = h("div.boxes", {});
  const many = h("p.quiet", { "aria-live": "polite" });
  const over = h("button.kind", { type: "button", hidden: true, title: TEXTS.overlayWhy, "data-overlay": "", "aria-pressed": "false" }, TEXTS.overlay);
  const bar = h("progress", { "aria-label": TEXTS.howFar, max: 1 });
  const doing = h("span.quiet", {});
  const halt = h("button.kind", { type: "button", "data-stop": "", onclick: () => stop.abort() }, TEXTS.stop);
  const work = h("div.work", { hidden: true }, bar, doing, halt);
  const input = chooser(ACCEPT, (one) => void look(one));

  const look = async (one: File) => {
    stop.abort();
    const mine = (stop = new AbortController());
    [file, found, picked] = [one, null, -1];
    boxes.replaceChildren();
    over.hidden = true;
    show(one);
    many.textContent = TEXTS.looking(one.name);
    tell(TEXTS.sending);
    work.hidden = false;
    try {
      const told = await finished(await api.recover(one, mine.signal), mine.signal, (step) => mine === stop && tell(step ? TEXTS.steps[step.what] ?? step.what : TEXTS.waits, step));
      if (mine !== stop) return;
      if (!told.clips.length) throw new api.Refusal(TEXTS.nobody, "nobody");
      found = told;
      people();
      pick(0);
    } catch (error) {
      if (mine !== stop) return;
      many.textContent = mine.signal.aborted ? TEXTS.stopped : TEXTS.notOpened(one.name, error instanceof Error ? error.message : String(error));
      if (!mine.signal.aborted) studio.say(many.textContent, "wrong");
    } finally {
      if (mine === stop) work.hidden = true;
    }
  };

  /** What is done, and how much of it; the bar runs on where nobody knows. */
  const tell = (what: string, step: Step | null = null) => {
    doing.textContent = step && step.unit === "frames" ? `${what}: ${TEXTS.lookedAt(step.done, step.total)}` : what;
    if (step?.total) bar.value = step.done / step.total;
    else bar.removeAttribute("value");
  };

  const show = (one: File) => {
    URL.revokeObjectURL(picture.src);
    picture.hidden = one.type.startsWith("video") || !one.type;
    picture.alt = one.name;
    if (!picture.hidden) picture.src = URL.createObjectURL(one);
    transferring.ready(!picture.hidden);
  };

  /** A button over each person of a photo; for a video one below the other. */
  const people = () => {
    const still = found!.clips[0].poses.length === 1 && !picture.hidden;
    boxes.classList.toggle("over", still);
    boxes.replaceChildren(...found!.clips.map((clip, place) => {
      const title = TEXTS.person1(place + 1);
      const made = h("button.person", { type: "button", "aria-label": title, title, "aria-pressed": "false", "data-person": place + 1, onclick: () => pick(place) }, h("span", {}, still ? String(place + 1) : title));
      const row = seen(clip.person);
      if (still && row) for (const [side, share] of Object.entries(boxInPercent(row.box, found!.size))) made.style.setProperty(side, `${share.toFixed(2)}%`);
      return made;
    }));
  };

  const seen = (person: number) => found?.people.find((row) => row.person === person) ?? null;

  const pick = (place: number) => {
    picked = place;
    const clip = found!.clips[place];
    const guessed = Object.keys(clip.unseen ?? {}).map((limb) => limb.replace("_", " "));
    many.textContent = [TEXTS.pickPerson(found!.clips.length), guessed.length ? TEXTS.guessed(guessed) : ""].join(" ");
    [...boxes.children].forEach((one, number) => one.setAttribute("aria-pressed", String(number === place)));
    studio.openMotion(clip.name || file!.name, clip.poses, clip.fps);
    stood = copied(studio.stage.pose);
    over.hidden = clip.poses.length > 1 || picture.hidden || !studio.viewport;
    if (!over.hidden) lay(true);
  };

  const lay = (on: boolean) => {
    const row = picked < 0 ? null : seen(found!.clips[picked].person);
    const { focal, centre } = found?.camera ?? { focal: 0, centre: [0, 0] };
    studio.tell("overlay", on && row ? { file, camera: { focal, centre, size: found!.size }, seen: { person: row.person, box: row.box, pose: row }, stood } : null);
  };
  over.onclick = () => lay(over.getAttribute("aria-pressed") !== "true");
  studio.on<Laid | null>("overlay", (laid) => over.setAttribute("aria-pressed", String(!!laid)));
  studio.on<File>("looking", (one) => void look(one));

  const transferring = transfer(studio, () => ({ file, box: picked < 0 ? null : seen(found!.clips[picked].person)?.box ?? null }));
  return h("div.panel", { "data-panel": "photo" }, h("h2", {}, TEXTS.photoTake), h("p.quiet", {}, TEXTS.photoWhy),
    h("div.tools", {}, h("button.primary", { type: "button", onclick: () => input.click() }, TEXTS.choosePhoto), input), work,
    h("div.found", {}, picture, boxes), many, h("div.tools", {}, over), transferring.box);
}

/** The person of the chosen photo in the pose of the stage. */
function transfer(studio: Studio, chosen: () => { file: File | null; box: number[] | null }): { box: HTMLElement; ready(on: boolean): void } {
  const after = h("img.photo", { alt: TEXTS.transferred, hidden: true });
  const save = h("a.kind", { download: "transferred.png", hidden: true }, TEXTS.download);
  const go = h("button.kind", { type: "button", disabled: true, title: TEXTS.transferFirst, "data-transfer": "" }, TEXTS.transferDo);
  go.onclick = async () => {
    const { file, box } = chosen();
    if (!file) return;
    go.disabled = true;
    try {
      const made = await api.transfer(file, copied(studio.stage.pose), box);
      after.src = save.href = made.picture;
      after.hidden = save.hidden = false;
      for (const note of (made.notes ?? []).slice(0, 1)) studio.say(note);
    } catch (error) {
      studio.complain(error);
    }
    go.disabled = false;
  };
  const ready = (on: boolean) => {
    go.disabled = !on;
    go.title = on ? TEXTS.transferWhy : TEXTS.transferFirst;
    after.hidden = save.hidden = true;
  };
  return { box: h("section.apart", { "data-panel": "transfer" }, h("h2", {}, TEXTS.transferTitle), h("p.quiet", {}, TEXTS.transferWhy), h("div.tools", {}, go, save), after), ready };
}

// Files come in by drop, by paste or by a button: motions, poses, keypoints, pictures with a pose in them, photos.
import { convert, get, Refusal, type Motion } from "../api.ts";
import { h } from "../dom.ts";
import type { Studio } from "../studio.ts";
import { checked, type Pose } from "../state/pose.ts";
import { TEXTS } from "../texts.ts";

const PICTURE = /\.(png|jpe?g|webp|bmp|gif|tiff?)$/i;
const VIDEO = /\.(mp4|mov|webm|mkv|avi)$/i;
const POLL = 700; // milliseconds

export async function openFile(studio: Studio, file: File): Promise<void> {
  try {
    studio.say(`${file.name} …`);
    const own = await ownJson(file);
    if (own) return studio.openMotion(file.name, [own], 30);
    const motion = VIDEO.test(file.name) ? await recovered(studio, file) : await read(studio, file);
    for (const note of motion.notes.slice(0, 1)) studio.say(note);
    studio.openMotion(motion.name || file.name, motion.poses, motion.fps);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    studio.say(TEXTS.notOpened(file.name, why), "wrong");
  }
}

/** A picture that carries its pose gives it; any other picture, the person who is seen. */
async function read(studio: Studio, file: File): Promise<Motion> {
  try {
    return await convert(file);
  } catch (error) {
    if (!PICTURE.test(file.name) || !(error instanceof Refusal)) throw error;
    const motion = await recovered(studio, file);
    studio.tell("trace", file);
    return motion;
  }
}

async function ownJson(file: File): Promise<Pose | null> {
  if (!/\.json$/i.test(file.name) || file.size > 1 << 20) return null;
  try {
    return checked(JSON.parse(await file.text()));
  } catch {
    return null;
  }
}

interface Job {
  id: string;
  status: string;
  progress?: { text?: string; done?: number; total?: number } | null;
  result?: { clips: Motion[] };
  error?: { message: string };
}

/** The largest person of a photo; of a video a job that is asked until it is done. */
async function recovered(studio: Studio, file: File): Promise<Motion> {
  const form = new FormData();
  form.append("file", file, file.name);
  form.append("people", "1");
  let answer: Response;
  try {
    answer = await fetch("/v1/recover", { method: "POST", body: form });
  } catch {
    throw new Refusal(TEXTS.away, "unreachable");
  }
  const body = await answer.json();
  if (!answer.ok) throw new Refusal(body.error?.message ?? String(answer.status), body.error?.code ?? "");
  let job = body as Job & { clips?: Motion[] };
  if (answer.status !== 202) return first(job.clips);
  while (job.status === "waiting" || job.status === "running") {
    await new Promise((resolve) => setTimeout(resolve, POLL));
    job = await get<Job>(`/v1/jobs/${job.id}`);
    const done = job.progress?.done;
    studio.say(done === undefined ? `${file.name} …` : `${file.name}: ${done}${job.progress?.total ? ` / ${job.progress.total}` : ""}`);
  }
  if (job.status !== "done") throw new Refusal(job.error?.message ?? job.status, job.status);
  return first(job.result?.clips);
}

function first(clips: Motion[] | undefined): Motion {
  if (!clips?.length) throw new Refusal("nobody was found in it.", "nobody");
  return clips[0];
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

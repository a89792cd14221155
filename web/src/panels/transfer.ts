// The person of a photo in the pose of the stage.
import { Refusal } from "../api.ts";
import { h } from "../dom.ts";
import type { Studio } from "../studio.ts";
import { copied } from "../state/pose.ts";
import { TEXTS } from "../texts.ts";
import { chooser } from "./files.ts";

export function transfer(studio: Studio): HTMLElement {
  let photo: File | null = null;
  const before = h("img.photo", { alt: TEXTS.photo, hidden: true });
  const after = h("img.photo", { alt: TEXTS.transferred, hidden: true });
  const save = h("a.kind", { download: "transferred.png", hidden: true }, TEXTS.download);
  const go = h("button.primary", { type: "button", disabled: true }, TEXTS.transferDo);
  const input = chooser("image/*", (file) => {
    photo = file;
    URL.revokeObjectURL(before.src);
    before.src = URL.createObjectURL(file);
    before.hidden = go.disabled = false;
  });
  go.onclick = async () => {
    if (!photo) return;
    go.disabled = true;
    const form = new FormData();
    form.append("file", photo, photo.name);
    form.append("pose", JSON.stringify(copied(studio.stage.pose)));
    try {
      const answer = await fetch("/v1/transfer", { method: "POST", body: form });
      const body = await answer.json();
      if (!answer.ok) throw new Refusal(body.error.message, body.error.code);
      after.src = save.href = body.picture;
      after.hidden = save.hidden = false;
      for (const note of (body.notes ?? []).slice(0, 1)) studio.say(note);
    } catch (error) {
      studio.complain(error);
    }
    go.disabled = false;
  };
  return h("div.panel", { "data-panel": "transfer" }, h("p.quiet", {}, TEXTS.transferWhy), h("div.tools", {}, h("button.kind", { type: "button", onclick: () => input.click() }, TEXTS.choosePhoto), go, save, input), before, after);
}

// HamNoSys typed, read in English, and signed by the body on the stage.
import { post } from "../api.ts";
import { h } from "../dom.ts";
import type { Studio } from "../studio.ts";
import type { Pose } from "../state/pose.ts";

const EXAMPLES: [string, string][] = [
  ["flat hand at the chest", "hamflathand hamextfingeru hampalmd hamchest"],
  ["index finger moves forward", "hamfinger2 hamextfingeru hampalml hamshoulders hammoveo"],
  ["fist moves down", "hamfist hamextfingeru hampalml hamshoulders hammoved"],
];

export function sign(studio: Studio): HTMLElement {
  const input = h("textarea", { rows: 3, "aria-label": "HamNoSys", placeholder: EXAMPLES[0][1], spellcheck: false });
  const says = h("p.instruction", { "aria-live": "polite" });
  const go = async (text: string) => {
    try {
      const made = await post<{ says: string | string[]; fps: number; poses: Pose[] }>("/v1/sign", { hamnosys: text });
      says.textContent = Array.isArray(made.says) ? made.says.join(" ") : made.says;
      studio.openMotion("sign", made.poses, made.fps);
    } catch (error) {
      studio.complain(error);
    }
  };
  const examples = EXAMPLES.map(([title, text]) => h("button.preset", { type: "button", onclick: () => { input.value = text; void go(text); } }, title));
  return h("form.panel", { "data-panel": "sign", onsubmit: (event: Event) => { event.preventDefault(); void go(input.value.trim() || EXAMPLES[0][1]); } },
    input, h("div.tools", {}, h("button.primary", { type: "submit" }, "Sign it")), says, h("div.presets", {}, ...examples));
}

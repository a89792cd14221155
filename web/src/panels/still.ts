// Where the browser shows no 3D: a still picture of the pose, drawn by the service whenever the pose has changed.
import { postForBlob } from "../api.ts";
import { h } from "../dom.ts";
import type { Studio } from "../studio.ts";
import { copied } from "../state/pose.ts";
import { TEXTS } from "../texts.ts";

const PAUSE = 250; // milliseconds without a change

export function still(studio: Studio): HTMLElement {
  const image = h("img.still", { alt: TEXTS.still, hidden: true });
  let [waiting, number] = [0, 0];
  const draw = async () => {
    const mine = ++number;
    try {
      const blob = await postForBlob("/v1/render", { pose: copied(studio.stage.pose), width: 640, height: 800 });
      if (mine !== number) return;
      URL.revokeObjectURL(image.src);
      image.src = URL.createObjectURL(blob);
      image.hidden = false;
    } catch (error) {
      studio.complain(error);
    }
  };
  const update = () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => void draw(), PAUSE);
  };
  studio.stage.onChange(update);
  update();
  return h("div.nogl", {}, image, h("p", {}, TEXTS.noWebgl));
}

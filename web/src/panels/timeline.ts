// The bar of a motion: play, scrub, step; frame numbers and seconds seen.
import { h, icon, iconButton } from "../dom.ts";
import type { Studio } from "../studio.ts";
import type { Timeline } from "../state/timeline.ts";
import { TEXTS } from "../texts.ts";

export function timelineBar(studio: Studio): HTMLElement {
  const slider = h("input", { type: "range", min: "0", step: "1", "aria-label": "Frame", "data-scrub": "" });
  const where = h("output", {});
  const name = h("strong", {});
  const play = iconButton("play", TEXTS.play, () => toggle(studio));
  slider.oninput = () => {
    if (!studio.timeline) return;
    studio.timeline.playing = false;
    studio.timeline.seek(Number(slider.value));
    studio.showFrame();
  };
  slider.onchange = () => studio.stage.commit();
  const step = (by: number) => {
    studio.timeline?.step(by);
    studio.showFrame();
    studio.stage.commit();
  };
  const bar = h("div.timeline", { hidden: true, "data-panel": "timeline" }, iconButton("previous", TEXTS.previous, () => step(-1), { keys: "," }), play,
    iconButton("next", TEXTS.next, () => step(1), { keys: "." }), name, slider, where, iconButton("close", TEXTS.closeMotion, () => studio.closeMotion()));
  studio.on<Timeline | null>("timeline", (line) => {
    bar.hidden = !line;
    if (!line) return;
    slider.max = String(line.poses.length - 1);
    slider.value = String(line.frame);
    name.textContent = line.name;
    where.textContent = TEXTS.frameOf(line.frame + 1, line.poses.length, line.seconds);
    play.replaceChildren(icon(line.playing ? "pause" : "play"));
    play.setAttribute("aria-label", line.playing ? TEXTS.pause : TEXTS.play);
  });
  return bar;
}

export function toggle(studio: Studio): void {
  const line = studio.timeline;
  if (!line) return;
  line.playing = !line.playing;
  studio.tell("timeline", line);
  let before = performance.now();
  const tick = (now: number) => {
    if (studio.timeline !== line) return;
    if (!line.playing) return studio.stage.commit();
    if (line.advance((now - before) / 1000)) studio.showFrame();
    before = now;
    requestAnimationFrame(tick);
  };
  if (line.playing) requestAnimationFrame(tick);
  else studio.stage.commit();
}

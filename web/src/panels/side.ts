// The left side: one panel at a time, by tabs; only those are there for which the service has what they need.
import { get } from "../api.ts";
import { h, icon } from "../dom.ts";
import type { Studio } from "../studio.ts";
import { TEXTS } from "../texts.ts";

export interface Tab {
  name: string;
  icon: string;
  make(): HTMLElement;
  /** What the service must have for it. */
  needs?: keyof Offers;
}

export interface Offers {
  search: boolean;
  photo: boolean;
}

/** What the service has: models by their names, and whether there is anything to search. */
export async function offers(studio: Studio): Promise<Offers> {
  try {
    const [{ models }, { indexes }, { tables }] = await Promise.all([
      get<{ models: { name: string; here: boolean }[] }>("/v1/models"), get<{ indexes: unknown[] }>("/v1/indexes"), get<{ tables: unknown[] }>("/v1/tables"),
    ]);
    const has = (name: string) => models.some((one) => one.name === name && one.here);
    return { search: indexes.length + tables.length > 0, photo: has("lifting") };
  } catch (error) {
    studio.complain(error);
    return { search: false, photo: true };
  }
}

export function side(studio: Studio, panels: Tab[]): HTMLElement {
  const box = h("div.tabbed", { role: "tabpanel", id: "panel" });
  const made = new Map<Tab, HTMLElement>();
  const tabs = panels.map((one) => h("button.tab", { type: "button", role: "tab", id: `tab-${one.icon}`, "aria-controls": "panel", "data-tab": one.icon, hidden: !!one.needs, onclick: () => open(one) }, icon(one.icon), h("span", {}, one.name)));
  const open = (chosen: Tab) => {
    if (!made.has(chosen)) made.set(chosen, chosen.make());
    box.replaceChildren(made.get(chosen)!);
    box.setAttribute("aria-labelledby", `tab-${chosen.icon}`);
    tabs.forEach((tab, place) => {
      tab.setAttribute("aria-selected", String(panels[place] === chosen));
      tab.tabIndex = panels[place] === chosen ? 0 : -1;
    });
  };
  open(panels[0]);
  studio.on<string>("tab", (name) => panels.filter((one) => one.icon === name).forEach(open));
  void offers(studio).then((there) => panels.forEach((one, place) => (tabs[place].hidden = !!one.needs && !there[one.needs])));
  const list = h("div.tabs", { role: "tablist", "aria-label": TEXTS.panels }, ...tabs);
  list.onkeydown = (event) => {
    const place = tabs.indexOf(document.activeElement as HTMLButtonElement);
    const way = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key] ?? 0;
    if (place < 0 || !way) return;
    event.stopPropagation();
    event.preventDefault();
    const shown = tabs.filter((tab) => !tab.hidden);
    const next = shown[(shown.indexOf(tabs[place]) + way + shown.length) % shown.length];
    next.focus();
    next.click();
  };
  return h("aside.left-side", { "aria-label": TEXTS.panels }, list, box);
}

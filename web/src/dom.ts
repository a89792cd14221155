// Elements, made in one line each.
type Child = Node | string | null | undefined | false;
type Props = Record<string, unknown>;

/** `h("button.small", {title, onclick}, "text")`. */
export function h<K extends keyof HTMLElementTagNameMap>(what: K | `${K}.${string}`, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const [tag, ...classes] = what.split(".");
  const made = document.createElement(tag) as HTMLElementTagNameMap[K];
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on") || name in made) (made as unknown as Props)[name] = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
  return made;
}

export function select(label: string, options: Record<string, string>, value: string, onchange: (value: string) => void): HTMLLabelElement {
  const rows = Object.entries(options).map(([key, text]) => h("option", { value: key, selected: key === value }, text));
  const box = h("select", { onchange: () => onchange(box.value) }, ...rows) as HTMLSelectElement;
  return h("label.field", {}, h("span", {}, label), box);
}

const ICONS: Record<string, string> = {
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  flip: "M12 3v18M8 7 3 17h5zM16 7l5 10h-5z",
  right: "M4 12h14M13 6l6 6-6 6",
  left: "M20 12H6M11 6l-6 6 6 6",
  symmetry: "M12 3v3m0 3v3m0 3v3m0 3v0M7 8 3 12l4 4M17 8l4 4-4 4",
  dice: "M4 4h16v16H4zM8.5 8.5h.01M15.5 8.5h.01M12 12h.01M8.5 15.5h.01M15.5 15.5h.01",
  add: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  theme: "M12 3a9 9 0 1 0 9 9 7 7 0 0 1-9-9z",
  help: "M4 7h16v10H4zM8 11h.01M12 11h.01M16 11h.01M8 14h8",
  lock: "M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3",
  open: "M4 19V5h6l2 3h8v11z",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  play: "M7 5v14l12-7z",
  pause: "M8 5v14M16 5v14",
  previous: "M6 5v14M19 5 9 12l10 7z",
  next: "M18 5v14M5 5l10 7-10 7z",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h11v11H9zM5 15V4h11",
  down: "M12 4v11M7 11l5 5 5-5M5 20h14",
};

export function icon(name: string): SVGSVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  made.setAttribute("viewBox", "0 0 24 24");
  made.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  made.append(path);
  return made;
}

/** A button with an icon, its text for those who hear it, its keys in the tooltip. */
export function iconButton(name: string, text: string, onclick: () => void, more: { keys?: string; why?: string; shown?: boolean } = {}): HTMLButtonElement {
  const title = [more.why ?? text, more.keys && `(${more.keys})`].filter(Boolean).join(" ");
  return h("button.icon", { type: "button", title, "aria-label": text, onclick }, icon(name), more.shown ? h("span", {}, text) : null);
}

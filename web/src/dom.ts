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

/** A menu with its label before it, or, where the menu says itself what it is, its label only for those who hear it. */
export function select(label: string, options: Record<string, string>, value: string, onchange: (value: string) => void, shown = true): HTMLLabelElement {
  const rows = Object.entries(options).map(([key, text]) => h("option", { value: key, selected: key === value }, text));
  const box = h("select", { onchange: () => onchange(box.value), "aria-label": label }, ...rows) as HTMLSelectElement;
  return h("label.field", {}, shown && h("span", {}, label), box);
}

const ICONS: Record<string, string> = {
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  flip: "M12 3v18M8 7 3 17h5zM16 7l5 10h-5z",
  right: "M12 3v3m0 3v3m0 3v3m0 3v0M3 7h5v10H3zM14 12h7M18 9l3 3-3 3",
  left: "M12 3v3m0 3v3m0 3v3m0 3v0M16 7h5v10h-5zM10 12H3M6 9l-3 3 3 3",
  symmetry: "M12 3v18M8 8l-4 4 4 4M16 8l4 4-4 4M4 12h5M15 12h5",
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
  poses: "M12 3.5a2 2 0 1 0 .01 0M12 8v7M5 10l7-1.5 7 1.5M12 15l-4 6M12 15l4 6",
  joints: "M4 6h9M17 6h3M15 4v4M4 12h3M11 12h9M9 10v4M4 18h9M17 18h3M15 16v4",
  hands: "M7 12V6.5a1.5 1.5 0 0 1 3 0V11M10 10V4.5a1.5 1.5 0 0 1 3 0V11M13 10V5.5a1.5 1.5 0 0 1 3 0V12M16 9.5a1.5 1.5 0 0 1 3 0V15a6 6 0 0 1-6 6h-1.5a6 6 0 0 1-4.7-2.3L3.6 14.4a1.6 1.6 0 0 1 2.4-2L7 13.5",
  body: "M12 3a2.2 2.2 0 1 0 .01 0M8 21v-6l-2-1V9.5A1.5 1.5 0 0 1 7.500 8h9A1.500 1.500 0 0 1 18 9.500V14l-2 1v6z",
  search: "M10.500 4a6.500 6.500 0 1 0 .01 0M15.500 15.500 20 20",
  sign: "M4 5h16v11h-8l-4 4v-4H4zM8 9h8M8 12h5",
  camera: "M4 8h4l1.500-2.500h5L16 8h4v11H4zM12 10.500a3 3 0 1 0 .01 0",
  eye: "M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 9.500a2.500 2.500 0 1 0 .01 0",
  hidden: "M3 3l18 18M10 5.800A9 9 0 0 1 12 5.500c6 0 9.500 6.500 9.500 6.500a15 15 0 0 1-3 3.600M6 7.500A15 15 0 0 0 2.500 12S6 18.500 12 18.500a9 9 0 0 0 4-.9",
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

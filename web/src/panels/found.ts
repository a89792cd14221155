// Search in an index and pages of tables, where the service was started with some.
import { get, post } from "../api.ts";
import { h, select } from "../dom.ts";
import type { Studio } from "../studio.ts";
import { Pages } from "../state/pages.ts";
import { copied, type Pose } from "../state/pose.ts";
import { TEXTS } from "../texts.ts";
import { tile } from "./words.ts";

interface Hit {
  id: string;
  score: number;
  text: string;
  pose?: Pose | null;
}

interface Row {
  number: number;
  id: string;
  texts: { text: string }[];
  pose: Pose | null;
}

interface Pair {
  number: number;
  texts: { text: string }[];
  a: Row | null;
  b: Row | null;
}

const PAGE = 24;
const ROWS = 10; // of a table, a page

export function found(studio: Studio): HTMLElement {
  const panel = h("div.panel", { "data-panel": "search" });
  void build();
  return panel;

  async function build(): Promise<void> {
    try {
      const [{ indexes }, { tables }] = await Promise.all([
        get<{ indexes: { name: string }[] }>("/v1/indexes"),
        get<{ tables: { name: string; rows?: number; pairs?: number }[] }>("/v1/tables"),
      ]);
      if (!indexes.length && !tables.length) return panel.replaceChildren(h("p.quiet", {}, TEXTS.noSearch));
      panel.replaceChildren(...(indexes.length ? [search(indexes.map((one) => one.name), tables.map((one) => one.name))] : []), ...(tables.length ? [browse(tables)] : []));
    } catch (error) {
      studio.complain(error);
    }
  }

  function search(indexes: string[], tables: string[]): HTMLElement {
    let index = indexes[0];
    const words = h("input", { type: "search", placeholder: TEXTS.search, "aria-label": TEXTS.search, "data-search": "" });
    const like = h("input", { type: "checkbox" });
    const hits = h("div.shelf");
    const notes = h("p.quiet", { "aria-live": "polite" });
    const go = async (event: Event) => {
      event.preventDefault();
      const text = words.value.trim();
      if (!text && !like.checked) return;
      try {
        const table = tables.includes(index) ? index : tables[0];
        const answer = await post<{ hits: Hit[]; notes: string[] }>("/v1/search", {
          index, k: PAGE, ...(text ? { text, near: true } : {}), ...(like.checked ? { pose: { rotations: copied(studio.stage.pose).rotations } } : {}), ...(table ? { table } : {}),
        });
        notes.textContent = answer.notes[0] ?? "";
        hits.replaceChildren(...answer.hits.map((hit) => (hit.pose ? tile(studio, hit.pose, hit.text || hit.id, hit.text || hit.id) : h("p.quiet", {}, hit.text || hit.id))));
      } catch (error) {
        studio.complain(error);
      }
    };
    const names = Object.fromEntries(indexes.map((name) => [name, name]));
    return h("form", { onsubmit: go }, words, h("div.tools", {}, indexes.length > 1 && select(TEXTS.index, names, index, (value) => (index = value), false), h("label.check", {}, like, TEXTS.likeStage), h("button", { type: "submit" }, TEXTS.search)), notes, hits);
  }

  function browse(tables: { name: string; rows?: number; pairs?: number }[]): HTMLElement {
    let [name, kind, words] = [tables[0].name, "rows", ""];
    const pages = new Pages(ROWS);
    const rows = h("div.rows", { role: "group", tabIndex: 0, "aria-label": TEXTS.tableRows, "aria-keyshortcuts": "PageUp PageDown Home End" });
    const where = h("output", {});
    const show = async () => {
      try {
        const query = `offset=${pages.offset}&limit=${pages.size}${words ? `&text=${encodeURIComponent(words)}` : ""}`;
        const answer = await get<{ total: number; rows?: Row[]; pairs?: Pair[] }>(`/v1/tables/${encodeURIComponent(name)}/${kind}?${query}`);
        pages.total = answer.total;
        where.textContent = pages.shown ? TEXTS.rowsOf(...pages.shown, answer.total) : TEXTS.noRows;
        const held = rows.contains(document.activeElement);
        rows.replaceChildren(...(answer.rows ?? []).map(rowOf), ...(answer.pairs ?? []).map(pairOf));
        if (held) rows.focus();
        [before.disabled, after.disabled] = [pages.atStart, pages.atEnd];
      } catch (error) {
        studio.complain(error);
      }
    };
    const text = (texts: { text: string }[]) => h("p", {}, texts.slice(0, 2).map((one) => one.text).join(" / "));
    const rowOf = (row: Row) => h("div.row", {}, row.pose ? tile(studio, row.pose, row.id) : null, text(row.texts));
    const pairOf = (pair: Pair) => h("div.row", {}, pair.a?.pose ? tile(studio, pair.a.pose, `${pair.number} a`) : null, pair.b?.pose ? tile(studio, pair.b.pose, `${pair.number} b`) : null, text(pair.texts));
    const anew = () => { pages.go(0); void show(); };
    const to = (label: string, sign: string, key: string) => h("button", { type: "button", "aria-label": label, title: label, "data-page": key, onclick: () => { pages.key(key); void show(); } }, sign);
    const [before, after] = [to(TEXTS.pageBefore, "←", "PageUp"), to(TEXTS.pageAfter, "→", "PageDown")];
    const filter = h("input", { type: "search", placeholder: TEXTS.wordsInText, "aria-label": TEXTS.wordsInText, onchange: () => { words = filter.value.trim(); anew(); } });
    const names = Object.fromEntries(tables.map((one) => [one.name, one.name]));
    void show();
    const box = h("div", { "data-table": "" }, h("h2", {}, TEXTS.tables), h("div.tools", {}, select(TEXTS.table, names, name, (value) => { name = value; anew(); }, false),
      select(TEXTS.rowsOrPairs, { rows: TEXTS.rows, pairs: TEXTS.pairs }, kind, (value) => { kind = value; anew(); }, false), filter), rows,
      h("div.tools", {}, before, where, after, h("button", { type: "button", onclick: () => { pages.random(); void show(); } }, TEXTS.randomRow)));
    box.onkeydown = (event) => {
      const typing = (event.target as HTMLElement).matches("input, select");
      if (typing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || !pages.key(event.key)) return;
      event.preventDefault();
      void show();
    };
    return box;
  }
}

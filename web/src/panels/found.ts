// Search in an index and pages of tables, where the service was started with some.
import { get, post } from "../api.ts";
import { h, select } from "../dom.ts";
import type { Studio } from "../studio.ts";
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
    return h("form", { onsubmit: go }, words, h("div.tools", {}, indexes.length > 1 && select(TEXTS.index, names, index, (value) => (index = value), false), h("label.check", {}, like, "like the stage"), h("button", { type: "submit" }, TEXTS.search)), notes, hits);
  }

  function browse(tables: { name: string; rows?: number; pairs?: number }[]): HTMLElement {
    let [name, offset, kind, words, total] = [tables[0].name, 0, "rows", "", 0];
    const rows = h("div.rows");
    const where = h("output", {});
    const show = async () => {
      try {
        const query = `offset=${offset}&limit=10${words ? `&text=${encodeURIComponent(words)}` : ""}`;
        const answer = await get<{ total: number; rows?: Row[]; pairs?: Pair[] }>(`/v1/tables/${encodeURIComponent(name)}/${kind}?${query}`);
        total = answer.total;
        where.textContent = total ? `${offset + 1}–${Math.min(total, offset + 10)} of ${total}` : "none";
        rows.replaceChildren(...(answer.rows ?? []).map(rowOf), ...(answer.pairs ?? []).map(pairOf));
      } catch (error) {
        studio.complain(error);
      }
    };
    const text = (texts: { text: string }[]) => h("p", {}, texts.slice(0, 2).map((one) => one.text).join(" / "));
    const rowOf = (row: Row) => h("div.row", {}, row.pose ? tile(studio, row.pose, row.id) : null, text(row.texts));
    const pairOf = (pair: Pair) => h("div.row", {}, pair.a?.pose ? tile(studio, pair.a.pose, `${pair.number} a`) : null, pair.b?.pose ? tile(studio, pair.b.pose, `${pair.number} b`) : null, text(pair.texts));
    const turn = (by: number) => { offset = Math.max(0, Math.min(total - 1, offset + by)); void show(); };
    const filter = h("input", { type: "search", placeholder: "words in the text", "aria-label": "words in the text", onchange: () => { words = filter.value.trim(); offset = 0; void show(); } });
    const names = Object.fromEntries(tables.map((one) => [one.name, one.name]));
    void show();
    return h("div", {}, h("h2", {}, "Tables"), h("div.tools", {}, select(TEXTS.table, names, name, (value) => { name = value; offset = 0; void show(); }, false),
      select(TEXTS.rowsOrPairs, { rows: "Poses", pairs: "Pairs" }, kind, (value) => { kind = value; offset = 0; void show(); }, false), filter), rows,
      h("div.tools", {}, h("button", { type: "button", onclick: () => turn(-10) }, "←"), where, h("button", { type: "button", onclick: () => turn(10) }, "→"),
        h("button", { type: "button", onclick: () => { offset = Math.floor(Math.random() * Math.max(1, total)); void show(); } }, "Random")));
  }
}

// Views that were saved: each by its number, kept in the browser; and the lens that goes with a view.
import type { Storage } from "./library.ts";
import type { Vec3 } from "./pose.ts";

export interface Shot {
  position: Vec3;
  target: Vec3;
  lens: number; // millimetres on a sensor 24 mm high
}

const KEY = "poseloom.cameras";
export const MOST_SHOTS = 9;

export class Cameras {
  private rows: Shot[] = [];
  private at = -1;

  constructor(private readonly storage: Storage) {
    try {
      const found: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
      this.rows = (Array.isArray(found) ? found : []).filter(isShot).slice(0, MOST_SHOTS);
    } catch {
      /* a damaged or forbidden storage holds nothing */
    }
  }

  get shots(): readonly Shot[] {
    return this.rows;
  }

  /** The place of the shot that was saved or taken last; -1 where there is none. */
  get current(): number {
    return this.at;
  }

  /** Keep a view; its place, or -1 where as many are kept as may be. */
  save(shot: Shot): number {
    if (this.rows.length >= MOST_SHOTS) return -1;
    this.rows = [...this.rows, { position: [...shot.position], target: [...shot.target], lens: shot.lens }];
    this.at = this.rows.length - 1;
    this.write();
    return this.at;
  }

  take(place: number): Shot | null {
    const found = this.rows[place];
    if (!found) return null;
    this.at = place;
    return found;
  }

  /** The one after the last; from the last to the first. */
  next(): Shot | null {
    return this.rows.length ? this.take((this.at + 1) % this.rows.length) : null;
  }

  remove(place: number): void {
    this.rows = this.rows.filter((_, one) => one !== place);
    if (this.at >= place) this.at--;
    this.write();
  }

  private write(): void {
    try {
      this.storage.setItem(KEY, JSON.stringify(this.rows));
    } catch {
      /* the views live as long as the page */
    }
  }
}

function isShot(value: unknown): value is Shot {
  const one = value as Shot;
  const place = (row: unknown) => Array.isArray(row) && row.length === 3 && row.every(Number.isFinite);
  return !!one && place(one.position) && place(one.target) && Number.isFinite(one.lens) && one.lens >= 8 && one.lens <= 400;
}

// The user's own poses, kept in the browser.
import { checked, type Pose } from "./pose.ts";

export interface Kept {
  name: string;
  pose: Pose;
}

/** As much of a browser's storage as is needed. */
export interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = "poseloom.library";

export class Library {
  private rows: Kept[] = [];

  constructor(private readonly storage: Storage) {
    this.read();
  }

  get poses(): readonly Kept[] {
    return this.rows;
  }

  /** Keep a pose under a name; one of that name is replaced. False where the browser keeps nothing. */
  save(name: string, pose: Pose): boolean {
    this.read(); // another tab may have saved something
    this.rows = [...this.rows.filter((row) => row.name !== name), { name, pose }];
    return this.write();
  }

  remove(name: string): boolean {
    this.read();
    this.rows = this.rows.filter((row) => row.name !== name);
    return this.write();
  }

  find(words: string): Kept[] {
    const wanted = words.trim().toLowerCase();
    return this.rows.filter((row) => row.name.toLowerCase().includes(wanted));
  }

  private read(): void {
    try {
      const found: unknown = JSON.parse(this.storage.getItem(KEY) ?? "[]");
      const rows = Array.isArray(found) ? found : [];
      this.rows = rows.flatMap((row) => {
        const pose = checked(row?.pose);
        return pose && typeof row.name === "string" ? [{ name: row.name, pose }] : [];
      });
    } catch {
      /* a damaged or forbidden storage holds nothing */
    }
  }

  private write(): boolean {
    try {
      this.storage.setItem(KEY, JSON.stringify(this.rows));
      return true;
    } catch {
      return false;
    }
  }
}

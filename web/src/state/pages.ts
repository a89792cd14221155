// Pages of a long list: which rows are shown, and where the next ones begin.
export class Pages {
  offset = 0;
  total = 0;

  constructor(readonly size: number) {}

  /** Where the last page begins. */
  get last(): number {
    return Math.max(0, Math.ceil(this.total / this.size) - 1) * this.size;
  }

  get atStart(): boolean {
    return this.offset === 0;
  }

  get atEnd(): boolean {
    return this.offset + this.size >= this.total;
  }

  /** Rows that are shown, counted from 1; null where there are none. */
  get shown(): [number, number] | null {
    return this.offset < this.total ? [this.offset + 1, Math.min(this.total, this.offset + this.size)] : null;
  }

  /** So many pages on, as far as there are rows; whether that is another page. */
  turn(by: number): boolean {
    return this.go(this.offset + by * this.size);
  }

  /** Any row first, as far as there are rows. */
  go(offset: number): boolean {
    const before = this.offset;
    this.offset = Math.max(0, Math.min(offset, offset > this.offset ? Math.max(this.last, this.offset) : offset));
    return this.offset !== before;
  }

  random(): void {
    this.offset = Math.floor(Math.random() * Math.max(1, this.total));
  }

  /** What a key does: pages back and on, the first and the last one; whether it is one of these. */
  key(name: string): boolean {
    if (name === "PageDown" || name === "ArrowRight") this.turn(1);
    else if (name === "PageUp" || name === "ArrowLeft") this.turn(-1);
    else if (name === "Home") this.go(0);
    else if (name === "End") this.go(this.last);
    else return false;
    return true;
  }
}

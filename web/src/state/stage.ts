// What is on the stage: figures, which one is at work, pins, and every step that can be undone.
import { copied, isSame, type Pose } from "./pose.ts";

export interface Figure {
  id: number;
  pose: Pose;
}

const MOST_STEPS = 200;

type Listener = (kind: "pose" | "figures") => void;

interface Step {
  figures: Figure[];
  active: number;
}

/** Figures and their history. A drag previews poses and is one step once it is committed. */
export class Stage {
  private list: Figure[] = [];
  private current = 0;
  private past: Step[] = [];
  private future: Step[] = [];
  private before: Step | null = null;
  private listeners: Listener[] = [];
  private nextId = 1;
  readonly pins = new Set<string>(["left_ankle", "right_ankle"]);
  symmetry = false;

  constructor(pose: Pose) {
    this.list = [{ id: this.nextId++, pose: copied(pose) }];
  }

  get pose(): Pose {
    return this.figure.pose;
  }

  get figure(): Figure {
    return this.list.find((one) => one.id === this.activeId) ?? this.list[0];
  }

  get figures(): readonly Figure[] {
    return this.list;
  }

  get activeId(): number {
    return this.list[this.current]?.id ?? this.list[0].id;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  onChange(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** A new pose as one step; the same pose again is none. */
  set(pose: Pose): void {
    this.preview(pose);
    this.commit();
  }

  /** A pose on the way: shown, but no step until `commit`. */
  preview(pose: Pose): void {
    this.before ??= this.step();
    this.figure.pose = copied(pose);
    this.tell("pose");
  }

  /** What was previewed becomes one step. */
  commit(): void {
    if (!this.before) return;
    const was = this.before.figures.find((one) => one.id === this.activeId);
    if (!was || !isSame(was.pose, this.pose)) this.remember(this.before);
    this.before = null;
    this.tell("pose");
  }

  /** What was previewed is dropped. */
  cancel(): void {
    if (!this.before) return;
    this.restore(this.before);
    this.before = null;
  }

  undo(): void {
    this.cancel();
    const step = this.past.pop();
    if (!step) return;
    this.future.push(this.step());
    this.restore(step);
  }

  redo(): void {
    this.cancel();
    const step = this.future.pop();
    if (!step) return;
    this.past.push(this.step());
    this.restore(step);
  }

  /** One more figure, which becomes the one at work. */
  add(pose: Pose): void {
    this.commit();
    this.remember(this.step());
    this.list = [...this.list, { id: this.nextId++, pose: copied(pose) }];
    this.current = this.list.length - 1;
    this.tell("figures");
  }

  /** The figure at work goes, unless it is the only one. */
  remove(): void {
    if (this.list.length < 2) return;
    this.commit();
    this.remember(this.step());
    this.list = this.list.filter((_, place) => place !== this.current);
    this.current = Math.max(0, this.current - 1);
    this.tell("figures");
  }

  activate(id: number): void {
    const place = this.list.findIndex((one) => one.id === id);
    if (place < 0 || place === this.current) return;
    this.commit();
    this.current = place;
    this.tell("figures");
  }

  togglePin(handle: string): boolean {
    if (!this.pins.delete(handle)) this.pins.add(handle);
    return this.pins.has(handle);
  }

  private step(): Step {
    return { figures: this.list.map(({ id, pose }) => ({ id, pose: copied(pose) })), active: this.current };
  }

  private remember(step: Step): void {
    this.past.push(step);
    if (this.past.length > MOST_STEPS) this.past.shift();
    this.future = [];
  }

  private restore(step: Step): void {
    this.list = step.figures.map(({ id, pose }) => ({ id, pose: copied(pose) }));
    this.current = Math.min(step.active, this.list.length - 1);
    this.tell("figures");
  }

  private tell(kind: "pose" | "figures"): void {
    for (const listener of this.listeners) listener(kind);
  }
}

// What the panels share: the stage, the service, the pictures; the walk from a hand on the stage to words.
import { Live, Refusal, type HandShape, type Sentence, type Solved, type Stance } from "./api.ts";
import { Library } from "./state/library.ts";
import { copied, sideCopied, withHands, type Pose, type Skeleton, type Vec3 } from "./state/pose.ts";
import { Stage } from "./state/stage.ts";
import { Timeline } from "./state/timeline.ts";
import { TEXTS } from "./texts.ts";
import type { Thumbnails } from "./scene/thumbnails.ts";
import type { Viewport } from "./scene/viewport.ts";

export type Style = "paragraph" | "short" | "list" | "coach";

export class Studio {
  readonly stage: Stage;
  readonly live: Live;
  readonly library: Library;
  viewport: Viewport | null = null;
  thumbnails: Thumbnails | null = null;
  timeline: Timeline | null = null;
  style: Style = "paragraph";
  names = false;
  sentences: Sentence[] = [];
  readonly storage = safeStorage();
  /** Joints whose handles are hidden; they are left out of OpenPose pictures. */
  readonly hidden = new Set<string>();
  private litBy = "";
  private readonly watchers: Record<string, ((value: never) => void)[]> = {};
  private describing = 0;

  constructor(pose: Pose, readonly skeleton: Skeleton, readonly stances: Stance[], readonly hands: HandShape[]) {
    this.stage = new Stage(withHands(pose));
    this.library = new Library(this.storage);
    let wasAway = false;
    this.live = new Live((connected) => {
      if (!connected) this.say(TEXTS.away, "away");
      else if (wasAway) this.say(TEXTS.back);
      if (connected) this.describe();
      wasAway = !connected;
    });
    this.stage.onChange((kind) => {
      if (kind === "figures") this.viewport?.setFigures(this.stage.figures, this.stage.activeId);
      this.viewport?.show(this.stage.pose);
      this.describe();
    });
  }

  // -- notices between panels ----------------------------------------------------------------------------------------

  on<T>(what: "words" | "light" | "notice" | "timeline" | "ring" | "shape" | "symmetry" | "view" | "camera" | "trace" | "handles" | "hidden" | "found" | "looking" | "tab" | "overlay", listener: (value: T) => void): void {
    (this.watchers[what] ??= []).push(listener as (value: never) => void);
  }

  tell(what: string, value: unknown): void {
    for (const listener of this.watchers[what] ?? []) listener(value as never);
  }

  /** A sentence at the foot of the page. */
  say(text: string, kind: "done" | "wrong" | "away" = "done"): void {
    this.tell("notice", { text, kind });
  }

  /** What went wrong, as a sentence. */
  complain(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.say(text[0].toUpperCase() + text.slice(1), "wrong");
  }

  // -- poses -----------------------------------------------------------------------------------------------------------

  /** A pose of another place on the stage: as one step, on the floor, in the body's own shape. */
  take(pose: Pose, frame = true): void {
    const placed = this.placed(pose);
    this.stage.set(placed);
    if (frame && this.viewport) this.viewport.frameBody();
  }

  /** Hands, shape and place as the stage has them, where a pose tells none. */
  placed(pose: Pose): Pose {
    const now = this.stage.pose;
    const made = withHands(pose, now);
    if (now.shape && !made.shape) Object.assign(made, { shape: now.shape, shape_model: now.shape_model });
    if (made.translation) return made;
    const placed = this.thumbnails ? this.thumbnails.ground(made) : { ...made, translation: [0, 0.95, 0] as Vec3 };
    return { ...placed, translation: [now.translation?.[0] ?? 0, placed.translation![1], now.translation?.[2] ?? 0] };
  }

  /** The other side follows, where symmetry is on. */
  symmetric(pose: Pose, joint: string): Pose {
    const side = joint.startsWith("left") ? "left" : joint.startsWith("right") ? "right" : null;
    return this.stage.symmetry && side ? sideCopied(pose, this.skeleton.joints, this.skeleton.mirror, side) : pose;
  }

  /** A joint turned by hand, brought into its range of motion; false where a newer turn overtook this one. */
  async turn(joint: number, row: Vec3): Promise<boolean> {
    const pose = this.stage.pose;
    const name = this.skeleton.joints[joint];
    const turned = { ...copied(pose), rotations: pose.rotations.map((one, index) => (index === joint ? row : one)) };
    const found = joint < this.skeleton.body_joints ? await this.live.ask<{ pose: Pose }>("movements", { pose: turned, within: [name] }) : { pose: turned };
    if (!found) return false;
    this.stage.preview(this.symmetric(withHands(found.pose, pose), name));
    return true;
  }

  /** Bring a joint to a place; null where a newer target overtook this one. */
  async reach(joint: string, target: Vec3): Promise<boolean> {
    const pose = this.stage.pose;
    const leg = /_(knee)$/.test(joint) ? joint.replace("knee", "ankle") : "";
    const pins = [...this.stage.pins].filter((pin) => pin !== joint && pin !== leg);
    const solved = await this.live.ask<Solved>("ik", { pose: copied(pose), targets: { [joint]: target }, pins });
    if (!solved) return false;
    this.stage.preview(this.symmetric(withHands(solved.pose, pose), joint));
    return true;
  }

  // -- words -----------------------------------------------------------------------------------------------------------

  /** Ask for the words of the pose; the newest question wins. */
  async describe(): Promise<void> {
    const number = ++this.describing;
    try {
      const body = { pose: { rotations: this.stage.pose.rotations }, style: this.style, names: this.names };
      const found = await this.live.ask<{ texts: { sentences: Sentence[] }[] }>("describe", body);
      if (!found || number < this.describing - 3) return;
      this.sentences = found.texts[0].sentences;
      this.tell("words", this.sentences);
    } catch (error) {
      if (!(error instanceof Refusal && error.code === "unreachable")) this.complain(error);
    }
  }

  get text(): string {
    return this.sentences.map((one) => one.text).join(this.style === "list" ? "\n" : " ");
  }

  /** Light the joints that a sentence speaks of, and the sentences that speak of a joint. */
  light(joints: readonly string[], by: string): void {
    const key = `${by}:${joints.join(" ")}`;
    if (key === this.litBy) return;
    this.litBy = key;
    if (this.viewport?.body?.highlight(joints)) this.viewport.draw();
    this.tell("light", { joints, by });
  }

  // -- motions -----------------------------------------------------------------------------------------------------------

  openMotion(name: string, poses: Pose[], fps: number): void {
    if (poses.length === 1) {
      this.closeMotion();
      this.take(poses[0]);
    } else {
      this.timeline = new Timeline(name, poses.map((pose) => withHands(pose)), fps);
      this.stage.set(this.placed(this.timeline.pose));
      this.viewport?.frameBody();
    }
    this.tell("timeline", this.timeline);
    this.say(TEXTS.opened(name, poses.length));
  }

  closeMotion(): void {
    this.timeline = null;
    this.tell("timeline", null);
  }

  showFrame(): void {
    if (!this.timeline) return;
    this.stage.preview(this.placed(this.timeline.pose));
    this.tell("timeline", this.timeline);
  }
}

function safeStorage(): { getItem(key: string): string | null; setItem(key: string, value: string): void } {
  try {
    return window.localStorage;
  } catch {
    return { getItem: () => null, setItem: () => { throw new Error("no storage"); } };
  }
}

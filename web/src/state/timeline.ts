// A motion in time: which frame is shown, at true speed while it plays.
import type { Pose } from "./pose.ts";

export class Timeline {
  private time = 0;
  playing = false;

  constructor(readonly name: string, readonly poses: readonly Pose[], readonly fps: number) {
    if (!poses.length || !(fps > 0)) throw new Error("a motion needs frames and a rate");
  }

  get frame(): number {
    return Math.min(this.poses.length - 1, Math.floor(this.time * this.fps + 1e-6));
  }

  get seconds(): number {
    return this.frame / this.fps;
  }

  get pose(): Pose {
    return this.poses[this.frame];
  }

  /** Go on by seconds of the clock; whether another frame is shown. At the end it begins anew. */
  advance(seconds: number): boolean {
    if (!this.playing || this.poses.length < 2) return false;
    const before = this.frame;
    this.time = (this.time + Math.max(0, seconds)) % (this.poses.length / this.fps);
    return this.frame !== before;
  }

  seek(frame: number): void {
    this.time = Math.max(0, Math.min(this.poses.length - 1, Math.round(frame))) / this.fps;
  }

  step(by: number): void {
    this.playing = false;
    this.seek(this.frame + by);
  }
}

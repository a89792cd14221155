// Small pictures of poses: a second, hidden renderer, copied to canvases one after the other.
import { Color, DirectionalLight, HemisphereLight, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "../three.ts";
import type { Pose } from "../state/pose.ts";
import { Body, grounded, type Model } from "./figure.ts";

const SIZE = 224; // pixels
const FIELD = 22; // degrees
const BUDGET = 9; // milliseconds of a frame

export class Thumbnails {
  private readonly renderer = new WebGLRenderer({ antialias: true, alpha: true });
  private readonly scene = new Scene();
  private readonly camera = new PerspectiveCamera(FIELD, 1, 0.1, 50);
  private readonly body: Body;
  private queue: (() => void)[] = [];
  private urgent = 0;
  private running = false;

  constructor(model: Model, joints: string[]) {
    this.renderer.setSize(SIZE, SIZE, false);
    this.body = new Body(model, joints, "#cfc6b8");
    const sun = new DirectionalLight(0xffffff, 2.3);
    sun.position.set(-1.6, 3, 2.6);
    this.scene.add(this.body.group, sun, new HemisphereLight(0xffffff, 0xb5ab9c, 1.5));
  }

  setColors(body: string, accent: string): void {
    this.body.setColors(body, accent);
    this.renderer.setClearColor(new Color(0), 0);
  }

  /** Grounded as on the stage. */
  ground(pose: Pose): Pose {
    return grounded(pose, this.body);
  }

  /** Paint a pose into a canvas, when there is time; before those that wait where somebody waits for it. */
  paint(canvas: HTMLCanvasElement, pose: Pose, soon = false): void {
    const at = soon ? this.urgent++ : this.queue.length;
    this.queue.splice(at, 0, () => this.paintNow(canvas, pose));
    if (!this.running) this.next();
  }

  /** As many as a frame of the screen allows, one at least. */
  private next(): void {
    const start = performance.now();
    do {
      const job = this.queue.shift();
      this.urgent = Math.max(0, this.urgent - 1);
      job?.();
    } while (this.queue.length && performance.now() - start < BUDGET);
    this.running = this.queue.length > 0;
    if (this.running) requestAnimationFrame(() => this.next());
  }

  private paintNow(canvas: HTMLCanvasElement, pose: Pose): void {
    const around = { ...pose, translation: null };
    this.body.apply(around);
    const places = Array.from({ length: 22 }, (_, joint) => this.body.place(joint));
    const low = places.reduce((least, one) => least.clone().min(one), places[0].clone());
    const high = places.reduce((most, one) => most.clone().max(one), places[0].clone());
    const at = low.clone().add(high).multiplyScalar(0.5);
    const height = Math.max(high.y - low.y, Math.hypot(high.x - low.x, high.z - low.z), 0.9) + 0.42;
    const far = height / 2 / Math.tan((FIELD * Math.PI) / 360);
    this.camera.position.set(0.42, 0.16, 0.9).normalize().multiplyScalar(far).add(at);
    this.camera.lookAt(new Vector3(at.x, at.y + 0.03, at.z));
    this.renderer.render(this.scene, this.camera);
    canvas.width = canvas.height = SIZE;
    canvas.getContext("2d")?.drawImage(this.renderer.domElement, 0, 0);
  }
}

// The stage in three dimensions: bodies, light, floor, camera, and rings that turn one joint. Drawn on demand.
import {
  CircleGeometry, Color, DirectionalLight, GridHelper, HemisphereLight, Mesh, NeutralToneMapping, Object3D, OrbitControls, PCFShadowMap,
  PerspectiveCamera, Plane, Raycaster, Scene, ShadowMaterial, TransformControls, Vector2, Vector3, WebGLRenderer,
} from "../three.ts";
import { rotationVector, type Pose, type Quat, type Vec3 } from "../state/pose.ts";
import { cutFor, type PhotoCamera } from "../state/photo.ts";
import type { Shot } from "../state/cameras.ts";
import { Body, type Model } from "./figure.ts";

export type View = "front" | "side" | "top" | "back";
const SENSOR = 24; // millimetres of height, as a lens is named by
const EYE = { lens: 70, height: 2.15 };
export interface Palette {
  background: string;
  body: string;
  other: string;
  accent: string;
  grid: string;
}

export class Viewport {
  readonly scene = new Scene();
  readonly camera = new PerspectiveCamera(30, 1, 0.05, 200);
  readonly renderer: WebGLRenderer;
  readonly controls: OrbitControls;
  readonly bodies = new Map<number, Body>();
  private readonly rings: TransformControls;
  private readonly sun = new DirectionalLight(0xfff6e8, 2.7);
  private readonly grid = new GridHelper(6, 24);
  private readonly drawnListeners: (() => void)[] = [];
  private wanted = false;
  private palette: Palette | null = null;
  private ringJoint = -1;
  private photo: PhotoCamera | null = null;
  /** Somebody turned or moved the view by hand. */
  onTurned: () => void = () => {};
  onRing: (joint: number, row: Vec3, done: boolean) => void = () => {};

  constructor(readonly canvas: HTMLCanvasElement, private model: Model, private readonly joints: string[]) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true, preserveDrawingBuffer: false });
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.toneMapping = NeutralToneMapping;
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.light();
    this.setLens(EYE.lens);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enableDamping = false;
    this.controls.minDistance = 0.4;
    this.controls.maxDistance = 30;
    this.controls.zoomSpeed = 0.8;
    this.controls.addEventListener("change", () => this.draw());
    this.controls.addEventListener("start", () => this.leavePhoto());
    this.rings = new TransformControls(this.camera, canvas);
    this.rings.setMode("rotate");
    this.rings.setSpace("local");
    this.rings.setSize(0.62);
    this.rings.addEventListener("change", () => this.draw());
    this.rings.addEventListener("dragging-changed", (event) => {
      this.controls.enabled = !event.value;
      if (!event.value) this.tellRing(true);
    });
    this.rings.addEventListener("objectChange", () => this.tellRing(false));
    this.scene.add(this.rings.getHelper() as Object3D);
    this.frame("front", [0, 0.95, 0]);
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  private light(): void {
    this.scene.add(new HemisphereLight(0xffffff, 0xd8cdbb, 2.15), this.sun, this.sun.target, this.grid);
    const rim = new DirectionalLight(0xdfe9ff, 0.9);
    rim.position.set(2.5, 2.2, -3);
    this.scene.add(rim);
    this.sun.castShadow = true;
    this.sun.shadow.mapSize.set(1024, 1024);
    this.sun.shadow.radius = 5;
    this.sun.shadow.bias = -0.0004;
    this.sun.shadow.normalBias = 0.012;
    Object.assign(this.sun.shadow.camera, { left: -1.8, right: 1.8, top: 2.3, bottom: -1.6, near: 0.5, far: 14 });
    const floor = new Mesh(new CircleGeometry(30, 48), new ShadowMaterial({ opacity: 0.2 }));
    floor.rotation.x = -Math.PI / 2;
    floor.receiveShadow = true;
    this.scene.add(floor);
    this.grid.position.y = 0.001;
    (this.grid.material as unknown as { transparent: boolean; opacity: number }).transparent = true;
  }

  setPalette(palette: Palette): void {
    this.palette = palette;
    this.scene.background = null;
    this.renderer.setClearColor(new Color(palette.background), 0);
    const colors = new GridHelper(6, 24, palette.grid, palette.grid);
    this.grid.geometry.copy(colors.geometry);
    (this.grid.material as unknown as { opacity: number }).opacity = 0.5;
    this.paint();
    this.draw();
  }

  private paint(): void {
    for (const [id, body] of this.bodies) if (this.palette) body.setColors(id === this.active ? this.palette.body : this.palette.other, this.palette.accent);
  }

  private active = -1;

  /** Bodies for the figures that there are; the one at work in its own colour. */
  setFigures(figures: readonly { id: number; pose: Pose }[], active: number): void {
    this.active = active;
    for (const [id, body] of this.bodies) {
      if (figures.some((one) => one.id === id)) continue;
      this.scene.remove(body.group);
      body.dispose();
      this.bodies.delete(id);
    }
    for (const { id, pose } of figures) {
      if (!this.bodies.has(id)) {
        const body = new Body(this.model, this.joints, this.palette?.body ?? "#cfc6b8");
        this.bodies.set(id, body);
        this.scene.add(body.group);
      }
      this.bodies.get(id)!.apply(pose);
    }
    this.paint();
    this.follow();
    this.ring(-1);
    this.draw();
  }

  /** Another mesh for all bodies (a shape, or more vertices). */
  setModel(model: Model): void {
    this.model = model;
    for (const body of this.bodies.values()) {
      this.scene.remove(body.group);
      body.dispose();
    }
    this.bodies.clear();
  }

  get body(): Body {
    return this.bodies.get(this.active)!;
  }

  show(pose: Pose): void {
    this.body?.apply(pose);
    this.follow();
    this.draw();
  }

  private follow(): void {
    const at = this.body.place(0);
    this.sun.target.position.set(at.x, 0.7, at.z);
    this.sun.position.set(at.x - 1.7, 4.2, at.z + 2.9);
  }

  setLens(millimetres: number): void {
    this.leavePhoto();
    const target = this.controls?.target ?? new Vector3(0, 0.95, 0);
    const before = Math.tan((this.camera.fov * Math.PI) / 360);
    this.camera.fov = fieldOf(millimetres);
    const ratio = before / Math.tan((this.camera.fov * Math.PI) / 360);
    if (this.controls) this.camera.position.sub(target).multiplyScalar(ratio).add(target);
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  get lens(): number {
    return SENSOR / 2 / Math.tan((this.camera.fov * Math.PI) / 360);
  }

  /** The view as it is, to be kept. */
  shot(): Shot {
    return { position: this.camera.position.toArray() as Vec3, target: this.controls.target.toArray() as Vec3, lens: this.lens };
  }

  /** A view that was kept. */
  look(shot: Shot): void {
    this.setLens(shot.lens);
    this.controls.target.set(...shot.target);
    this.camera.position.set(...shot.position);
    this.controls.update();
    this.draw();
  }

  /** Look through the camera that took a photo, whose picture is fitted into the stage. */
  lookAsPhoto(photo: PhotoCamera, position: Vec3, turn: Quat): void {
    this.photo = photo;
    this.grid.visible = false;
    this.camera.position.set(...position);
    this.camera.quaternion.set(...turn);
    this.fit();
    this.project();
    this.draw();
  }

  /** Back to the stage's own camera, near where the photo's stood. */
  leavePhoto(): void {
    if (!this.photo) return;
    this.photo = null;
    this.grid.visible = true;
    this.camera.clearViewOffset();
    this.camera.fov = fieldOf(EYE.lens);
    this.project();
    this.frameBody();
    this.onTurned();
  }

  get isPhoto(): boolean {
    return this.photo !== null;
  }

  /** The camera's cut for a picture of this size: its own, or the one in which a photo's picture fits. */
  private project(size = { width: this.canvas.clientWidth, height: this.canvas.clientHeight }): void {
    const { width, height } = size;
    if (!width || !height) return;
    if (this.photo) {
      const { fov, full, offset } = cutFor(this.photo, width, height);
      this.camera.fov = fov;
      this.camera.aspect = full[0] / full[1];
      this.camera.setViewOffset(full[0], full[1], offset[0], offset[1], width, height);
    } else this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
  }

  /** Look from a side at a place, near enough to see a person. */
  frame(view: View, at: Vec3, height = EYE.height): void {
    this.leavePhoto();
    const far = height / 2 / Math.tan((this.camera.fov * Math.PI) / 360) / Math.min(1, this.camera.aspect * 1.15);
    const ways = { front: [0.16, 0.06, 0.985], back: [-0.1, 0.06, -0.99], side: [1, 0.02, 0.001], top: [0, 1, 0.001] } as const;
    const way = new Vector3(...ways[view]).normalize();
    this.controls.target.set(...at);
    this.camera.position.copy(way.multiplyScalar(far)).add(this.controls.target);
    this.controls.update();
    this.draw();
  }

  /** Look at the figures: all of them in the picture, from where the camera is. */
  frameBody(view?: View): void {
    this.leavePhoto();
    this.fit();
    const all = [...this.bodies.values()];
    const places = all.flatMap((body) => this.joints.slice(0, 22).map((_, joint) => body.place(joint)));
    const low = places.reduce((least, one) => least.clone().min(one), places[0].clone());
    const high = places.reduce((most, one) => most.clone().max(one), places[0].clone());
    const at = low.clone().add(high).multiplyScalar(0.5);
    const height = Math.max(high.y - low.y, (high.x - low.x) * 1.05, (high.z - low.z) * 0.9, 0.9) + 0.62;
    if (view) return this.frame(view, [at.x, at.y + 0.06, at.z], height);
    const way = this.camera.position.clone().sub(this.controls.target).normalize();
    const far = height / 2 / Math.tan((this.camera.fov * Math.PI) / 360) / Math.min(1, this.camera.aspect * 1.15);
    this.controls.target.set(at.x, at.y + 0.06, at.z);
    this.camera.position.copy(way.multiplyScalar(far)).add(this.controls.target);
    this.controls.update();
    this.draw();
  }

  /** Where a joint is in the page's picture, CSS pixels; and whether it is in front of the camera. */
  onScreen(joint: number, figure = this.active, grip?: Vec3): { x: number; y: number; z: number } {
    const body = this.bodies.get(figure)!;
    const at = (grip ? body.grip(joint, grip) : body.place(joint)).project(this.camera);
    return { x: ((at.x + 1) / 2) * this.canvas.clientWidth, y: ((1 - at.y) / 2) * this.canvas.clientHeight, z: at.z };
  }

  /** The place under a pixel on the plane through `through` that faces the camera. */
  under(x: number, y: number, through: Vector3): Vector3 | null {
    const point = new Vector2((x / this.canvas.clientWidth) * 2 - 1, 1 - (y / this.canvas.clientHeight) * 2);
    const ray = new Raycaster();
    ray.setFromCamera(point, this.camera);
    const plane = new Plane().setFromNormalAndCoplanarPoint(this.camera.getWorldDirection(new Vector3()), through);
    return ray.ray.intersectPlane(plane, new Vector3());
  }

  /** Three rings about a joint; none for -1. */
  ring(joint: number): void {
    this.ringJoint = joint;
    if (joint < 0 || !this.body) this.rings.detach();
    else this.rings.attach(this.body.bones[joint]);
    this.draw();
  }

  get ringed(): number {
    return this.ringJoint;
  }

  get turning(): boolean {
    return this.rings.dragging;
  }

  get overRing(): boolean {
    return this.ringJoint >= 0 && this.rings.axis !== null;
  }

  setWorldRings(world: boolean): void {
    this.rings.setSpace(world ? "world" : "local");
  }

  setSnap(snap: boolean): void {
    this.rings.setRotationSnap(snap ? Math.PI / 36 : null);
  }

  /** The rings turn the bone itself; what it becomes is the stage's to say, which knows how far a joint goes. */
  private tellRing(done: boolean): void {
    if (this.ringJoint < 0) return;
    const row = rotationVector(this.body.turn(this.ringJoint).toArray() as Quat);
    this.onRing(this.ringJoint, row, done);
  }

  onDrawn(listener: () => void): void {
    this.drawnListeners.push(listener);
  }

  /** Draw at the next frame of the screen. */
  draw(): void {
    if (this.wanted) return;
    this.wanted = true;
    requestAnimationFrame(() => {
      this.wanted = false;
      this.drawNow();
    });
  }

  /** As many pixels as the page gives; false where it gives none. */
  private fit(): boolean {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return false;
    const size = this.renderer.getSize(new Vector2());
    if (size.x !== width || size.y !== height) {
      this.renderer.setSize(width, height, false);
      this.project();
    }
    return true;
  }

  private drawNow(): void {
    if (!this.fit()) return;
    this.renderer.render(this.scene, this.camera);
    for (const listener of this.drawnListeners) listener();
  }

  /** A picture of the stage as the camera sees it, without rings and grid. */
  async picture(width: number, height: number, background: string | null): Promise<Blob> {
    const before = { size: this.renderer.getSize(new Vector2()), ratio: this.renderer.getPixelRatio() };
    const helper = this.rings.getHelper() as Object3D;
    helper.visible = this.grid.visible = false;
    this.body.highlight([]);
    this.scene.background = background ? new Color(background) : null;
    this.renderer.setPixelRatio(1);
    this.renderer.setSize(width, height, false);
    this.project({ width, height });
    this.renderer.render(this.scene, this.camera);
    const made = new Promise<Blob | null>((resolve) => this.canvas.toBlob(resolve, "image/png"));
    this.scene.background = null;
    this.grid.visible = !this.photo;
    helper.visible = this.ringJoint >= 0;
    this.renderer.setPixelRatio(before.ratio);
    this.renderer.setSize(before.size.x, before.size.y, false);
    this.project();
    const blob = await made;
    this.drawNow();
    if (!blob) throw new Error("the browser gave no picture");
    return blob;
  }
}

function fieldOf(millimetres: number): number {
  return (2 * Math.atan(SENSOR / 2 / millimetres) * 180) / Math.PI;
}

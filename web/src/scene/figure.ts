// One skinned body: pose in, places of joints out; the limb that words speak of lights up.
import { Bone, BufferAttribute, Color, GLTFLoader, Group, Mesh, MeshStandardMaterial, Quaternion, SkinnedMesh, Vector3 } from "../three.ts";
import { quaternion, type Pose } from "../state/pose.ts";

export interface Model {
  scene: Group;
}

/** The body in the T-pose, read once; figures are copies of it. */
export async function loadModel(mesh: "full" | "preview", shape?: number[]): Promise<Model> {
  const query = shape ? `&shape=${shape.map((value) => value.toFixed(3)).join(",")}` : "";
  return (await new GLTFLoader().loadAsync(`/v1/body.glb?mesh=${mesh}${query}`)) as unknown as Model;
}

export class Body {
  readonly group = new Group();
  readonly bones: Bone[] = [];
  readonly mesh: SkinnedMesh;
  private readonly glow: BufferAttribute;
  private readonly accent = { value: new Color(0xd9480f) };
  private lit = "";

  constructor(model: Model, readonly joints: string[], color: string) {
    let skinned: SkinnedMesh | null = null;
    model.scene.traverse((one) => {
      if ((one as SkinnedMesh).isSkinnedMesh) skinned = one as SkinnedMesh;
    });
    if (!skinned) throw new Error("the body has no skin");
    const source = skinned as SkinnedMesh;
    const bones = source.skeleton.bones;
    const copies = new Map<object, Bone>();
    for (const bone of bones) copies.set(bone, bone.clone(false) as Bone);
    for (const bone of bones) {
      const copy = copies.get(bone)!;
      this.bones.push(copy);
      const above = bone.parent && copies.get(bone.parent);
      if (above) above.add(copy);
      else this.group.add(copy);
    }
    const geometry = source.geometry.clone();
    this.glow = new BufferAttribute(new Float32Array(geometry.attributes.position.count), 1);
    geometry.setAttribute("glow", this.glow);
    this.mesh = new SkinnedMesh(geometry, this.material(color));
    this.mesh.frustumCulled = false;
    this.mesh.castShadow = true;
    this.mesh.receiveShadow = true;
    this.group.add(this.mesh);
    const skeleton = source.skeleton.clone();
    skeleton.bones = this.bones;
    this.mesh.bind(skeleton, source.bindMatrix);
  }

  private material(color: string): MeshStandardMaterial {
    const made = new MeshStandardMaterial({ color, roughness: 0.82, metalness: 0 });
    made.onBeforeCompile = (shader) => {
      shader.uniforms.accent = this.accent;
      shader.vertexShader = shader.vertexShader
        .replace("#include <common>", "#include <common>\nattribute float glow; varying float vGlow;")
        .replace("#include <begin_vertex>", "#include <begin_vertex>\nvGlow = glow;");
      shader.fragmentShader = shader.fragmentShader
        .replace("#include <common>", "#include <common>\nvarying float vGlow; uniform vec3 accent;")
        .replace("#include <color_fragment>", "#include <color_fragment>\ndiffuseColor.rgb = mix(diffuseColor.rgb, accent, smoothstep(0.15, 0.75, vGlow) * 0.85);");
    };
    return made;
  }

  setColors(color: string, accent: string): void {
    (this.mesh.material as MeshStandardMaterial).color.set(color);
    this.accent.value.set(accent);
  }

  apply(pose: Pose): void {
    this.bones.forEach((bone, joint) => {
      const row = pose.rotations[joint];
      if (row) bone.quaternion.fromArray(quaternion(row));
    });
    const [x, y, z] = pose.translation ?? [0, 0, 0];
    this.bones[0].position.set(x, y, z);
    this.group.updateMatrixWorld(true);
  }

  place(joint: number, into = new Vector3()): Vector3 {
    return into.setFromMatrixPosition(this.bones[joint].matrixWorld);
  }

  /** A spot that hangs on a joint, metres from it in the T-pose. */
  grip(joint: number, from: readonly number[]): Vector3 {
    return new Vector3(from[0], from[1], from[2]).applyMatrix4(this.bones[joint].matrixWorld);
  }

  turn(joint: number, into = new Quaternion()): Quaternion {
    return into.copy(this.bones[joint].quaternion);
  }

  /** Light up what hangs on the joints; none for an empty list. */
  highlight(names: readonly string[]): boolean {
    const key = names.join(" ");
    if (key === this.lit) return false;
    this.lit = key;
    const wanted = new Set(names.flatMap((name) => [name, ...(name.endsWith("_wrist") ? this.joints.filter((one) => isFinger(one, name)) : [])]));
    const chosen = this.joints.map((name) => (wanted.has(name) ? 1 : 0));
    const { skinIndex, skinWeight } = this.mesh.geometry.attributes;
    for (let vertex = 0; vertex < this.glow.count; vertex++) {
      let sum = 0;
      for (let k = 0; k < 4; k++) sum += chosen[skinIndex.getComponent(vertex, k)] ? skinWeight.getComponent(vertex, k) : 0;
      this.glow.setX(vertex, sum);
    }
    this.glow.needsUpdate = true;
    return true;
  }

  /** Height of the lowest spot of the skin. */
  lowest(): number {
    const at = new Vector3();
    let lowest = Infinity;
    const count = this.glow.count;
    const stride = count > 4000 ? 3 : 1;
    for (let vertex = 0; vertex < count; vertex += stride) {
      this.mesh.getVertexPosition(vertex, at);
      lowest = Math.min(lowest, at.y);
    }
    return lowest;
  }

  dispose(): void {
    (this.mesh as Mesh).geometry.dispose();
    (this.mesh.material as MeshStandardMaterial).dispose();
  }
}

function isFinger(name: string, wrist: string): boolean {
  return name.startsWith(wrist.slice(0, wrist.indexOf("_") + 1)) && /\d$/.test(name);
}

/** The pose with its lowest spot on the floor, where it says no place itself. */
export function grounded(pose: Pose, body: Body): Pose {
  if (pose.translation) return pose;
  const placed: Pose = { ...pose, translation: [0, 0, 0] };
  body.apply(placed);
  return { ...pose, translation: [0, -body.lowest(), 0] };
}

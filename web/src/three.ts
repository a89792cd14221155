// What the studio takes of three.js; built into a file of its own, which changes with three's version alone.
export {
  Bone, BufferAttribute, BufferGeometry, CircleGeometry, Color, DirectionalLight, GridHelper, Group, HemisphereLight, Mesh, MeshStandardMaterial,
  NeutralToneMapping, Object3D, PCFShadowMap, PerspectiveCamera, Plane, Quaternion, Raycaster, Scene, ShadowMaterial, SkinnedMesh,
  Vector2, Vector3, WebGLRenderer,
} from "three";
export { OrbitControls } from "three/addons/controls/OrbitControls.js";
export { TransformControls } from "three/addons/controls/TransformControls.js";
export { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

// The turning body of the demo page: a GLB that stands in the page as base64, shown by three.js.
// `npm install && npm run build` in this folder writes src/poseloom/demo/viewer.min.js.

import {
  ACESFilmicToneMapping,
  AnimationMixer,
  CircleGeometry,
  DirectionalLight,
  HemisphereLight,
  Mesh,
  PCFShadowMap,
  PerspectiveCamera,
  Scene,
  ShadowMaterial,
  Timer,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";

const FIELD_OF_VIEW = 30; // degrees
const VIEW_HEIGHT = 2.3; // metres that the camera sees: a person with both arms up
const GROUND_RADIUS = 40; // metres
const SHADOW_PIXELS = 1024;
const DEGREES = Math.PI / 180;

function bytesOf(base64) {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}

function lights() {
  const sun = new DirectionalLight(0xffffff, 2.4);
  sun.position.set(-1.6, 4, 2.8);
  sun.castShadow = true;
  sun.shadow.mapSize.set(SHADOW_PIXELS, SHADOW_PIXELS);
  sun.shadow.radius = 4;
  sun.shadow.bias = -0.0005;
  sun.shadow.normalBias = 0.01;
  Object.assign(sun.shadow.camera, { left: -1.6, right: 1.6, top: 2.2, bottom: -1.6, near: 0.5, far: 12 });
  return { sun, sky: new HemisphereLight(0xffffff, 0xb9b2a6, 1.6) };
}

function ground() {
  const plane = new Mesh(new CircleGeometry(GROUND_RADIUS, 48), new ShadowMaterial({ opacity: 0.28 }));
  plane.rotation.x = -90 * DEGREES;
  plane.receiveShadow = true;
  return plane;
}

/** Show the GLB in a box of the page; the box gets the class "live" once the first frame is drawn. */
function show(box, base64, { button, slider } = {}) {
  const renderer = new WebGLRenderer({ antialias: true, alpha: true });
  renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
  renderer.toneMapping = ACESFilmicToneMapping;
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = PCFShadowMap;
  const scene = new Scene();
  const camera = new PerspectiveCamera(FIELD_OF_VIEW, 1, 0.1, 100);
  const { sun, sky } = lights();
  scene.add(ground(), sun, sun.target, sky);

  const controls = new OrbitControls(camera, renderer.domElement);
  controls.enableZoom = controls.enablePan = false; // the wheel and a finger's stroke up belong to the page
  renderer.domElement.style.touchAction = "pan-y";
  controls.maxPolarAngle = 88 * DEGREES;
  controls.autoRotate = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  controls.autoRotateSpeed = 1.6;
  controls.addEventListener("start", () => (controls.autoRotate = false));

  new GLTFLoader().parse(bytesOf(base64), "", (model) => start(model), (error) => console.error(error));

  function start(model) {
    scene.add(model.scene);
    const skinned = [];
    model.scene.traverse((part) => {
      if (!part.isMesh) return;
      part.castShadow = true;
      part.frustumCulled = false; // its box is that of the rest pose
      if (part.isSkinnedMesh) skinned.push(part);
    });
    const root = skinned.length ? skinned[0].skeleton.bones[0] : model.scene;
    const mixer = new AnimationMixer(model.scene);
    const clip = model.animations[0];
    if (clip) mixer.clipAction(clip).play();
    const timer = new Timer();
    let playing = Boolean(clip);

    const place = new Vector3();
    const before = new Vector3();
    function follow(first) {
      root.getWorldPosition(place);
      place.y = VIEW_HEIGHT * 0.44;
      if (first) {
        const far = (VIEW_HEIGHT * 0.53) / Math.tan((FIELD_OF_VIEW / 2) * DEGREES) / Math.min(1, camera.aspect * 1.15);
        camera.position.set(far * 0.34, far * 0.2, far * 0.92).add(place);
      } else {
        camera.position.add(place).sub(before);
      }
      before.copy(place);
      controls.target.copy(place);
      sun.target.position.set(place.x, 0.6, place.z);
      sun.position.set(place.x - 1.6, 4, place.z + 2.8);
    }

    function resize() {
      const { clientWidth: width, clientHeight: height } = box;
      renderer.setSize(width, height, false);
      camera.aspect = width / Math.max(height, 1);
      camera.updateProjectionMatrix();
    }

    if (button) button.onclick = () => (playing = !playing);
    if (slider) {
      slider.oninput = () => {
        playing = false;
        if (clip) mixer.setTime((slider.value / slider.max) * clip.duration * 0.9999);
      };
    }

    function draw(now) {
      timer.update(now);
      if (playing) mixer.update(Math.min(timer.getDelta(), 0.1));
      if (slider && playing) slider.value = (slider.max * (mixer.time % clip.duration)) / clip.duration;
      if (button) button.setAttribute("aria-label", (button.textContent = playing ? "Pause" : "Play"));
      model.scene.updateMatrixWorld(true);
      follow(false);
      controls.update();
      renderer.render(scene, camera);
    }

    resize();
    model.scene.updateMatrixWorld(true);
    follow(true);
    box.append(renderer.domElement);
    draw(0);
    box.classList.add("live");
    new ResizeObserver(resize).observe(box);
    let seen = true; // nothing is drawn while the body is out of sight
    new IntersectionObserver((entries) => (seen = entries.at(-1).isIntersecting)).observe(box);
    renderer.setAnimationLoop((now) => seen && draw(now));
  }
}

window.poseloomViewer = { show };

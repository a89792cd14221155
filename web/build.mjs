// Builds the studio's page into the package: three.js (changes with its version alone), main.js, the page, the styles.
//   node build.mjs            writes src/poseloom/studio/static
//   node build.mjs --compare  fails where that folder is not what these sources give
//   node build.mjs --tests    bundles the unit tests into out/tests
import { build } from "esbuild";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const shipped = join(here, "..", "src", "poseloom", "studio", "static");
const common = { bundle: true, format: "esm", target: "es2022", logLevel: "warning", absWorkingDir: here };
const apart = {
  name: "three-apart",
  setup(one) {
    one.onResolve({ filter: /three\.ts$/ }, () => ({ path: "./three.js", external: true }));
  },
};

async function page(folder) {
  await mkdir(folder, { recursive: true });
  await build({ ...common, minify: true, entryPoints: ["src/three.ts"], outfile: join(folder, "three.js"), legalComments: "none" });
  await build({ ...common, minify: true, entryPoints: ["src/main.ts"], outfile: join(folder, "main.js"), plugins: [apart] });
  const notice = await readFile(join(here, "node_modules", "three", "LICENSE"), "utf8");
  await writeFile(join(folder, "NOTICE.txt"), `three.js, contained in three.js of this folder:\n\n${notice.trim()}\n`);
  for (const name of await readdir(join(here, "page"))) await copyFile(join(here, "page", name), join(folder, name));
}

async function compare() {
  const fresh = join(here, "out", "page");
  await rm(fresh, { recursive: true, force: true });
  await page(fresh);
  const names = [...new Set([...(await readdir(fresh)), ...(await readdir(shipped))])];
  const read = (folder, name) => readFile(join(folder, name)).catch(() => Buffer.alloc(0));
  const differ = [];
  for (const name of names) if (!(await read(fresh, name)).equals(await read(shipped, name))) differ.push(name);
  if (differ.length) {
    console.error(`the committed page is not what web/ gives: ${differ.join(", ")}; run npm run build in web/`);
    process.exit(1);
  }
}

async function tests() {
  const names = (await readdir(join(here, "test"))).filter((name) => name.endsWith(".test.ts"));
  await rm(join(here, "out", "tests"), { recursive: true, force: true });
  await build({ ...common, platform: "node", entryPoints: names.map((name) => `test/${name}`), outdir: "out/tests", outExtension: { ".js": ".mjs" } });
}

if (process.argv.includes("--compare")) await compare();
else if (process.argv.includes("--tests")) await tests();
else await page(shipped);

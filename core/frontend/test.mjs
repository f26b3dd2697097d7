// Runs the tests of the client's plain modules: `node core/frontend/test.mjs`, from anywhere.
// They are bundled for Node with a stand-in for the few globals of a page that the modules read.

import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const page = [
  "globalThis.document ??= { documentElement: { lang: 'en', dataset: {} }, visibilityState: 'visible',",
  "  addEventListener() {}, removeEventListener() {}, createTreeWalker() {}, createComment() {} };",
  "Object.defineProperty(globalThis, 'navigator', { value: { onLine: true, platform: '' } });",
].join("\n");

const folder = await mkdtemp(join(tmpdir(), "ramal-frontend-"));
try {
  const files = (await readdir(join(here, "tests"))).filter((name) => name.endsWith(".test.ts"));
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: files.map((name) => join(here, "tests", name)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    banner: { js: page },
    tsconfig: join(here, "tsconfig.json"),
    nodePaths: [join(root, "node_modules")],
    logLevel: "warning",
  });
  const bundled = files.map((name) => join(folder, name.replace(/\.ts$/, ".mjs")));
  process.exitCode = spawnSync(process.execPath, ["--test", ...bundled], { stdio: "inherit" }).status ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

// Builds the browser's files: `node core/frontend/build.mjs`, from the repository's root.
//
// For the core, and for each plugins/<name>/ that has a frontend/ folder:
//   frontend/src/*.ts      entry points          -> static/dist/<name>.<hash>.js (+ shared chunks, source maps)
//   frontend/embed/*.ts    scripts other sites embed -> the same, each one classic script that leaks no names
//   frontend/scss/*.scss   (not _partials)       -> static/dist/<name>.<hash>.css (+ the fonts it names)
//   frontend/icons.txt     Tabler icon names     -> static/dist/icons.<hash>.svg, one <symbol> each
// and static/dist/manifest.json, which maps `app.js` to `app.<hash>.js`.
//
// A plugin's scripts leave `lit` and `@ramal/host` to the page's import map, so that there is one copy of each.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import * as esbuild from "esbuild";
import * as sass from "sass";

import { vendored } from "./vendor.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const modules = join(root, "node_modules");
const browsers = ["es2022", "chrome109", "firefox115", "safari16.4"];
const fromImportMap = ["lit", "lit/*", "@ramal/host"];

/** Where each distribution's sources are, and where its built files go. */
async function distributions() {
  const found = [
    { name: "ramal", source: join(root, "core/frontend"), target: join(root, "core/ramal/web/static/dist"), external: [] },
  ];
  for (const name of await list(join(root, "plugins"))) {
    const source = join(root, "plugins", name, "frontend");
    const target = join(root, "plugins", name, `ramal_${name}`, "static/dist");
    if (existsSync(source)) found.push({ name: `ramal-${name}`, source, target, external: fromImportMap });
  }
  return found;
}

async function list(folder) {
  return existsSync(folder) ? (await readdir(folder)).sort() : [];
}

/** Build one distribution into a folder aside, then put it in the old one's place. */
async function build({ name, source, target, external }) {
  const aside = `${target}.new`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  const manifest = {
    ...(await scripts(source, aside, external, "src")),
    ...(await scripts(source, aside, [], "embed")),
    ...(await styles(source, aside)),
    ...(await icons(source, aside)),
    ...(name === "ramal" ? await vendored(modules, aside) : {}),
  };
  await writeFile(join(aside, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await rm(target, { recursive: true, force: true });
  await rename(aside, target);
  console.log(`${name}: ${Object.keys(manifest).join(", ") || "nothing to build"}`);
}

async function scripts(source, target, external, folder) {
  const names = (await list(join(source, folder))).filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));
  if (names.length === 0) return {};
  const result = await esbuild.build({
    absWorkingDir: root,
    entryPoints: names.map((file) => join(source, folder, file)),
    outdir: target,
    bundle: true,
    splitting: folder === "src",
    format: folder === "src" ? "esm" : "iife",
    minify: true,
    metafile: true,
    sourcemap: "linked",
    legalComments: "linked",
    charset: "utf8",
    target: browsers,
    external,
    nodePaths: [modules],
    tsconfig: join(root, "core/frontend/tsconfig.json"),
    entryNames: "[name].[hash]",
    chunkNames: "chunk.[hash]",
    assetNames: "[name].[hash]",
    loader: { ".svg": "text" },
    logLevel: "warning",
  });
  const manifest = {};
  for (const [file, { entryPoint }] of Object.entries(result.metafile.outputs)) {
    // A dynamically imported module has an entry point too: only those of the folder itself count'.
    const own = entryPoint && dirname(resolve(root, entryPoint)) === join(source, folder);
    if (own && file.endsWith(".js")) manifest[`${basename(entryPoint, ".ts")}.js`] = basename(file);
  }
  return manifest;
}

async function styles(source, target) {
  const folder = join(source, "scss");
  const manifest = {};
  for (const file of await list(folder)) {
    if (!file.endsWith(".scss") || file.startsWith("_")) continue;
    const { css } = await sass.compileAsync(join(folder, file), {
      loadPaths: [folder, join(root, "core/frontend/scss"), modules],
      quietDeps: true,
      silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
    });
    const { outputFiles } = await esbuild.build({
      absWorkingDir: root,
      stdin: { contents: css, loader: "css", resolveDir: folder },
      nodePaths: [modules],
      bundle: true,
      write: false,
      outdir: target,
      minify: true,
      target: browsers,
      charset: "utf8",
      loader: { ".woff2": "file" },
      assetNames: "[name].[hash]",
      logLevel: "warning",
    });
    for (const output of outputFiles) {
      if (output.path.endsWith(".css")) {
        manifest[file.replace(/\.scss$/, ".css")] = await hashed(target, basename(file, ".scss"), "css", output.text);
      } else {
        await writeFile(output.path, output.contents);
      }
    }
  }
  return manifest;
}

/** One SVG with a <symbol> for each name; `filled/star` takes Tabler's filled drawing. */
async function icons(source, target) {
  const file = join(source, "icons.txt");
  if (!existsSync(file)) return {};
  const lines = (await readFile(file, "utf8")).split("\n").map((line) => line.replace(/#.*/, "").trim());
  const names = [...new Set(lines.filter(Boolean))].sort();
  const symbols = await Promise.all(names.map(symbol));
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
  return { "icons.svg": await hashed(target, "icons", "svg", sprite) };
}

async function symbol(name) {
  const path = name.includes("/") ? name : `outline/${name}`;
  const file = join(modules, "@tabler/icons/icons", `${path}.svg`);
  if (!existsSync(file)) throw new Error(`icons.txt: Tabler has no icon '${name}'`);
  const drawing = (await readFile(file, "utf8")).replace(/<!--[\s\S]*?-->/g, "");
  const inner = drawing.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
  const paint = path.startsWith("filled/")
    ? 'fill="currentColor"'
    : 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${name.replace("/", "-")}" viewBox="0 0 24 24" ${paint}>${inner.replace(/\s+/g, " ").trim()}</symbol>`;
}

async function hashed(folder, name, extension, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const file = `${name}.${hash}.${extension}`;
  await writeFile(join(folder, file), content);
  return file;
}

for (const distribution of await distributions()) await build(distribution);

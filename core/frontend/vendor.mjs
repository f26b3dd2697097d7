// Files taken as they are from npm packages whose dependencies we don't want: the readers of the API's document.
// Redoc alone would bring a hundred packages for one finished file. npm fetches each archive, its hash is checked
// against the one below, and it is unpacked once, beside node_modules' own packages.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const packages = [
  {
    name: "swagger-ui-dist",
    version: "5.35.0",
    integrity: "sha512-U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==",
    files: ["swagger-ui-bundle.js", "swagger-ui.css"],
  },
  {
    name: "redoc",
    version: "2.5.4",
    integrity: "sha512-M6jWhG1qoBnH6TFmzJnstyCZ87HmOY/UzDm78mHiYihEdlV/YcS9ogOo1NlElnJMeLsyxHFe2yFc4sNjHTrABQ==",
    files: ["bundles/redoc.standalone.js"],
  },
];

/** Copy the files into `target` under names with their hash; answers their part of the manifest. */
export async function vendored(modules, target) {
  const manifest = {};
  for (const wanted of packages) {
    const folder = await unpacked(join(modules, ".vendor"), wanted);
    for (const file of wanted.files) {
      const from = join(folder, file);
      const hash = createHash("sha256").update(await readFile(from)).digest("hex").slice(0, 10);
      const extension = extname(file);
      const name = `${basename(file, extension)}.${hash}${extension}`;
      await copyFile(from, join(target, name));
      manifest[basename(file)] = name;
    }
  }
  return manifest;
}

async function unpacked(store, { name, version, integrity }) {
  const folder = join(store, `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const aside = `${folder}.new`;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  const { stdout } = await run("npm", ["pack", `${name}@${version}`, "--json", "--pack-destination", aside], {
    maxBuffer: 64 * 1024 * 1024,
  });
  const archive = join(aside, JSON.parse(stdout)[0].filename);
  const found = `sha512-${createHash("sha512").update(await readFile(archive)).digest("base64")}`;
  if (found !== integrity) throw new Error(`${name}@${version} is not what it was: ${found}`);
  await run("tar", ["-xzf", archive, "-C", aside]);
  await rm(archive);
  await rename(join(aside, "package"), folder);
  await rm(aside, { recursive: true, force: true });
  return folder;
}

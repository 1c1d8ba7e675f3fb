// Bundles the page, and the icons, into the folder named on the command line (dist/ when none is). Run by packaging/hatch_build.py.
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const target = process.argv[2] ?? "dist";
const monaco = "monaco-editor";

await build({
  entryPoints: {
    main: "src/main.ts",
    "editor.worker": `${monaco}/editor/editor.worker.js`,
    "json.worker": "src/json_worker.ts",
    "ts.worker": `${monaco}/languages/features/typescript/ts.worker.js`,
  },
  outdir: target,
  bundle: true,
  splitting: true,
  format: "esm",
  target: "chrome140", // QtWebEngine 6.12
  minify: true,
  legalComments: "none", // Monaco's licence is copied below
  chunkNames: "chunks/[name]-[hash]",
  assetNames: "assets/[name]-[hash]",
  loader: { ".ttf": "file" },
  logLevel: "warning",
});

// Splitting writes every chunk's style sheet a second time; the page links main.css, which holds them all.
const chunks = join(target, "chunks");
for (const name of await readdir(chunks)) {
  if (name.endsWith(".css")) await rm(join(chunks, name));
}
await copyFile("index.html", join(target, "index.html"));
await copyFile(`node_modules/${monaco}/LICENSE`, join(target, "LICENSE.monaco.txt"));
await copyFile(`node_modules/${monaco}/ThirdPartyNotices.txt`, join(target, "NOTICES.monaco.txt"));

// The texts that the application translates, and Monaco's own translations for its languages.
const texts = new Set();
for (const name of await readdir("src")) {
  if (name === "messages.ts") continue;
  for (const [, literal] of (await readFile(join("src", name), "utf8")).matchAll(/\b_\(\s*("(?:[^"\\]|\\.)*")?/g)) {
    if (literal === undefined) throw new Error(`${name}: _() takes a text in double quotes.`);
    texts.add(JSON.parse(literal));
  }
}
await writeFile(join(target, "messages.json"), JSON.stringify([...texts]));
await mkdir(join(target, "languages"));
for (const language of ["ja"]) {
  await copyFile(`node_modules/${monaco}/esm/vs/nls/lang/${language}.js`, join(target, "languages", `${language}.js`));
}

// The program's icons: the drawings that icons.json names.
const icons = join(target, "icons");
await mkdir(icons, { recursive: true });
for (const name of JSON.parse(await readFile("icons.json", "utf8"))) {
  await copyFile(`node_modules/lucide-static/icons/${name}.svg`, join(icons, `${name}.svg`));
}
await copyFile("node_modules/lucide-static/LICENSE", join(icons, "LICENSE.lucide.txt"));

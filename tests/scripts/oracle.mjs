// Writes what ts-blank-space makes of the TypeScript files of packages: a line of JSON for each file, with `blank` or, where
// types can't be erased, without.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import blankSpace from "ts-blank-space";

const [root, out] = process.argv.slice(2);
const PACKAGES = ["rxjs/src", "zod/src", "@tanstack/query-core/src", "viem"];

function* files(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules") yield* files(path);
    } else if (entry.name.endsWith(".ts") && !entry.name.endsWith(".d.ts")) yield path;
  }
}

const lines = PACKAGES.flatMap((name) => [...files(join(root, "node_modules", name))]).map((path) => {
  const source = readFileSync(path, "utf8");
  let refused = false;
  const blank = blankSpace(source, () => {
    refused = true;
  });
  const file = relative(join(root, "node_modules"), path);
  return JSON.stringify(refused ? { file, source } : { file, source, blank });
});
writeFileSync(out, `${lines.join("\n")}\n`);

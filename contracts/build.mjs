// Compiles every contract with the pinned npm solc, offline, to dist/<path>/<Name>.json ({abi, bytecode, deployedBytecode})
// and dist/manifest.json. The output depends only on the sources, the compiler version and the settings below.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import solc from "solc";

const here = dirname(fileURLToPath(import.meta.url));
const folders = ["ai", "test"];
const require = createRequire(import.meta.url);

const sources = Object.fromEntries(
  folders
    .flatMap((folder) => solidityFiles(folder))
    .map((path) => [path, { content: readFileSync(join(here, path), "utf8") }]),
);
const input = {
  language: "Solidity",
  sources,
  settings: {
    optimizer: { enabled: true, runs: 10_000 },
    evmVersion: "cancun",
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: resolveImport }));
const problems = (output.errors ?? []).filter((error) => error.severity !== "info");
if (problems.length > 0) {
  console.error(problems.map((error) => error.formattedMessage).join("\n"));
  process.exit(1);
}

const dist = join(here, "dist");
rmSync(dist, { recursive: true, force: true });
const manifest = { compiler: solc.version(), evmVersion: input.settings.evmVersion, contracts: {} };
for (const path of Object.keys(sources)) {
  for (const [name, contract] of Object.entries(output.contracts[path] ?? {})) {
    const file = `${dirname(path)}/${name}.json`;
    const artifact = {
      abi: contract.abi,
      bytecode: `0x${contract.evm.bytecode.object}`,
      deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
    };
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    writeFileSync(join(dist, file), `${JSON.stringify(artifact, null, 2)}\n`);
    manifest.contracts[name] = { source: path, artifact: file };
  }
}
writeFileSync(join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

function solidityFiles(folder) {
  return readdirSync(join(here, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".sol"))
    .map((entry) =>
      join(entry.parentPath ?? entry.path, entry.name)
        .slice(here.length + 1)
        .replaceAll("\\", "/"),
    )
    .sort();
}

/** Packages such as @openzeppelin/contracts resolve from node_modules; nothing is ever fetched. */
function resolveImport(path) {
  try {
    return { contents: readFileSync(require.resolve(path), "utf8") };
  } catch {
    return { error: `${path} is neither a source of this package nor in node_modules` };
  }
}

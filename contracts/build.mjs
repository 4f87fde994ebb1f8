// Compiles every contract with the pinned npm solc, offline, to dist/<path>/<Name>.json ({abi, bytecode, deployedBytecode, immutables, storageLayout})
// and dist/manifest.json. The output depends only on the sources, the compiler version and the settings below.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import solc from "solc";

const here = dirname(fileURLToPath(import.meta.url));
const folders = ["ai", "bridge", "l1", "l2", "messaging", "multicall", "proxy", "test"].filter((folder) =>
  existsSync(join(here, folder)),
);
const require = createRequire(import.meta.url);
/** Warnings about what is done on purpose. */
const intended = {
  2394: "transient storage: OpenZeppelin's reentrancy guard clears it",
  5159: "selfdestruct: the message passer's furnace burns ether in the transaction that makes it (EIP-6780)",
};

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
    outputSelection: {
      "*": {
        "*": [
          "abi",
          "evm.bytecode.object",
          "evm.deployedBytecode.object",
          "evm.deployedBytecode.immutableReferences",
          "storageLayout",
        ],
      },
    },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: resolveImport }));
const problems = (output.errors ?? []).filter(
  ({ severity, errorCode }) => severity !== "info" && !(errorCode in intended),
);
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
      immutables: Object.keys(contract.evm.deployedBytecode.immutableReferences).length,
      storageLayout: storageLayout(contract.storageLayout),
    };
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    writeFileSync(join(dist, file), `${JSON.stringify(artifact, null, 2)}\n`);
    manifest.contracts[name] = { source: path, artifact: file };
  }
}
writeFileSync(join(dist, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);

/** Where each state variable lies: the genesis state is written by it, and tests pin it for upgradeable contracts. */
function storageLayout({ storage, types }) {
  return storage.map(({ label, slot, offset, type }) => ({
    label,
    slot: Number(slot),
    offset,
    bytes: Number(types[type].numberOfBytes),
    type: types[type].label,
  }));
}

function solidityFiles(folder) {
  return readdirSync(join(here, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".sol") && !entry.name.endsWith(".t.sol"))
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

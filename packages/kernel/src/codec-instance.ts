import { readFileSync } from "node:fs";
import { KernelError } from "./errors.ts";

/** What `assembly/entry/codec.ts` exports. Addresses are byte offsets into the instance's memory. */
export interface CodecExports {
  initCodec(): void;
  codecBuffer(bytes: number): number;
  codecKeccak(bytes: number, length: number, out: number): void;
  rlpDecode(bytes: number, length: number, tokens: number): number;
  rlpPrependBytesHeader(payload: number, length: number): number;
  rlpPrependListHeader(payload: number, length: number): number;
  rawTrieNew(root: number): number;
  rawTrieFree(trie: number): void;
  rawTriePut(trie: number, key: number, keyLength: number, value: number, valueLength: number): void;
  rawTrieDelete(trie: number, key: number, keyLength: number): void;
  rawTrieGet(trie: number, key: number, keyLength: number): number;
  rawTrieValue(): number;
  rawTrieRoot(trie: number, out: number, save: number): void;
  rawTrieSeek(trie: number, key: number, keyLength: number, forward: number, out: number): number;
}

/** A kernel without a state, for RLP and tries by themselves. */
export interface Codec {
  readonly exports: CodecExports;
  /** The memory as it is now: it may grow in every call. */
  bytes(): Uint8Array;
}

const INITIAL_PAGES = 64;
const MAXIMUM_PAGES = 49_152;

let shared: Codec | undefined;

/** The process's codec, made at the first use. */
export function codec(): Codec {
  shared ??= createCodec();
  return shared;
}

function createCodec(): Codec {
  const module = new WebAssembly.Module(readFileSync(new URL("../dist/kernel.wasm", import.meta.url)));
  const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAXIMUM_PAGES, shared: true });
  const instance = new WebAssembly.Instance(module, imports(module, memory));
  const exports = instance.exports as unknown as CodecExports;
  exports.initCodec();
  let view = new Uint8Array(memory.buffer);
  return {
    exports,
    bytes: () => {
      if (view.buffer !== memory.buffer) view = new Uint8Array(memory.buffer);
      return view;
    },
  };
}

/** There is no host behind a codec: everything it is asked for is unknown. */
function imports(module: WebAssembly.Module, memory: WebAssembly.Memory): WebAssembly.Imports {
  const result: Record<string, Record<string, WebAssembly.ImportValue>> = { env: { memory } };
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== "function") continue;
    result[from] ??= {};
    result[from][name] = (): never => {
      throw new KernelError("MISSING_PREIMAGE", `the codec has no host to answer ${name}`);
    };
  }
  return result;
}

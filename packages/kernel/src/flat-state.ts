import { RLP } from "@ethereumjs/rlp";
import { keccak_256 } from "@noble/hashes/sha3.js";
import type { StateChange } from "./types.ts";

const EMPTY_ROOT = keccak_256(Uint8Array.of(0x80));
const EMPTY_CODE_HASH = keccak_256(new Uint8Array(0));

const text = (...parts: Uint8Array[]): string => parts.map((part) => Buffer.from(part).toString("hex")).join("/");
const nibbles = (key: string): Uint8Array => Uint8Array.from(key, (digit) => Number.parseInt(digit, 16));

type Item = Uint8Array | Item[];

/** The state as a database keeps it, in maps: for tests of what the kernel reads and commits. */
export class FlatState {
  /** By owner (hex, empty for the state trie): flat entries by hashed key. */
  readonly entries: Map<string, Map<string, Uint8Array>> = new Map();
  /** Branches and extensions by owner and path. */
  readonly nodes: Map<string, Uint8Array> = new Map();
  readonly codes: Map<string, Uint8Array> = new Map();

  account(accountHash: Uint8Array): Uint8Array | undefined {
    return this.entries.get("")?.get(text(accountHash));
  }

  slot(accountHash: Uint8Array, slotHash: Uint8Array): Uint8Array | undefined {
    return this.entries.get(text(accountHash))?.get(text(slotHash));
  }

  /** A stored node, or the leaf that follows from the only entry below the path. */
  node(owner: Uint8Array, path: Uint8Array): Uint8Array | undefined {
    const stored = this.nodes.get(text(owner, path));
    if (stored) return stored;
    const prefix = Array.from(path, (nibble) => nibble.toString(16)).join("");
    for (const [key, entry] of this.entries.get(text(owner)) ?? []) {
      if (key.startsWith(prefix)) return leaf(nibbles(key.slice(prefix.length)), leafValue(owner, entry));
    }
    return undefined;
  }

  /** Throws when a key occurs twice. */
  apply(change: StateChange): void {
    const keys = new Set<string>();
    const once = (key: string): string => {
      if (keys.has(key)) throw new Error(`${key} occurs twice in a commit`);
      keys.add(key);
      return key;
    };
    for (const owner of change.wipedStorage ?? []) {
      this.entries.delete(once(`wiped ${text(owner)}`).slice(6));
      for (const key of this.nodes.keys()) if (key.startsWith(`${text(owner)}/`)) this.nodes.delete(key);
    }
    for (const [hash, value] of change.accounts) {
      this.#set("", once(text(hash)), value);
    }
    for (const [owner, hash, value] of change.slots) {
      once(text(owner, hash));
      this.#set(text(owner), text(hash), value);
    }
    for (const [owner, path, rlp] of change.nodes) {
      const key = once(text(owner, path));
      if (rlp) this.nodes.set(key, rlp);
      else this.nodes.delete(key);
    }
    for (const [hash, code] of change.code) this.codes.set(text(hash), code);
  }

  #set(owner: string, key: string, value: Uint8Array | undefined): void {
    let entries = this.entries.get(owner);
    if (!entries) {
      entries = new Map();
      this.entries.set(owner, entries);
    }
    if (value) entries.set(key, value);
    else entries.delete(key);
  }

  /** Walks all tries from the root; returns what is wrong, undefined when entries and nodes are exactly those of the root. */
  difference(root: Uint8Array): string | undefined {
    const seen = new Set<string>();
    const problem = this.#walk(new Uint8Array(0), root, seen);
    if (problem) return problem;
    for (const key of this.nodes.keys()) if (!seen.has(key)) return `node ${key} is in no trie`;
    for (const [owner, entries] of this.entries) {
      for (const key of entries.keys()) if (!seen.has(`${owner}:${key}`)) return `entry ${owner} ${key} is in no trie`;
    }
    return undefined;
  }

  #walk(owner: Uint8Array, root: Uint8Array, seen: Set<string>): string | undefined {
    if (text(root) === text(EMPTY_ROOT)) return undefined;
    const visit = (item: Item, path: number[]): string | undefined => {
      let node = item;
      if (!Array.isArray(node)) {
        const rlp = this.node(owner, Uint8Array.from(path));
        if (!rlp || text(keccak_256(rlp)) !== text(node)) return `node ${text(owner)} ${path} is not of the trie`;
        if (this.nodes.has(text(owner, Uint8Array.from(path)))) seen.add(text(owner, Uint8Array.from(path)));
        node = RLP.decode(rlp) as Item[];
      }
      if (node.length === 17) {
        for (let nibble = 0; nibble < 16; nibble++) {
          if (node[nibble]!.length === 0) continue;
          const problem = visit(node[nibble]!, [...path, nibble]);
          if (problem) return problem;
        }
        return undefined;
      }
      const packed = text(node[0] as Uint8Array);
      const odd = Number.parseInt(packed[0]!, 16) & 1;
      const below = [...path, ...nibbles(packed.slice(2 - odd))];
      if (Number.parseInt(packed[0]!, 16) < 2) return visit(node[1]!, below);
      return this.#leaf(owner, below, node[1] as Uint8Array, seen);
    };
    return visit(root, []);
  }

  #leaf(owner: Uint8Array, path: number[], value: Uint8Array, seen: Set<string>): string | undefined {
    const key = path.map((nibble) => nibble.toString(16)).join("");
    const entry = this.entries.get(text(owner))?.get(key);
    if (!entry || text(leafValue(owner, entry)) !== text(value)) return `entry ${text(owner)} ${key} differs`;
    seen.add(`${text(owner)}:${key}`);
    if (owner.length > 0) return undefined;
    return this.#walk(Uint8Array.from(Buffer.from(key, "hex")), (RLP.decode(value) as Uint8Array[])[2]!, seen);
  }
}

function leafValue(owner: Uint8Array, entry: Uint8Array): Uint8Array {
  if (owner.length > 0) return RLP.encode(entry);
  const [nonce, balance, root, codeHash] = RLP.decode(entry) as Uint8Array[];
  return RLP.encode([
    nonce!,
    balance!,
    root!.length ? root! : EMPTY_ROOT,
    codeHash!.length ? codeHash! : EMPTY_CODE_HASH,
  ]);
}

/** Leaf with the rest of its key in hex-prefix encoding. */
function leaf(path: Uint8Array, value: Uint8Array): Uint8Array {
  const odd = path.length & 1;
  const padded = odd ? [3, ...path] : [2, 0, ...path];
  const packed = Uint8Array.from({ length: padded.length / 2 }, (_, i) => (padded[2 * i]! << 4) | padded[2 * i + 1]!);
  return RLP.encode([packed, value]);
}

import { encodeRlp, keccak256, type RlpItem } from "@hyperion/kernel";
import { EMPTY_ROOT } from "./account.ts";
import { nibblesOf } from "./keys.ts";
import { extension, leaf, reference } from "./trie-node.ts";

const NOTHING = new Uint8Array(0);
const HASH = 32;

interface OpenBranch {
  /** Nibbles above the branch. */
  readonly depth: number;
  readonly items: RlpItem[];
}

/** Called with every branch and extension node that is not embedded in its parent, children first. */
export type NodeSink = (path: Uint8Array, rlp: Uint8Array) => void;

/**
 * The root of a trie whose entries come in the order of their keys, all of the same length. Only the branches above the
 * last key are in memory.
 */
export class StackTrie {
  readonly #sink: NodeSink;
  readonly #open: OpenBranch[] = [];
  #path: Uint8Array | undefined;
  #value: Uint8Array = NOTHING;

  constructor(sink: NodeSink = () => {}) {
    this.#sink = sink;
  }

  /** @param value what the leaf holds */
  add(key: Uint8Array, value: Uint8Array): void {
    const path = nibblesOf(key);
    if (this.#path) this.#place(commonLength(this.#path, path));
    this.#path = path;
    this.#value = value;
  }

  /** No entries may be added afterwards. */
  root(): Uint8Array {
    if (!this.#path) return EMPTY_ROOT;
    const top = this.#place(-1)!;
    return top.length === HASH && top instanceof Uint8Array ? top : keccak256(encodeRlp(top));
  }

  /**
   * Hangs the last leaf into its branch and closes the branches that the next key, which shares `shared` nibbles, is not
   * under. @returns the reference of the root once everything is closed (`shared` −1)
   */
  #place(shared: number): RlpItem | undefined {
    const path = this.#path!;
    let parent = this.#parentDepth(shared);
    let child: RlpItem = leaf(path.subarray(parent + 1), this.#value);
    if (parent < 0) return child;
    this.#hang(parent, reference(child, encodeRlp(child)));
    while (this.#depth() > shared) {
      const { depth, items } = this.#open.pop()!;
      parent = this.#parentDepth(shared);
      child = this.#finish(path.subarray(0, depth), items);
      if (depth > parent + 1) {
        child = this.#finish(path.subarray(0, parent + 1), extension(path.subarray(parent + 1, depth), child));
      }
      if (parent < 0) return child;
      this.#hang(parent, child);
    }
    return undefined;
  }

  /** @returns the node's reference; at the root, its hash in any case */
  #finish(path: Uint8Array, node: RlpItem): RlpItem {
    const rlp = encodeRlp(node);
    const isRoot = path.length === 0;
    if (rlp.length >= HASH || isRoot) this.#sink(path, rlp);
    return isRoot ? keccak256(rlp) : reference(node, rlp);
  }

  #depth(): number {
    return this.#open.at(-1)?.depth ?? -1;
  }

  #parentDepth(shared: number): number {
    return Math.max(this.#depth(), shared);
  }

  #hang(depth: number, child: RlpItem): void {
    if (this.#depth() < depth) this.#open.push({ depth, items: new Array<RlpItem>(17).fill(NOTHING) });
    this.#open.at(-1)!.items[this.#path![depth]!] = child;
  }
}

function commonLength(a: Uint8Array, b: Uint8Array): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

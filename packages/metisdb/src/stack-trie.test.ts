import { decodeRlp, keccak256, Trie } from "@hyperion/kernel";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_ROOT } from "./account.ts";
import { StackTrie } from "./stack-trie.ts";

/** Few distinct bytes: keys with long common beginnings. */
const keys = fc.uint8Array({ minLength: 4, maxLength: 4, max: 3 }).map((head) => {
  const key = new Uint8Array(32).fill(7);
  key.set(head);
  key.set(head, 28);
  return key;
});
const entries = fc.uniqueArray(fc.tuple(keys, fc.uint8Array({ minLength: 1, maxLength: 60 })), {
  selector: ([key]) => key.join(),
  maxLength: 40,
});

test("the root is that of the kernel's trie, and every node above the leaves is handed over", () => {
  fc.assert(
    fc.property(entries, (list) => {
      const trie = new Trie();
      const nodes = new Map<string, string>();
      const stack = new StackTrie((path, rlp) => nodes.set(path.join(), Buffer.from(keccak256(rlp)).toString("hex")));
      for (const [key, value] of [...list].sort(([a], [b]) => Buffer.compare(a, b))) {
        trie.set(key, value);
        stack.add(key, value);
      }
      const root = stack.root();
      expect(root).toEqual(list.length === 0 ? EMPTY_ROOT : trie.root());
      if (list.length > 1) expect(nodes.get("")).toBe(Buffer.from(root).toString("hex"));
      else expect(nodes.size).toBe(0);
    }),
  );
});

test("a node is handed over under the path at which its parent names it", () => {
  const children = new Map<string, string>();
  const found = new Map<string, string>();
  const stack = new StackTrie((path, rlp) => {
    found.set(path.join(), Buffer.from(keccak256(rlp)).toString("hex"));
    const items = decodeRlp(rlp) as Uint8Array[];
    if (items.length !== 17) return;
    for (let nibble = 0; nibble < 16; nibble++) {
      if (items[nibble]!.length === 32)
        children.set([...path, nibble].join(), Buffer.from(items[nibble]!).toString("hex"));
    }
  });
  for (let i = 0; i < 400; i++) {
    const key = new Uint8Array(32);
    new DataView(key.buffer).setUint32(0, i * 9_000_000);
    stack.add(key, new Uint8Array(40).fill(i));
  }
  stack.root();
  const named = [...found].filter(([path]) => children.has(path));
  expect(named.length).toBeGreaterThan(10);
  for (const [path, hash] of named) expect(hash).toBe(children.get(path));
});

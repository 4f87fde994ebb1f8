import { Trie } from "@hyperion/kernel";
import { keccak256 } from "viem";
import { toBytes, toHex } from "../hex.ts";
import type { Case, FixtureFile, Suite, Verdict } from "../suite.ts";
import { jsonCases } from "../suite.ts";

/** Pairs in order, where null deletes, or an object whose order must not matter. */
type Entries = readonly (readonly [string, string | null])[] | Readonly<Record<string, string | null>>;

interface RootTest {
  readonly in: Entries;
  readonly root: string;
}

/** The keys of a trie, and for each queried key the one before and the one after, empty for none. */
interface NeighbourTest {
  readonly in: readonly string[];
  readonly tests: readonly (readonly [key: string, previous: string, next: string])[];
}

/** Ethereum's Merkle-Patricia trie vectors: the root after insertions and deletions, with plain or hashed keys. */
export const trieSuite: Suite = {
  folders: ["TrieTests", "trie_tests"],
  extension: ".json",
  cases(file: FixtureFile): Iterable<Case> | undefined {
    const secure = /secure/i.test(file.path);
    const tests = jsonCases<RootTest | NeighbourTest>(
      file,
      (value) => "in" in value && ("root" in value || "tests" in value),
    );
    return tests?.map(([name, test]) => ({
      name,
      run: () => ("tests" in test ? runNeighbourTest(test) : runRootTest(test, secure)),
    }));
  },
};

function runNeighbourTest(test: NeighbourTest): Verdict {
  const trie = new Trie();
  for (const key of test.in) trie.set(toBinary(key), toBinary(key));
  for (const [key, previous, next] of test.tests) {
    const actual = [trie.previous(toBinary(key)), trie.next(toBinary(key))].map((found) =>
      Buffer.from(found ?? []).toString(),
    );
    if (actual[0] === previous && actual[1] === next) continue;
    return {
      reason: "neighbours",
      expected: `${previous} < ${key} < ${next}`,
      actual: `${actual[0]} < ${key} < ${actual[1]}`,
    };
  }
  return undefined;
}

function runRootTest(test: RootTest, secure: boolean): Verdict {
  for (const [order, entries] of orders(test.in)) {
    const trie = new Trie();
    for (const [key, value] of entries) {
      const path = secure ? keccak256(toBinary(key), "bytes") : toBinary(key);
      trie.set(path, value === null ? new Uint8Array(0) : toBinary(value));
    }
    const actual = toHex(trie.root());
    if (actual !== test.root)
      return { reason: "root", expected: test.root, actual, details: [`insertion order: ${order}`] };
  }
  return undefined;
}

function orders(entries: Entries): [string, readonly (readonly [string, string | null])[]][] {
  if (Array.isArray(entries)) return [["as given", entries]];
  const pairs = Object.entries(entries);
  return [
    ["as given", pairs],
    ["reversed", pairs.toReversed()],
    ["sorted", pairs.toSorted(([a], [b]) => (a < b ? -1 : 1))],
  ];
}

function toBinary(text: string): Uint8Array {
  return text.startsWith("0x") ? toBytes(text) : new Uint8Array(Buffer.from(text, "utf8"));
}

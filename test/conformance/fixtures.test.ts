import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { rejectedFor } from "./exceptions.ts";
import { matches } from "./filter.ts";
import { FixturesAbsentError, findFixtureFiles, fixtureRoots } from "./fixtures.ts";
import { chainConfig } from "./network.ts";
import { tarEntries } from "./tar.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "hyperion-fixtures-"));
  vi.stubEnv("XDG_CACHE_HOME", join(directory, "cache"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

test("an archive is unpacked once and its suite's folder found", () => {
  const tree = join(directory, "tree", "state_tests", "a-folder-name-of-some-length".repeat(6));
  mkdirSync(tree, { recursive: true });
  writeFileSync(join(tree, "case.json"), "{}");
  const source = join(directory, "source");
  mkdirSync(source);
  execFileSync("tar", ["-czf", join(source, "suite.tar.gz"), "-C", join(directory, "tree"), "state_tests"]);
  const unpacked: string[] = [];
  for (let round = 0; round < 2; round++) {
    const roots = fixtureRoots(source, (archive) => unpacked.push(archive));
    const files = findFixtureFiles(roots, ["state_tests"], ".json");
    expect(files).toHaveLength(1);
    expect(readFileSync(files[0]!, "utf8")).toBe("{}");
  }
  expect(unpacked).toHaveLength(1);
});

test("any folder of files is searched", () => {
  mkdirSync(join(directory, "deep", "er"), { recursive: true });
  writeFileSync(join(directory, "deep", "er", "case.json"), "{}");
  expect(findFixtureFiles(fixtureRoots(join(directory, "deep")), ["state_tests"], ".json")).toHaveLength(1);
});

test("an absent folder is said to be absent", () => {
  expect(() => fixtureRoots(join(directory, "nothing"))).toThrow(FixturesAbsentError);
});

test("an archive cannot write outside its folder", () => {
  const header = Buffer.alloc(1024);
  header.write("../outside", 0);
  header.write("00000000000\0", 124);
  header.write("0", 156);
  expect(() => [...tarEntries(header)]).toThrow(RangeError);
});

test("a transition activates the later fork and its blobs at its time", () => {
  const config = chainConfig("CancunToPragueAtTime15k")!;
  expect(config.forks.at(-1)).toEqual({ fork: "prague", timestamp: 15_000n });
  expect(config.forks.find(({ fork }) => fork === "cancun")).toEqual({ fork: "cancun", timestamp: 0n });
  expect(config.blobSchedule.map(({ timestamp, max }) => [timestamp, max])).toEqual([
    [0n, 6],
    [15_000n, 9],
  ]);
  expect(chainConfig("HomesteadToDaoAt5")).toBeUndefined();
});

test("filters are parts of names or regular expressions", () => {
  expect(matches("SSTORE", "state/sstore.json", "case")).toBe(true);
  expect(matches("/^state.*case$/", "state/sstore.json", "case")).toBe(true);
  expect(matches("call", "state/sstore.json", "case")).toBe(false);
});

test("a rejection for another rule is noted", () => {
  expect(rejectedFor("TransactionException.NONCE_MISMATCH_TOO_LOW", "NONCE_TOO_LOW")).toBeUndefined();
  expect(rejectedFor("A|TransactionException.SENDER_NOT_EOA", "SENDER_NOT_EOA")).toBeUndefined();
  expect(rejectedFor("TransactionException.SENDER_NOT_EOA", "NONCE_TOO_LOW")).toHaveProperty("note");
});

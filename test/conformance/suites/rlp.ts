import type { RlpItem } from "@hyperion/kernel";
import { decodeRlp, encodeRlp } from "@hyperion/kernel";
import { toBytes, toHex } from "../hex.ts";
import type { Case, FixtureFile, Suite, Verdict } from "../suite.ts";
import { jsonCases } from "../suite.ts";

/** A string, a number, `#` and the decimal digits of a large one, or a list of these. */
type FixtureItem = string | number | readonly FixtureItem[];

interface RlpTest {
  readonly in: FixtureItem;
  readonly out: string;
}

/** Ethereum's RLP vectors: encoding and decoding of values, and encodings that must be refused. */
export const rlpSuite: Suite = {
  folders: ["RLPTests", "rlp_tests"],
  extension: ".json",
  cases(file: FixtureFile): Iterable<Case> | undefined {
    const tests = jsonCases<RlpTest>(file, (value) => "in" in value && "out" in value);
    return tests?.map(([name, test]) => ({ name, run: () => runTest(test) }));
  },
};

function runTest(test: RlpTest): Verdict {
  const encoded = toBytes(test.out);
  if (test.in === "INVALID") return refusalMismatch(encoded);
  const decoded = decodeRlp(encoded);
  const again = toHex(encodeRlp(decoded));
  if (again !== toHex(encoded)) return { reason: "decode then encode", expected: toHex(encoded), actual: again };
  if (test.in === "VALID") return undefined;
  const item = toItem(test.in);
  const actual = toHex(encodeRlp(item));
  if (actual !== toHex(encoded)) return { reason: "encode", expected: toHex(encoded), actual };
  if (printed(decoded) === printed(item)) return undefined;
  return { reason: "decode", expected: printed(item), actual: printed(decoded) };
}

function refusalMismatch(encoded: Uint8Array): Verdict {
  let decoded: RlpItem;
  try {
    decoded = decodeRlp(encoded);
  } catch {
    return undefined;
  }
  return { reason: "accepted invalid RLP", expected: "an error", actual: printed(decoded) };
}

function toItem(value: FixtureItem): RlpItem {
  if (typeof value === "object") return value.map(toItem);
  if (typeof value === "number") return integer(BigInt(value));
  return value.startsWith("#") ? integer(BigInt(value.slice(1))) : new Uint8Array(Buffer.from(value, "utf8"));
}

function integer(value: bigint): Uint8Array {
  return value === 0n ? new Uint8Array(0) : toBytes(value.toString(16));
}

function printed(item: RlpItem): string {
  return item instanceof Uint8Array ? toHex(item) : `[${item.map(printed).join(", ")}]`;
}

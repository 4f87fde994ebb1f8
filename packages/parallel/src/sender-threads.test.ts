import { Kernel, presetConfig } from "@hyperion/kernel";
import { afterAll, expect, it } from "vitest";
import { SenderThreads } from "./sender-threads.ts";

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
/** EIP-155's example, and a transfer of type 2 for chain 1337. */
const LEGACY = bytes(
  "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
);
const TYPED = bytes(
  "02f86d82053980843b9aca008502540be40082520894aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa8080c001a030e15e59ad9212fae59266d8e966f38fe5fb33de39721707e161d94f96703d57a0386cfb07267650df7360f5ddca90279d55a774e433853539c61ee2106bc267ff",
);
const MALFORMED = Uint8Array.of(1, 2, 3);

const hex = (of: Uint8Array): string => Buffer.from(of).toString("hex");

const noOracle = { preimage: () => undefined, blockHash: () => undefined };
const newKernel = (): Promise<Kernel> => Kernel.create({ config: presetConfig("Prague")!, oracle: noOracle });
const threads = new SenderThreads(2);
afterAll(() => threads.close());

/** The sender by the kernel's own account. */
const senderOf = (kernel: Kernel, raw: Uint8Array): string | undefined => {
  const transaction = kernel.decodeTransaction(raw);
  return "from" in transaction ? hex(transaction.from) : undefined;
};

it("finds the hashes and senders that a kernel finds, and says of which transaction there are none", async () => {
  const kernel = await newKernel();
  const identities = (await threads.recover([LEGACY, MALFORMED, TYPED]))!;
  const found = [0, 1, 2].map((index) => identities.subarray(index * 53, (index + 1) * 53));
  expect(found.map(([known]) => known)).toEqual([1, 0, 1]);
  expect(found.map((identity) => hex(identity.subarray(1, 33)))).toEqual([
    hex(kernel.keccak256(LEGACY)),
    "00".repeat(32),
    hex(kernel.keccak256(TYPED)),
  ]);
  expect(hex(found[0]!.subarray(33))).toBe("9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
  expect(hex(found[2]!.subarray(33))).toBe(senderOf(kernel, TYPED));
});

it("lets a kernel take over what was found, and nothing about what was not", async () => {
  const kernel = await newKernel();
  const transactions = [TYPED, MALFORMED, Uint8Array.of(), LEGACY];
  const identities = Uint8Array.from((await threads.recover(transactions))!);
  // A sender that no signature leads to shows that none was recovered.
  identities.set(new Uint8Array(20).fill(0xab), 33);
  kernel.learnSenders(transactions, identities);
  expect(transactions.map((raw) => senderOf(kernel, raw))).toEqual([
    "ab".repeat(20),
    undefined,
    undefined,
    "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f",
  ]);
});

it("answers what it was asked before it is closed with nothing", async () => {
  const closing = new SenderThreads(1);
  const asked = closing.recover([LEGACY]);
  await closing.close();
  expect(await asked).toBeUndefined();
  expect(await closing.recover([LEGACY])).toBeUndefined();
});

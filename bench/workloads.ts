import type { Statement } from "./assembler.ts";
import { assemble } from "./assembler.ts";

/** A contract call that all engines run: `repeat` times from a loop contract standing at `sender`. */
export interface Workload {
  readonly name: string;
  readonly accounts: readonly WorkloadAccount[];
  readonly sender: string;
  readonly to: string;
  readonly data: string;
}

export interface WorkloadAccount {
  readonly address: string;
  readonly code: string;
  readonly balance: bigint;
  readonly storage: Readonly<Record<string, string>>;
}

export const CONTRACT: string = `0x${"c0".repeat(20)}`;
export const CALLEE: string = `0x${"ca".repeat(20)}`;
export const SENDER: string = `0x${"11".repeat(20)}`;

/**
 * Code that stands at the sender's address and calls `to`, with the calldata after the first word, as many times as the
 * first word says. It reverts with one byte, or with none as soon as a call fails: the effects are to be forgotten, and
 * an engine that hands over logs with a result, or bloom filters, would be measured with that.
 */
export function loopCode(to: string): Uint8Array {
  const payload: Statement[] = [32, "CALLDATASIZE", "SUB"];
  return assemble([
    ...payload,
    32,
    0,
    "CALLDATACOPY",
    0,
    "CALLDATALOAD",
    { label: "again" },
    "DUP1",
    "ISZERO",
    { pushLabel: "done" },
    "JUMPI",
    0,
    0,
    ...payload,
    0,
    0,
    BigInt(to),
    "GAS",
    "CALL",
    "ISZERO",
    { pushLabel: "failed" },
    "JUMPI",
    1,
    "SWAP1",
    "SUB",
    { pushLabel: "again" },
    "JUMP",
    { label: "failed" },
    0,
    0,
    "REVERT",
    { label: "done" },
    1,
    0,
    "REVERT",
  ]);
}

/** A loop over `body` counting down from `times`; the body finds the counter on top and must leave it there. */
export function countedLoop(times: number, body: readonly Statement[]): Statement[] {
  return [times, { label: "loop" }, ...body, 1, "SWAP1", "SUB", "DUP1", { pushLabel: "loop" }, "JUMPI", "STOP"];
}

/** Programs that stress one part of an EVM each, beside the fixtures' real contracts. */
export const OWN_WORKLOADS: readonly Workload[] = [
  program("arithmetic", countedLoop(2000, ["DUP1", "DUP1", "MUL", 7, "ADD", 3, "SWAP1", "DIV", "DUP2", "XOR", "POP"])),
  program(
    "wide arithmetic",
    countedLoop(1000, [...wideOperands(), "MULMOD", "DUP2", "ADD", 13, "SWAP1", "EXP", "POP"]),
  ),
  program("memory", countedLoop(1000, ["DUP1", 0x3ff, "AND", 5, "SHL", "DUP1", "MLOAD", 1, "ADD", "SWAP1", "MSTORE"])),
  program("keccak", countedLoop(500, [96, 0, "KECCAK256", 0, "MSTORE"])),
  program("storage", countedLoop(300, ["DUP1", "DUP1", "SLOAD", "ADD", "DUP2", "SSTORE"])),
  program("transient storage", countedLoop(500, ["DUP1", "DUP1", "TLOAD", "ADD", "DUP2", "TSTORE"])),
  program("calls", countedLoop(300, [0, 0, 32, 0, 0, BigInt(CALLEE), "GAS", "CALL", "POP"])),
  program("logs", countedLoop(300, ["DUP1", 1, 2, 3, 64, 0, "LOG4"])),
];

function wideOperands(): Statement[] {
  return [2n ** 256n - 189n, 2n ** 255n - 19n, 2n ** 254n + 977n];
}

function program(name: string, statements: readonly Statement[]): Workload {
  const hex = (code: Uint8Array): string => `0x${Buffer.from(code).toString("hex")}`;
  const callee = assemble([0, "CALLDATALOAD", 1, "ADD", 0, "MSTORE", 32, 0, "RETURN"]);
  return {
    name,
    sender: SENDER,
    to: CONTRACT,
    data: "0x",
    accounts: [
      { address: CONTRACT, code: hex(assemble(statements)), balance: 0n, storage: {} },
      { address: CALLEE, code: hex(callee), balance: 0n, storage: {} },
    ],
  };
}

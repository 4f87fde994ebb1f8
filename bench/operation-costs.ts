import type { Statement } from "./assembler.ts";
import { assemble } from "./assembler.ts";
import type { BenchTable } from "./benchmark.ts";
import type { Engine } from "./engines.ts";
import { median } from "./measure.ts";
import { opcodeByName } from "./opcodes.ts";
import { CONTRACT, countedLoop, SENDER, type Workload } from "./workloads.ts";

const SHOWN = 12;
const LOOPS = 50;
const UNROLLED = 40;
const WIDE = [2n ** 256n - 189n, 2n ** 200n - 75n, 2n ** 129n - 25n];

/** Operands, top of the stack last, where wide numbers would not show an instruction at its slowest. */
const OPERANDS: Readonly<Record<string, readonly Statement[]>> = {
  EXP: [2n ** 256n - 1n, 3n],
  SIGNEXTEND: [WIDE[0]!, 17],
  BYTE: [WIDE[0]!, 17],
  SHL: [WIDE[0]!, 67],
  SHR: [WIDE[0]!, 67],
  SAR: [WIDE[0]!, 67],
  KECCAK256: [0, 0],
  CALLDATALOAD: [0],
  CALLDATACOPY: [4096, 0, 0],
  CODECOPY: [4096, 0, 0],
  MCOPY: [4096, 17, 0],
  RETURNDATACOPY: [0, 0, 0],
  EXTCODECOPY: [4096, 0, 0, "ADDRESS"],
  MLOAD: [33],
  MSTORE: [WIDE[0]!, 33],
  MSTORE8: [7, 33],
  BLOBHASH: [0],
  LOG0: [64, 0],
  LOG4: [WIDE[0]!, WIDE[1]!, WIDE[2]!, 4, 64, 0],
  SLOAD: ["GAS"],
  SSTORE: ["GAS", "GAS"],
  TLOAD: ["GAS"],
  TSTORE: ["GAS", "GAS"],
  BALANCE: ["GAS"],
  EXTCODESIZE: ["GAS"],
  EXTCODEHASH: ["GAS"],
  BLOCKHASH: [0],
  CALL: [0, 0, 0, 0, 0, "GAS", 1000],
  DELEGATECALL: [0, 0, 0, 0, "GAS", 1000],
  STATICCALL: [0, 0, 0, 0, "GAS", 1000],
  CREATE: [0, 0, 0],
  CREATE2: ["GAS", 0, 0, 0],
};

/** Variants in which the same instruction costs the machine much more per gas, or much less. */
const VARIANTS: readonly { readonly label: string; readonly body: readonly Statement[] }[] = [
  { label: "SLOAD warm", body: [5, "SLOAD", "POP"] },
  { label: "SSTORE warm", body: ["GAS", 5, "SSTORE"] },
  { label: "KECCAK256 4 KiB", body: [4096, 0, "KECCAK256", "POP"] },
  { label: "KECCAK256 136 bytes", body: [136, 0, "KECCAK256", "POP"] },
  { label: "BALANCE warm", body: ["ADDRESS", "BALANCE", "POP"] },
  { label: "CALL warm, empty account", body: [0, 0, 0, 0, 0, 0xeeee, "GAS", "CALL", "POP"] },
  { label: "MSTORE unaligned", body: [WIDE[0]!, 4091, "MSTORE"] },
];

/** Jumps are in every loop; these end the code or need an environment of their own. */
const LEFT_OUT = new Set(["STOP", "RETURN", "REVERT", "SELFDESTRUCT", "JUMP", "JUMPI", "CALLCODE", "CLZ"]);

const SIMPLE =
  "ADD MUL SUB DIV SDIV MOD SMOD ADDMOD MULMOD EXP SIGNEXTEND LT GT SLT SGT EQ ISZERO AND OR XOR NOT BYTE SHL SHR SAR " +
  "KECCAK256 ADDRESS BALANCE CALLER CALLDATALOAD CALLDATASIZE CALLDATACOPY CODECOPY EXTCODESIZE EXTCODECOPY " +
  "RETURNDATASIZE RETURNDATACOPY EXTCODEHASH BLOCKHASH NUMBER SELFBALANCE BLOBHASH MLOAD MSTORE MSTORE8 SLOAD SSTORE PC " +
  "MSIZE GAS JUMPDEST TLOAD TSTORE MCOPY LOG0 LOG4 CREATE CALL DELEGATECALL CREATE2 STATICCALL";

/** Million gas per second of code that consists of one instruction with its operands, slowest first. */
export async function slowestOperations(engine: Engine, rounds: number): Promise<BenchTable[]> {
  const bodies = [
    ...SIMPLE.split(" ")
      .filter((name) => !LEFT_OUT.has(name))
      .map(instruction),
    ...VARIANTS,
  ];
  const rows: [string, number][] = [];
  for (const { label, body } of bodies) rows.push([label, await speedOf(engine, label, body, rounds)]);
  rows.sort(([, a], [, b]) => a - b);
  return [
    {
      title: "slowest instructions (with their operands)",
      columns: ["instruction", "Mgas/s"],
      rows: rows.slice(0, SHOWN),
    },
  ];
}

function instruction(name: string): { label: string; body: Statement[] } {
  const { inputs, outputs } = opcodeByName(name);
  const operands = OPERANDS[name] ?? WIDE.slice(0, inputs);
  return { label: name, body: [...operands, name, ...Array.from({ length: outputs }, () => "POP")] };
}

async function speedOf(engine: Engine, label: string, body: readonly Statement[], rounds: number): Promise<number> {
  const unrolled = Array.from({ length: UNROLLED }, () => body).flat();
  const code = `0x${Buffer.from(assemble(countedLoop(LOOPS, unrolled))).toString("hex")}`;
  const accounts = [{ address: CONTRACT, code, balance: 10n ** 18n, storage: {} }];
  const workload: Workload = { name: label, accounts, sender: SENDER, to: CONTRACT, data: "0x" };
  await engine.prepare(workload);
  const empty = await engine.run(workload, 0n);
  const one = await engine.run(workload, 1n);
  const repeat = 20_000_000n / (one.gas - empty.gas) || 1n;
  const speeds: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { gas, cpuMilliseconds } = await engine.run(workload, repeat);
    speeds.push(Number(gas - empty.gas) / 1000 / Math.max(cpuMilliseconds, 0.001));
  }
  return median(speeds);
}

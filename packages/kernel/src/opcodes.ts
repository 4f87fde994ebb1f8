import type { ForkName } from "./types.ts";

/** Gas charged for an instruction before its dynamic part; a record gives the value from each fork on. */
type GasSchedule = number | Partial<Record<ForkName, number>>;

/**
 * `terminates`: control never reaches the next byte. `endsBlock`: the next instruction begins a basic block, because this
 * one may skip it (JUMPI) or because its effect depends on the exact gas left.
 */
export type OpcodeTrait = "terminates" | "endsBlock";

export interface Opcode {
  readonly code: number;
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly gas: GasSchedule;
  readonly introduced: ForkName;
  /** Bytes of immediate data (PUSH1 … PUSH32). */
  readonly immediate: number;
  readonly trait?: OpcodeTrait;
}

type Row = readonly [code: number, name: string, inputs: number, outputs: number, gas: GasSchedule, ...Extra];
type Extra = [introduced?: ForkName, trait?: OpcodeTrait];

const ACCOUNT_ACCESS = { frontier: 20, tangerineWhistle: 700, berlin: 100 } as const;
const MESSAGE_CALL = { frontier: 40, tangerineWhistle: 700, berlin: 100 } as const;

/** Yellow Paper appendix H and the EIPs since; from Berlin on the gas is the warm one and cold accesses add to it. */
const ROWS: readonly Row[] = [
  [0x00, "STOP", 0, 0, 0, "frontier", "terminates"],
  [0x01, "ADD", 2, 1, 3],
  [0x02, "MUL", 2, 1, 5],
  [0x03, "SUB", 2, 1, 3],
  [0x04, "DIV", 2, 1, 5],
  [0x05, "SDIV", 2, 1, 5],
  [0x06, "MOD", 2, 1, 5],
  [0x07, "SMOD", 2, 1, 5],
  [0x08, "ADDMOD", 3, 1, 8],
  [0x09, "MULMOD", 3, 1, 8],
  [0x0a, "EXP", 2, 1, 10],
  [0x0b, "SIGNEXTEND", 2, 1, 5],

  [0x10, "LT", 2, 1, 3],
  [0x11, "GT", 2, 1, 3],
  [0x12, "SLT", 2, 1, 3],
  [0x13, "SGT", 2, 1, 3],
  [0x14, "EQ", 2, 1, 3],
  [0x15, "ISZERO", 1, 1, 3],
  [0x16, "AND", 2, 1, 3],
  [0x17, "OR", 2, 1, 3],
  [0x18, "XOR", 2, 1, 3],
  [0x19, "NOT", 1, 1, 3],
  [0x1a, "BYTE", 2, 1, 3],
  [0x1b, "SHL", 2, 1, 3, "constantinople"],
  [0x1c, "SHR", 2, 1, 3, "constantinople"],
  [0x1d, "SAR", 2, 1, 3, "constantinople"],
  [0x1e, "CLZ", 1, 1, 5, "osaka"],

  [0x20, "KECCAK256", 2, 1, 30],

  [0x30, "ADDRESS", 0, 1, 2],
  [0x31, "BALANCE", 1, 1, { frontier: 20, tangerineWhistle: 400, istanbul: 700, berlin: 100 }],
  [0x32, "ORIGIN", 0, 1, 2],
  [0x33, "CALLER", 0, 1, 2],
  [0x34, "CALLVALUE", 0, 1, 2],
  [0x35, "CALLDATALOAD", 1, 1, 3],
  [0x36, "CALLDATASIZE", 0, 1, 2],
  [0x37, "CALLDATACOPY", 3, 0, 3],
  [0x38, "CODESIZE", 0, 1, 2],
  [0x39, "CODECOPY", 3, 0, 3],
  [0x3a, "GASPRICE", 0, 1, 2],
  [0x3b, "EXTCODESIZE", 1, 1, ACCOUNT_ACCESS],
  [0x3c, "EXTCODECOPY", 4, 0, ACCOUNT_ACCESS],
  [0x3d, "RETURNDATASIZE", 0, 1, 2, "byzantium"],
  [0x3e, "RETURNDATACOPY", 3, 0, 3, "byzantium"],
  [0x3f, "EXTCODEHASH", 1, 1, { constantinople: 400, istanbul: 700, berlin: 100 }, "constantinople"],

  [0x40, "BLOCKHASH", 1, 1, 20],
  [0x41, "COINBASE", 0, 1, 2],
  [0x42, "TIMESTAMP", 0, 1, 2],
  [0x43, "NUMBER", 0, 1, 2],
  [0x44, "PREVRANDAO", 0, 1, 2],
  [0x45, "GASLIMIT", 0, 1, 2],
  [0x46, "CHAINID", 0, 1, 2, "istanbul"],
  [0x47, "SELFBALANCE", 0, 1, 5, "istanbul"],
  [0x48, "BASEFEE", 0, 1, 2, "london"],
  [0x49, "BLOBHASH", 1, 1, 3, "cancun"],
  [0x4a, "BLOBBASEFEE", 0, 1, 2, "cancun"],

  [0x50, "POP", 1, 0, 2],
  [0x51, "MLOAD", 1, 1, 3],
  [0x52, "MSTORE", 2, 0, 3],
  [0x53, "MSTORE8", 2, 0, 3],
  [0x54, "SLOAD", 1, 1, { frontier: 50, tangerineWhistle: 200, istanbul: 800, berlin: 100 }],
  [0x55, "SSTORE", 2, 0, 0, "frontier", "endsBlock"],
  [0x56, "JUMP", 1, 0, 8, "frontier", "terminates"],
  [0x57, "JUMPI", 2, 0, 10, "frontier", "endsBlock"],
  [0x58, "PC", 0, 1, 2],
  [0x59, "MSIZE", 0, 1, 2],
  [0x5a, "GAS", 0, 1, 2, "frontier", "endsBlock"],
  [0x5b, "JUMPDEST", 0, 0, 1],
  [0x5c, "TLOAD", 1, 1, 100, "cancun"],
  [0x5d, "TSTORE", 2, 0, 100, "cancun"],
  [0x5e, "MCOPY", 3, 0, 3, "cancun"],
  [0x5f, "PUSH0", 0, 1, 2, "shanghai"],

  [0xf0, "CREATE", 3, 1, 32000, "frontier", "endsBlock"],
  [0xf1, "CALL", 7, 1, MESSAGE_CALL, "frontier", "endsBlock"],
  [0xf2, "CALLCODE", 7, 1, MESSAGE_CALL, "frontier", "endsBlock"],
  [0xf3, "RETURN", 2, 0, 0, "frontier", "terminates"],
  [0xf4, "DELEGATECALL", 6, 1, MESSAGE_CALL, "homestead", "endsBlock"],
  [0xf5, "CREATE2", 4, 1, 32000, "constantinople", "endsBlock"],
  [0xfa, "STATICCALL", 6, 1, MESSAGE_CALL, "byzantium", "endsBlock"],
  [0xfd, "REVERT", 2, 0, 0, "byzantium", "terminates"],
  [0xff, "SELFDESTRUCT", 1, 0, { frontier: 0, tangerineWhistle: 5000 }, "frontier", "terminates"],
];

/** Every instruction that some fork knows, by code; the kernel's static tables are generated from it. */
export const OPCODES: readonly (Opcode | undefined)[] = buildTable();

function buildTable(): (Opcode | undefined)[] {
  const table = new Array<Opcode | undefined>(256).fill(undefined);
  for (const [code, name, inputs, outputs, gas, introduced = "frontier", trait] of ROWS) {
    table[code] = { code, name, inputs, outputs, gas, introduced, immediate: 0, ...(trait && { trait }) };
  }
  const family = (code: number, name: string, inputs: number, outputs: number, gas: number, immediate = 0): void => {
    table[code] = { code, name, inputs, outputs, gas, introduced: "frontier", immediate };
  };
  for (let n = 1; n <= 32; n++) family(0x5f + n, `PUSH${n}`, 0, 1, 3, n);
  for (let n = 1; n <= 16; n++) family(0x7f + n, `DUP${n}`, n, n + 1, 3);
  for (let n = 1; n <= 16; n++) family(0x8f + n, `SWAP${n}`, n + 1, n + 1, 3);
  for (let n = 0; n <= 4; n++) family(0xa0 + n, `LOG${n}`, n + 2, 0, 375 * (n + 1));
  return table;
}

/** Name for traces; undefined instructions read as geth prints them. */
export function opcodeName(code: number): string {
  if (code === 0xfe) return "INVALID";
  return OPCODES[code]?.name ?? `opcode 0x${code.toString(16)} not defined`;
}

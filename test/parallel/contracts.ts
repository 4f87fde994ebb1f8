import { OPCODES } from "@hyperion/kernel";

const CODES = new Map(OPCODES.filter((opcode) => opcode !== undefined).map(({ name, code }) => [name, code]));

/** Assembles instructions and hexadecimal pushes, separated by blanks; `@x` is the address of label `x:`, in one byte. */
export function assemble(source: string): Uint8Array {
  const bytes: number[] = [];
  const labels = new Map<string, number>();
  const references: [number, string][] = [];
  for (const word of source.split(/\s+/).filter((part) => part !== "")) {
    const opcode = CODES.get(word);
    if (opcode !== undefined) bytes.push(opcode);
    else if (word.endsWith(":")) {
      labels.set(word.slice(0, -1), bytes.length);
      bytes.push(CODES.get("JUMPDEST")!);
    } else if (word.startsWith("@")) {
      references.push([bytes.length + 1, word.slice(1)]);
      bytes.push(CODES.get("PUSH1")!, 0);
    } else {
      const value = Buffer.from(word.length % 2 ? `0${word}` : word, "hex");
      bytes.push(CODES.get("PUSH1")! + value.length - 1, ...value);
    }
  }
  for (const [at, label] of references) bytes[at] = labels.get(label)!;
  return Uint8Array.from(bytes);
}

export type ContractName =
  | "token"
  | "counter"
  | "store"
  | "coinbaseReader"
  | "accountReader"
  | "forwarder"
  | "factory"
  | "bomb"
  | "environment"
  | "burner"
  | "transient"
  | "oracle";

/** What random transactions call. Arguments are the words of the calldata. */
export const CONTRACTS: Readonly<Record<ContractName, Uint8Array>> = {
  /** Moves balances: to, amount. Reverts when the caller has too little; logs. */
  token: assemble(`
    20 CALLDATALOAD CALLER SLOAD DUP2 DUP2 LT @short JUMPI
    SUB CALLER SSTORE
    00 CALLDATALOAD SLOAD 20 CALLDATALOAD ADD 00 CALLDATALOAD SSTORE
    20 CALLDATALOAD 00 MSTORE 00 CALLDATALOAD CALLER 20 00 LOG2 STOP
    short: 00 00 REVERT`),
  /** One slot that everybody raises. */
  counter: assemble("00 SLOAD 01 ADD 00 SSTORE"),
  /** Writes a slot: key, value. */
  store: assemble("20 CALLDATALOAD 00 CALLDATALOAD SSTORE"),
  /** Keeps the fee recipient's balance. */
  coinbaseReader: assemble("COINBASE BALANCE CALLER SSTORE"),
  /** Keeps the balance, code hash and nonce-dependent existence of an account: address. */
  accountReader: assemble("00 CALLDATALOAD BALANCE 00 CALLDATALOAD EXTCODEHASH ADD CALLER SSTORE"),
  /** Passes the value on: address. */
  forwarder: assemble("00 00 00 00 CALLVALUE 00 CALLDATALOAD GAS CALL SELFBALANCE ADD CALLER SSTORE"),
  /** CREATE2 of the calldata as initialization code, with the value; keeps the address. */
  factory: assemble("CALLDATASIZE 00 00 CALLDATACOPY 00 CALLDATASIZE 00 CALLVALUE CREATE2 CALLER SSTORE"),
  /** Destroys itself in favour of the caller. */
  bomb: assemble("CALLER SELFDESTRUCT"),
  /** Prices, the block and its ancestors. */
  environment: assemble(
    "GASPRICE BASEFEE ADD NUMBER ADD TIMESTAMP ADD 01 NUMBER SUB BLOCKHASH ADD ORIGIN ADD CALLER SSTORE",
  ),
  /** Runs out of gas after a write. */
  burner: assemble("00 SLOAD 01 ADD 00 SSTORE loop: @loop JUMP"),
  /** Asks the chain's model the calldata; keeps the answer's length and logs its beginning. */
  oracle: assemble(
    "CALLDATASIZE 00 00 CALLDATACOPY 00 00 CALLDATASIZE 00 00 0999 GAS CALL POP RETURNDATASIZE CALLER SSTORE RETURNDATASIZE 00 00 RETURNDATACOPY 20 00 LOG0",
  ),
  /** Transient storage, and another contract's code size: address. */
  transient: assemble(
    "01 TLOAD 01 ADD 01 TSTORE 01 TLOAD 00 CALLDATALOAD EXTCODESIZE ADD CALLER SLOAD ADD CALLER SSTORE",
  ),
};

/** Initialization code that stores the first two words after itself, or destroys what it creates. */
export const INIT_CODES: readonly Uint8Array[] = [
  // Leaves a contract that destroys itself when called.
  assemble("33FF 00 MSTORE 02 1E RETURN"),
  // Leaves a contract that counts in slot 0, after having counted once.
  assemble("07 00 SSTORE 60005460010160005500 00 MSTORE 0A 16 RETURN"),
  // Is gone at the end of the transaction that made it.
  assemble("01 00 SSTORE CALLER SELFDESTRUCT"),
  assemble("00 00 REVERT"),
];

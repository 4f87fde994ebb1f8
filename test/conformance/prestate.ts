import type { AccountOverride, KernelApi } from "@hyperion/kernel";
import { equalBytes, hexToWord, toBigInt, toBytes, toHex, toWord } from "./hex.ts";

/** An account as state, blockchain and mainnet fixtures write it. */
export interface FixtureAccount {
  readonly balance: string | number;
  readonly nonce: string | number;
  readonly code: string;
  readonly storage: Readonly<Record<string, string>>;
}

export type FixtureState = Readonly<Record<string, FixtureAccount>>;

export function accountOverride(account: FixtureAccount): AccountOverride {
  return {
    balance: toBigInt(account.balance),
    nonce: toBigInt(account.nonce),
    code: toBytes(account.code),
    state: Object.entries(account.storage)
      .filter(([, value]) => toBigInt(value) !== 0n)
      .map(([key, value]) => [hexToWord(key), hexToWord(value)] as const),
  };
}

export function allocation(state: FixtureState): [Uint8Array, AccountOverride][] {
  return Object.entries(state).map(([address, account]) => [toBytes(address), accountOverride(account)]);
}

/** Lines `address field: expected …, actual …` for every listed account that differs, at most `limit`. */
export function stateDifferences(kernel: KernelApi, expected: FixtureState, limit = 8): string[] {
  const lines: string[] = [];
  for (const [address, account] of Object.entries(expected)) {
    lines.push(...accountDifferences(kernel, address, account));
    if (lines.length >= limit) return [...lines.slice(0, limit), "…"];
  }
  return lines;
}

function accountDifferences(kernel: KernelApi, address: string, expected: FixtureAccount): string[] {
  const bytes = toBytes(address);
  const actual = kernel.account(bytes);
  const lines: string[] = [];
  const differ = (field: string, want: unknown, got: unknown): void => {
    lines.push(`${address} ${field}: expected ${want}, actual ${got}`);
  };
  if (actual === undefined) differ("account", "present", "absent");
  else {
    if (actual.nonce !== toBigInt(expected.nonce)) differ("nonce", toBigInt(expected.nonce), actual.nonce);
    if (actual.balance !== toBigInt(expected.balance)) differ("balance", toBigInt(expected.balance), actual.balance);
    const code = kernel.code(bytes);
    if (!equalBytes(code, toBytes(expected.code))) differ("code", expected.code.slice(0, 66), toHex(code).slice(0, 66));
  }
  for (const [key, value] of Object.entries(expected.storage)) {
    const got = kernel.storage(bytes, hexToWord(key));
    if (!equalBytes(got, toWord(toBigInt(value)))) differ(`slot ${key}`, value, toHex(got));
  }
  return lines;
}

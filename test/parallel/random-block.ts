import { createRequire } from "node:module";
import { type AccountOverride, encodeRlp, keccak256, type RlpItem } from "@hyperion/kernel";
import { CONTRACTS, type ContractName, INIT_CODES } from "./contracts.ts";

interface Secp256k1 {
  publicKeyCreate(secret: Uint8Array, compressed: boolean): Uint8Array;
  ecdsaSign(hash: Uint8Array, secret: Uint8Array): { readonly signature: Uint8Array; readonly recid: number };
}

const secp256k1 = createRequire(import.meta.url)("secp256k1") as Secp256k1;

export const CHAIN_ID = 1337n;
export const ETHER: bigint = 10n ** 18n;
const GWEI = 10n ** 9n;

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Sender {
  readonly secret: Uint8Array;
  readonly address: Uint8Array;
}

export function senders(count: number): Sender[] {
  return Array.from({ length: count }, (_, index) => {
    const secret = keccak256(Buffer.from(`sender ${index}`));
    return { secret, address: keccak256(secp256k1.publicKeyCreate(secret, false).slice(1)).slice(12) };
  });
}

export const contractAddress = (name: string): Uint8Array => keccak256(Buffer.from(`contract ${name}`)).slice(12);

const integer = (value: bigint): Uint8Array => {
  const digits = value === 0n ? "" : value.toString(16);
  return Buffer.from(digits.length % 2 ? `0${digits}` : digits, "hex");
};

const concat = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
const word = (value: bigint): Uint8Array => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
const addressWord = (address: Uint8Array): Uint8Array => concat(new Uint8Array(12), address);

function sign(hash: Uint8Array, secret: Uint8Array): Uint8Array[] {
  const { signature, recid } = secp256k1.ecdsaSign(hash, secret);
  const number = (from: number): Uint8Array =>
    integer(BigInt(`0x${Buffer.from(signature.slice(from, from + 32)).toString("hex")}`));
  return [integer(BigInt(recid)), number(0), number(32)];
}

export interface Fields {
  readonly sender: Sender;
  readonly nonce: bigint;
  readonly to?: Uint8Array;
  readonly value?: bigint;
  readonly data?: Uint8Array;
  readonly gas?: bigint;
  readonly fee?: bigint;
  readonly priority?: bigint;
  /** EIP-7702: who delegates to which contract. */
  readonly delegations?: readonly { readonly authority: Sender; readonly target: Uint8Array; readonly nonce: bigint }[];
}

/** A signed transaction of type 2, or 4 with delegations. */
export function signedTransaction(fields: Fields): Uint8Array {
  const body: RlpItem[] = [
    integer(CHAIN_ID),
    integer(fields.nonce),
    integer(fields.priority ?? GWEI),
    integer(fields.fee ?? 100n * GWEI),
    integer(fields.gas ?? 200_000n),
    fields.to ?? new Uint8Array(0),
    integer(fields.value ?? 0n),
    fields.data ?? new Uint8Array(0),
    [],
  ];
  if (fields.delegations) body.push(fields.delegations.map(authorization));
  const type = fields.delegations ? 4 : 2;
  const typed = (items: readonly RlpItem[]): Uint8Array => concat(Uint8Array.of(type), encodeRlp(items));
  return typed([...body, ...sign(keccak256(typed(body)), fields.sender.secret)]);
}

function authorization({ authority, target, nonce }: NonNullable<Fields["delegations"]>[number]): RlpItem {
  const items = [integer(CHAIN_ID), target, integer(nonce)];
  return [...items, ...sign(keccak256(concat(Uint8Array.of(5), encodeRlp(items))), authority.secret)];
}

export interface BlockShape {
  readonly transactions: number;
  /** 0: everybody deals with accounts of their own; 1: everybody with the same few. */
  readonly conflicts: number;
  /** EIP-7702 and what came with it. */
  readonly prague: boolean;
  /** Some ask the chain's model. */
  readonly inference?: boolean;
}

/** Makes blocks of random transactions that touch each other as much as asked for; keeps count of nonces. */
export class RandomBlocks {
  readonly senders: readonly Sender[];
  readonly #nonces: bigint[];
  readonly #random: () => number;

  constructor(seed: number, count: number) {
    this.senders = senders(count);
    this.#nonces = this.senders.map(() => 0n);
    this.#random = randomNumbers(seed);
  }

  /** Nonces as they really are, for senders whose transactions were refused. */
  settle(nonceOf: (address: Uint8Array) => bigint): void {
    for (const [index, { address }] of this.senders.entries()) this.#nonces[index] = nonceOf(address);
  }

  next(shape: BlockShape): Uint8Array[] {
    return Array.from({ length: shape.transactions }, () => this.#transaction(shape));
  }

  #pick(count: number): number {
    return Math.floor(this.#random() * count);
  }

  /** An index of a sender: one of few with the probability of conflicts. */
  #party(shape: BlockShape): number {
    return this.#random() < shape.conflicts ? this.#pick(3) : this.#pick(this.senders.length);
  }

  #transaction(shape: BlockShape): Uint8Array {
    const index = this.#party(shape);
    const sender = this.senders[index]!;
    const other = this.senders[this.#party(shape)]!.address;
    const stranger = keccak256(word(BigInt(this.#pick(1000)))).slice(12);
    const odd = this.#random();
    // Now and then a nonce that is not the sender's next one.
    const gap = odd < 0.02 ? 1n : 0n;
    const nonce = this.#nonces[index]! + gap;
    if (gap === 0n) this.#nonces[index]! += 1n;
    const fields = { sender, nonce, priority: BigInt(this.#pick(3)) * GWEI, ...this.#action(shape, other, stranger) };
    return signedTransaction(odd > 0.99 ? { ...fields, value: 10n ** 30n } : fields);
  }

  #action(shape: BlockShape, other: Uint8Array, stranger: Uint8Array): Omit<Fields, "sender" | "nonce"> {
    const call = (name: ContractName, data: Uint8Array, value = 0n): Omit<Fields, "sender" | "nonce"> => ({
      to: contractAddress(name),
      data,
      value,
    });
    const amount = BigInt(this.#pick(1000));
    const hot = this.#random() < shape.conflicts;
    const actions: (() => Omit<Fields, "sender" | "nonce">)[] = [
      () => ({ to: other, value: amount }),
      () => ({ to: stranger, value: amount % 3n === 0n ? 0n : amount, gas: 21_000n }),
      () => call("token", concat(addressWord(hot ? other : stranger), word(amount))),
      () => call("token", concat(addressWord(other), word(10n ** 20n))),
      () => (hot ? call("counter", new Uint8Array(0)) : call("store", concat(word(amount), word(amount % 7n)))),
      () => (hot ? call("coinbaseReader", new Uint8Array(0)) : call("environment", new Uint8Array(0))),
      () => call("accountReader", addressWord(hot ? other : stranger)),
      () => call("forwarder", addressWord(hot ? other : stranger), amount),
      () => call("factory", INIT_CODES[this.#pick(INIT_CODES.length)]!, amount),
      () => ({ data: INIT_CODES[this.#pick(INIT_CODES.length)]!, value: amount }),
      () => ({ to: this.#created(), value: amount }),
      () => call("burner", new Uint8Array(0)),
      () => call("transient", addressWord(this.#created())),
      () => (shape.prague ? this.#delegation(shape) : call("bomb", new Uint8Array(0), amount)),
    ];
    if (shape.inference && this.#random() < 0.05) {
      const prompts = ["What is gas?", "hello", "Who are you?"];
      return { ...call("oracle", Buffer.from(prompts[this.#pick(prompts.length)]!)), gas: 3_000_000n };
    }
    return actions[this.#pick(actions.length)]!();
  }

  /** Where the factory puts one of its contracts. */
  #created(): Uint8Array {
    const code = INIT_CODES[this.#pick(INIT_CODES.length)]!;
    const preimage = concat(Uint8Array.of(0xff), contractAddress("factory"), new Uint8Array(32), keccak256(code));
    return keccak256(preimage).slice(12);
  }

  #delegation(shape: BlockShape): Omit<Fields, "sender" | "nonce"> {
    const index = this.#party(shape);
    const authority = this.senders[index]!;
    const names = ["counter", "coinbaseReader", "forwarder"] as const;
    const target = this.#random() < 0.2 ? new Uint8Array(20) : contractAddress(names[this.#pick(names.length)]!);
    const nonce = this.#nonces[index]!;
    if (this.#random() < 0.8) this.#nonces[index]! += 1n;
    return { to: authority.address, delegations: [{ authority, target, nonce }], gas: 300_000n };
  }
}

/** Every contract with its code; the senders hold tokens. */
export const contractAllocation = (holders: readonly Sender[]): (readonly [Uint8Array, AccountOverride])[] =>
  Object.entries(CONTRACTS).map(([name, code]) => {
    const state =
      name === "token" ? holders.map(({ address }) => [addressWord(address), word(10n ** 19n)] as const) : [];
    return [contractAddress(name), { code, nonce: 1n, balance: 0n, state }] as const;
  });

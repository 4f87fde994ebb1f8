import type { AccountProof } from "@hyperion/kernel";
import { z } from "zod";
import { stateRef } from "../block-lookup.ts";
import { invalidParams, RPC_CODES, RpcError } from "../errors.ts";
import { data, quantity, toBigInt, word } from "../hex.ts";
import { blockParameter } from "../schema/block.ts";
import { address, decodeStorageKey, hexMap, scalar, storageKey } from "../schema/scalars.ts";
import { type MethodTable, method } from "./method.ts";

const MAX_SLOTS = 1024;

const block = blockParameter.optional();

interface ProofKey {
  readonly key: Uint8Array;
  /** How the answer names it: whole words are echoed as such, short ones as QUANTITY. */
  readonly text: string;
}

const WORD_TEXT_LENGTH = 66;

const proofKey = scalar((value): ProofKey => {
  const key = decodeStorageKey(value);
  return { key, text: String(value).length === WORD_TEXT_LENGTH ? data(key) : quantity(toBigInt(key)) };
});

const formatProof = (of: Uint8Array, proof: AccountProof, keys: readonly ProofKey[]): object => ({
  address: data(of),
  accountProof: proof.accountProof.map((node) => data(node)),
  balance: quantity(proof.balance),
  codeHash: data(proof.codeHash),
  nonce: quantity(proof.nonce),
  storageHash: data(proof.storageRoot),
  storageProof: proof.storageProof.map((slot, i) => ({
    key: keys[i]?.text ?? data(slot.key),
    value: quantity(slot.value),
    proof: slot.proof.map((node) => data(node)),
  })),
});

/** Accounts, code and storage. */
export const ethStateMethods: MethodTable = {
  eth_getBalance: method({
    namespace: "eth",
    cost: "read",
    summary: "Balance of an account in wei.",
    params: { address, block },
    handle: async (params, { chain }) => {
      const account = await chain.account(stateRef(chain, params.block), params.address);
      return quantity(account?.balance ?? 0n);
    },
  }),
  eth_getTransactionCount: method({
    namespace: "eth",
    cost: "read",
    summary: "Nonce of an account; with `pending`, after everything executable in the pool.",
    params: { address, block },
    handle: async (params, { chain }) => {
      if (params.block?.ref === "pending") return quantity(chain.pool.nextNonce(params.address));
      const account = await chain.account(stateRef(chain, params.block), params.address);
      return quantity(account?.nonce ?? 0n);
    },
  }),
  eth_getCode: method({
    namespace: "eth",
    cost: "read",
    summary: "Code of an account.",
    params: { address, block },
    handle: async (params, { chain }) => data(await chain.code(stateRef(chain, params.block), params.address)),
  }),
  eth_getStorageAt: method({
    namespace: "eth",
    cost: "read",
    summary: "One storage slot as a word.",
    params: { address, slot: storageKey, block },
    handle: async (params, { chain }) =>
      data(await chain.storage(stateRef(chain, params.block), params.address, params.slot)),
  }),
  eth_getStorageValues: method({
    namespace: "eth",
    cost: "read",
    summary: "Many storage slots of many accounts at once.",
    params: { slots: hexMap(address, z.array(storageKey).max(MAX_SLOTS), MAX_SLOTS), block },
    handle: async ({ slots, block: at }, { chain }) => {
      const total = slots.reduce((sum, [, keys]) => sum + keys.length, 0);
      if (total === 0) throw invalidParams("empty request");
      if (total > MAX_SLOTS) throw new RpcError(RPC_CODES.clientLimit, `too many slots (max ${MAX_SLOTS})`);
      const ref = stateRef(chain, at);
      return chain.session(ref, {}, ({ kernel }) =>
        Object.fromEntries(
          slots.map(([of, keys]) => [data(of), keys.map((key) => word(toBigInt(kernel.storage(of, key))))]),
        ),
      );
    },
  }),
  eth_getProof: method({
    namespace: "eth",
    cost: "execute",
    summary: "Merkle proofs of an account and of storage slots (EIP-1186).",
    params: { address, slots: z.array(proofKey).max(MAX_SLOTS), block },
    handle: async (params, { chain }) => {
      const keys = params.slots;
      const ref = stateRef(chain, params.block);
      const proof = await chain.proof(
        ref,
        params.address,
        keys.map(({ key }) => key),
      );
      return formatProof(params.address, proof, keys);
    },
  }),
};

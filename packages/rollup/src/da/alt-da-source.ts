import type { Address, Hex } from "viem";
import type { L1Source } from "../derive/l1-source.ts";
import { FormatError } from "../formats/errors.ts";
import type { L1Block, L1Ref } from "../formats/l1-block.ts";
import type { AltDa } from "./alt-da-client.ts";
import { COMMITMENT_VERSION, type Commitment, decodeCommitment } from "./commitment.ts";

/** A payload behind a keccak commitment that is longer could not be challenged on L1: it does not count. */
export const MAX_KECCAK_PAYLOAD = 130_672;

/**
 * L1 with commitments replaced by the payloads that they stand for, so that derivation sees no difference between calldata,
 * blobs and alt-DA. Data that cannot be had holds derivation up: to go on without it would be to disagree with who has it.
 */
export class AltDaSource implements L1Source {
  readonly #l1: L1Source;
  readonly #altDa: AltDa;

  constructor(l1: L1Source, altDa: AltDa) {
    this.#l1 = l1;
    this.#altDa = altDa;
  }

  head(): Promise<L1Ref> {
    return this.#l1.head();
  }

  finalized(): Promise<L1Ref | undefined> {
    return this.#l1.finalized();
  }

  block(id: bigint | Hex): Promise<L1Block | undefined> {
    return this.#l1.block(id);
  }

  /** @throws AltDaError */
  async payloads(block: L1Ref, inbox: Address, batcher: Address): Promise<readonly Uint8Array[]> {
    const found: Uint8Array[] = [];
    for (const payload of await this.#l1.payloads(block, inbox, batcher)) {
      if (payload[0] !== COMMITMENT_VERSION) found.push(payload);
      else found.push(...(await this.#opened(payload.subarray(1))));
    }
    return found;
  }

  /** Nothing for bytes that are no commitment, or one of another kind than the chain's. */
  async #opened(bytes: Uint8Array): Promise<readonly Uint8Array[]> {
    const commitment = readCommitment(bytes);
    if (commitment?.kind !== this.#altDa.kind) return [];
    const payload = await this.#altDa.get(commitment);
    return commitment.kind === "keccak" && payload.length > MAX_KECCAK_PAYLOAD ? [] : [payload];
  }
}

const readCommitment = (bytes: Uint8Array): Commitment | undefined => {
  try {
    return decodeCommitment(bytes);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
};

import type { Header, SealedBlock, SealedHead, Transaction, Withdrawal } from "@hyperion/kernel";
import type { BlockRecord } from "@hyperion/metisdb";
import type { Block, LocatedReceipt } from "./api.ts";
import { type RlpItem, rlpBytes, rlpItem, rlpList, rlpListOf, rlpQuantity, rlpSequence } from "./rlp.ts";
import { DEPOSIT_TYPE, decodeStoredTransaction } from "./transaction-codec.ts";

/** The kernel's functions that decoding needs. */
export interface HeaderCodec {
  decodeHeader(rlp: Uint8Array): Header;
  keccak256(bytes: Uint8Array): Uint8Array;
}

/** A block over its database record; everything but the header is decoded on first access. */
export class StoredBlock implements Block {
  readonly record: BlockRecord;
  readonly header: Header;
  readonly #codec: HeaderCodec;
  #parts: RlpItem[] | undefined;
  #transactions: readonly Transaction[] | undefined;
  #receipts: readonly LocatedReceipt[] | undefined;

  /** `transactions`, when the caller has them decoded already. */
  constructor(record: BlockRecord, codec: HeaderCodec, header?: Header, transactions?: readonly Transaction[]) {
    this.record = record;
    this.#codec = codec;
    this.header = header ?? codec.decodeHeader(record.header);
    this.#transactions = transactions;
  }

  get hash(): Uint8Array {
    return this.record.hash;
  }

  get headerRlp(): Uint8Array {
    return this.record.header;
  }

  get rlp(): Uint8Array {
    return rlpListOf([this.record.header, this.record.body]);
  }

  get size(): number {
    const payload = this.record.header.length + this.record.body.length;
    return payload + (payload < 56 ? 1 : 1 + Math.ceil(payload.toString(16).length / 2));
  }

  get transactionCount(): number {
    return this.record.execution.records.length;
  }

  get transactionHashes(): readonly Uint8Array[] {
    return this.record.execution.records.map((record) => record.hash);
  }

  get transactions(): readonly Transaction[] {
    this.#transactions ??= this.#rawTransactions().map((raw, index) => {
      const record = this.record.execution.records[index]!;
      const { hash, from } = record;
      const nonce = raw[0] === DEPOSIT_TYPE ? record.receipt.depositNonce : undefined;
      return decodeStoredTransaction(raw, { hash, from, ...(nonce !== undefined && { nonce }) });
    });
    return this.#transactions;
  }

  get ommers(): readonly Header[] {
    return this.#ommerRlps().map((rlp) => this.#codec.decodeHeader(rlp));
  }

  get ommerHashes(): readonly Uint8Array[] {
    return this.#ommerRlps().map((rlp) => this.#codec.keccak256(rlp));
  }

  get withdrawals(): readonly Withdrawal[] | undefined {
    const list = this.#body()[2];
    if (!list) return undefined;
    const { body } = this.record;
    return rlpList(body, list.start, list.end).map((entry) => {
      const [index, validator, address, amount] = rlpList(body, entry.start, entry.end);
      return {
        index: rlpQuantity(body, index!),
        validatorIndex: rlpQuantity(body, validator!),
        address: rlpBytes(body, address!),
        amount: rlpQuantity(body, amount!),
      };
    });
  }

  get receipts(): readonly LocatedReceipt[] {
    this.#receipts ??= this.#locateReceipts();
    return this.#receipts;
  }

  #locateReceipts(): LocatedReceipt[] {
    const { transactions } = this;
    let firstLogIndex = 0;
    return this.record.execution.records.map((record, index) => {
      const located: LocatedReceipt = {
        get receipt() {
          return record.receipt;
        },
        transaction: transactions[index]!,
        blockHash: this.hash,
        blockNumber: this.header.number,
        blockTimestamp: this.header.timestamp,
        index,
        firstLogIndex,
      };
      firstLogIndex += record.logCount;
      return located;
    });
  }

  /** Typed transactions are strings in the body, legacy ones lists. */
  #rawTransactions(): Uint8Array[] {
    const list = this.#body()[0]!;
    const { body } = this.record;
    return rlpList(body, list.start, list.end).map((item) =>
      body.slice(item.list ? item.start : item.payload, item.end),
    );
  }

  #ommerRlps(): Uint8Array[] {
    const list = this.#body()[1]!;
    const { body } = this.record;
    return rlpList(body, list.start, list.end).map((item) => body.slice(item.start, item.end));
  }

  #body(): RlpItem[] {
    this.#parts ??= rlpSequence(this.record.body, 0, this.record.body.length);
    return this.#parts;
  }
}

/** Splits a block's RLP into the header's RLP and the rest of the list's payload. @throws RlpError */
export function splitBlock(rlp: Uint8Array): { header: Uint8Array; body: Uint8Array } {
  const outer = rlpItem(rlp, 0);
  const header = rlpItem(rlp, outer.payload, outer.end);
  return { header: rlp.slice(header.start, header.end), body: rlp.subarray(header.end, outer.end) };
}

/** A sealed block as the store keeps it. `transactions`, when the caller has them decoded already. */
export function sealedBlock(
  sealed: SealedHead & Pick<SealedBlock, "execution">,
  codec: HeaderCodec,
  transactions?: readonly Transaction[],
): StoredBlock {
  const { header, body } = splitBlock(sealed.rlp);
  const record = { number: sealed.header.number, hash: sealed.hash, header, body, execution: sealed.execution };
  return new StoredBlock(record, codec, sealed.header, transactions);
}

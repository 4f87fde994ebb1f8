import type { CallRequest, Kernel, Transaction, TransactionOutcome } from "@hyperion/kernel";

/** A transaction as a kernel executes it: signed, or the message of an impersonated sender. */
export interface Executable {
  readonly transaction: Transaction;
  readonly unsigned?: CallRequest;
}

/** Executes onto the kernel's open block. Impersonated senders have no signature to check and may have code. */
export function executeEntry(kernel: Kernel, entry: Executable): TransactionOutcome {
  if (!entry.unsigned) return kernel.execute(entry.transaction.raw);
  const strict = kernel.call(entry.unsigned, { keep: true, validate: true });
  const outcome =
    !strict.valid && strict.code === "SENDER_NOT_EOA" ? kernel.call(entry.unsigned, { keep: true }) : strict;
  if (!outcome.valid) return outcome;
  const { hash, from } = entry.transaction;
  const record = outcome.record.with(hash, from);
  return { valid: true, record, hash, from, receipt: record.receipt, halt: outcome.halt, output: outcome.output };
}

/** A transaction of a sealed block. Those of impersonated senders are recorded with an empty signature. */
export function recorded(transaction: Transaction): Executable {
  if (transaction.deposit || transaction.r !== 0n || transaction.s !== 0n) return { transaction };
  return { transaction, unsigned: messageOf(transaction) };
}

/** The message that a transaction carries. */
export function messageOf(transaction: Transaction): CallRequest {
  const { gasLimit, ...message } = transaction;
  return { ...message, gas: gasLimit };
}

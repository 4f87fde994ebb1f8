import type { StateSession } from "@hyperion/chain";
import type { AccessListItem, CallOutcome, CallRequest } from "@hyperion/kernel";
import { invalidCallError } from "./execution.ts";
import { data } from "./hex.ts";

export interface AccessListResult {
  readonly accessList: readonly AccessListItem[];
  readonly outcome: Extract<CallOutcome, { valid: true }>;
}

/** What the message touched, without the contract it creates: that one is warm without being listed. */
const useful = ({ accessList, receipt }: AccessListResult["outcome"]): AccessListItem[] => {
  const created = receipt.contractAddress && data(receipt.contractAddress);
  return accessList.filter(({ address, storageKeys }) => storageKeys.length > 0 || data(address) !== created);
};

/** The same list whatever its order. */
const fingerprint = (list: readonly AccessListItem[]): string =>
  list
    .map(({ address, storageKeys }) => data(address) + storageKeys.map(data).sort().join(""))
    .sort()
    .join();

const MAX_ROUNDS = 16;

/** EIP-2930 list of a message: run again with the list until it does not change, as a list can change the path taken. */
export const createAccessList = (session: StateSession, request: CallRequest): AccessListResult => {
  let accessList: readonly AccessListItem[] = request.accessList ?? [];
  for (let round = 0; ; round++) {
    const outcome = session.scratch(() => session.kernel.call({ ...request, accessList }));
    if (!outcome.valid) throw invalidCallError(outcome);
    const next = useful(outcome);
    if (fingerprint(next) === fingerprint(accessList) || round === MAX_ROUNDS) return { accessList: next, outcome };
    accessList = next;
  }
};

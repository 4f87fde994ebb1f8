import type { StateSession } from "@hyperion/chain";
import type { AccessListItem, CallOutcome, CallRequest } from "@hyperion/kernel";
import { invalidCallError } from "./execution.ts";
import { data } from "./hex.ts";

export interface AccessListResult {
  readonly accessList: readonly AccessListItem[];
  readonly outcome: Extract<CallOutcome, { valid: true }>;
}

/** Highest address that can be a precompile; all of these are warm without being listed. */
const isPrecompile = (address: Uint8Array): boolean => address.subarray(0, 18).every((byte) => byte === 0);

/** What an access list gains nothing from naming, unless it names slots: accounts that are warm from the start. */
const isWarmAnyway = (session: StateSession, request: CallRequest, address: Uint8Array): boolean => {
  const warm = [request.from ?? new Uint8Array(20), request.to, session.header.coinbase];
  return isPrecompile(address) || warm.some((known) => known !== undefined && data(known) === data(address));
};

const useful = (
  session: StateSession,
  request: CallRequest,
  outcome: AccessListResult["outcome"],
): AccessListItem[] => {
  const created = outcome.receipt.contractAddress;
  return outcome.accessList.filter(
    ({ address, storageKeys }) =>
      storageKeys.length > 0 ||
      (!isWarmAnyway(session, request, address) && !(created && data(created) === data(address))),
  );
};

const sameList = (a: readonly AccessListItem[], b: readonly AccessListItem[]): boolean => {
  const key = (list: readonly AccessListItem[]): string =>
    list
      .map(({ address, storageKeys }) => data(address) + storageKeys.map(data).sort().join(""))
      .sort()
      .join();
  return key(a) === key(b);
};

const MAX_ROUNDS = 16;

/** EIP-2930 list of a message: run again with the list until it does not change, as a list can change the path taken. */
export const createAccessList = (session: StateSession, request: CallRequest): AccessListResult => {
  let accessList: readonly AccessListItem[] = request.accessList ?? [];
  for (let round = 0; ; round++) {
    const outcome = session.scratch(() => session.kernel.call({ ...request, accessList }));
    if (!outcome.valid) throw invalidCallError(outcome);
    const next = useful(session, request, outcome);
    if (sameList(next, accessList) || round === MAX_ROUNDS) return { accessList: next, outcome };
    accessList = next;
  }
};

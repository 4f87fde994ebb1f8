import type { RoleName } from "./rollup-processes.ts";

/** A place in a role's work at which its process is killed. */
export interface KillMoment {
  readonly role: Exclude<RoleName, "da-server">;
  /** In words. */
  readonly name: string;
  /** A method of a class, such as `Database.append`, or of JSON-RPC as the role calls it. */
  readonly call: string;
  /** Before the call has any effect; while it runs; once it has been answered, and nobody has heard. */
  readonly when: "before" | "during" | "after";
  /** Calls that go by first. */
  readonly skip?: number;
  /** Only calls with this in their parameters, in hex. */
  readonly containing?: string;
  /** Only calls whose result is something. */
  readonly answered?: boolean;
}

const RESOLVE = "2810e1d6";
const CLAIM_CREDIT = "60e27464";
const CREATE = "82ecf2f6";

export const KILL_MOMENTS: readonly KillMoment[] = [
  {
    role: "sequencer",
    name: "a block is executed and not in the log",
    call: "Database.append",
    when: "before",
    skip: 4,
  },
  {
    role: "sequencer",
    name: "a block is in the log, its head not yet",
    call: "Database.append",
    when: "after",
    skip: 4,
  },
  {
    ...{ role: "sequencer", name: "a transaction is executed, and its sender not answered" },
    ...{ call: "ScheduledOrdering.submit", when: "after", skip: 2 },
  },
  { role: "sequencer", name: "a batch has been read", call: "L2Engine.matches", when: "before", skip: 3 },
  { role: "sequencer", name: "the safe head has moved", call: "L2Engine.setSafe", when: "after", skip: 3 },
  { role: "sequencer", name: "L1 is asked for the next origin", call: "eth_getBlockByNumber", when: "before", skip: 9 },

  { role: "batcher", name: "blocks are being read", call: "debug_getRawBlock", when: "after", skip: 3 },
  { role: "batcher", name: "before posting", call: "eth_sendRawTransaction", when: "before" },
  { role: "batcher", name: "submitted, and not answered", call: "eth_sendRawTransaction", when: "during" },
  { role: "batcher", name: "between submission and receipt", call: "eth_sendRawTransaction", when: "after" },
  {
    ...{ role: "batcher", name: "the receipt is there, and nobody knows" },
    ...{ call: "eth_getTransactionReceipt", when: "after", answered: true },
  },
  { role: "batcher", name: "the second post", call: "eth_sendRawTransaction", when: "after", skip: 1 },

  {
    ...{ role: "proposer", name: "before a proposal" },
    ...{ call: "eth_sendRawTransaction", when: "before", containing: CREATE },
  },
  {
    ...{ role: "proposer", name: "between a proposal and its receipt" },
    ...{ call: "eth_sendRawTransaction", when: "after", containing: CREATE },
  },
  {
    ...{ role: "proposer", name: "in the middle of a game: before it is resolved" },
    ...{ call: "eth_sendRawTransaction", when: "before", containing: RESOLVE },
  },
  {
    ...{ role: "proposer", name: "in the middle of a game: resolved, and no receipt" },
    ...{ call: "eth_sendRawTransaction", when: "after", containing: RESOLVE },
  },
  {
    ...{ role: "proposer", name: "at the end of a game: the bond claimed, and no receipt" },
    ...{ call: "eth_sendRawTransaction", when: "after", containing: CLAIM_CREDIT },
  },

  { role: "verifier", name: "L1 data is read, nothing derived", call: "L1Client.payloads", when: "after", skip: 60 },
  { role: "verifier", name: "mid-import: a block is being executed", call: "L2Engine.build", when: "during", skip: 70 },
  {
    role: "verifier",
    name: "a block is executed and not in the log",
    call: "Database.append",
    when: "before",
    skip: 7,
  },
  { role: "verifier", name: "a block is imported and not safe", call: "L2Engine.setSafe", when: "before", skip: 90 },
  {
    role: "verifier",
    name: "mid-derivation: in the middle of a channel",
    call: "L2Engine.setSafe",
    when: "after",
    skip: 11,
  },
];

/** What a worker's instance takes over from the owner: everything of the state that is not a transaction's own. */
import { CONFIG, useConfig } from "../block/config";
import { adoptCodeArena, codeArena } from "../memory/arena";
import { adoptRecords, shareRecords } from "../state/records";
import { knownTransactions, useKnown } from "../transaction/known";
import { memo, useMemo } from "../infer/memo";
import { commitForm, setCommitForm } from "../trie/emit";
import { adoptNodes, shareNodes } from "../trie/node";
import { CONTROL, SHARED } from "./control";

const RECORDS: usize = 0;
const NODES: usize = 24;
const CODE: usize = 32;
const CHAIN: usize = 36;
const FORM: usize = 40;
const KNOWN: usize = 44;
const MEMO: usize = 48;

/** The owner's side; anew for every batch, since opening a state replaces some of it. */
export function share(): void {
  const at = CONTROL + SHARED;
  shareRecords(at + RECORDS);
  shareNodes(at + NODES);
  store<u32>(at, <u32>codeArena(), CODE);
  store<u32>(at, <u32>changetype<usize>(CONFIG), CHAIN);
  store<u32>(at, commitForm(), FORM);
  store<u32>(at, <u32>knownTransactions(), KNOWN);
  if (CONFIG.inference) store<u32>(at, <u32>memo(), MEMO);
}

/** The worker's side. */
export function adopt(): void {
  const at = CONTROL + SHARED;
  adoptRecords(at + RECORDS);
  adoptNodes(at + NODES);
  adoptCodeArena(load<u32>(at, CODE));
  useConfig(load<u32>(at, CHAIN));
  setCommitForm(load<u32>(at, FORM));
  useKnown(load<u32>(at, KNOWN));
  if (CONFIG.inference) useMemo(load<u32>(at, MEMO));
}

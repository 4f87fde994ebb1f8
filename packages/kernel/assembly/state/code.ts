/** Code by its hash, loaded from the host or brought by a transaction. Blobs are those of evm/code.ts. */
import { codeBytes, codeLength, newCode } from "../evm/code";
import { stateAlloc } from "../memory/arena";
import { lockState, unlockState } from "../memory/sharing";
import { hashKey } from "../table/siphash";
import { Table, clearTable, firstRecord, makeRoom, newTable, nextRecord } from "../table/table";
import { nodeBuffer, nodeBufferCapacity } from "../trie/codec";
import { emitCode } from "../trie/emit";
import { preimage } from "../trie/host";
import { copy32, eq32 } from "../u256/word";
import { BaseAccount, EMPTY_CODE_HASH, baseCodeHash } from "./base-records";
import { INITIAL_LOG2, addRecord } from "./records";

/** Code by hash; the hash is at the record's address. */
@unmanaged
class CodeRecord {
  private hash0: u64;
  private hash1: u64;
  private hash2: u64;
  private hash3: u64;
  code: usize;
  /** The host has it. */
  saved: bool;
}

let codes: Table = changetype<Table>(0);
let emptyCode: usize = 0;

/** Once per instance. */
export function initCodes(): void {
  codes = newTable(INITIAL_LOG2);
}

/** Writes where code is to two words at `out`, for `adoptCodes` of another instance. */
export function shareCodes(out: usize): void {
  store<u32>(out, <u32>changetype<usize>(codes));
  store<u32>(out, <u32>noCode(), 4);
}

export function adoptCodes(at: usize): void {
  codes = changetype<Table>(<usize>load<u32>(at));
  emptyCode = load<u32>(at, 4);
}

/** As makeRoomFor. */
export function makeRoomForCode(count: u32): void {
  makeRoom(codes, count + 1024);
}

/** With the records themselves. */
export function resetCodes(): void {
  clearTable(codes);
  emptyCode = 0;
}

function findCode(hash: usize): CodeRecord {
  const tag = hashKey(0, hash);
  let record = firstRecord(codes, tag);
  while (record != 0 && !eq32(record, hash)) record = nextRecord(codes, tag);
  return changetype<CodeRecord>(record);
}

function addCode(hash: usize, bytes: usize, length: u32, saved: bool): CodeRecord {
  const record = changetype<CodeRecord>(stateAlloc(offsetof<CodeRecord>()));
  copy32(changetype<usize>(record), hash);
  record.code = newCode(bytes, length);
  record.saved = saved;
  addRecord(codes, hashKey(0, hash), changetype<usize>(record));
  return record;
}

/** Blob of the code with this hash; loads it from the host. */
export function codeByHash(hash: usize): usize {
  if (eq32(hash, EMPTY_CODE_HASH)) return noCode();
  const known = findCode(hash);
  if (changetype<usize>(known) != 0) return known.code;
  lockState();
  const late = findCode(hash);
  const code = changetype<usize>(late) != 0 ? late.code : loadCode(hash);
  unlockState();
  return code;
}

function loadCode(hash: usize): usize {
  let length = preimage(hash, nodeBuffer(0x10000), nodeBufferCapacity());
  if (length > <i32>nodeBufferCapacity()) length = preimage(hash, nodeBuffer(<usize>length), nodeBufferCapacity());
  if (length < 0) unreachable();
  return addCode(hash, nodeBuffer(0), <u32>length, true).code;
}

/** Blob of code that an execution or override brought; `hash` is its keccak256. */
export function codeFromBytes(hash: usize, bytes: usize, length: u32): usize {
  if (length == 0) return noCode();
  const known = findCode(hash);
  if (changetype<usize>(known) != 0) return known.code;
  lockState();
  const late = findCode(hash);
  const code = changetype<usize>(late) != 0 ? late.code : addCode(hash, bytes, length, false).code;
  unlockState();
  return code;
}

/** Gives the account's code to the host if it does not have it. */
export function saveCode(a: BaseAccount): void {
  if (eq32(baseCodeHash(a), EMPTY_CODE_HASH)) return;
  const record = findCode(baseCodeHash(a));
  if (changetype<usize>(record) == 0 || record.saved) return;
  record.saved = true;
  emitCode(baseCodeHash(a), codeBytes(record.code), codeLength(record.code));
}

function noCode(): usize {
  if (emptyCode == 0) emptyCode = newCode(0, 0);
  return emptyCode;
}

/** The registry of models (contracts/ai/ModelRegistry.sol) and the models that blocks called, by root. */
import { keccak256 } from "../crypto/keccak";
import { ENV } from "../evm/environment";
import { PLACES, allocateModel, loadModel, modelIn } from "../infer/blob";
import { STATUS_OK } from "../infer/status";
import { useRegistry } from "../infer/choice";
import { MAX_CALLED_BLOB, isCallable } from "../infer/model";
import { modelRoot } from "../infer/root";
import { reserve } from "../memory/heap";
import { account } from "../state/account";
import { currentPtr, slot } from "../state/storage";
import { preimage } from "../trie/host";
import { loadBE } from "../u256/word";

/** 0x4200…0999, 20 bytes padded to 24. */
const REGISTRY: usize = memory.data<u8>([
  0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x09, 0x99, 0, 0, 0, 0,
]);
/** Slot of the mapping from roots to models. */
const MODELS_SLOT: u8 = 2;

/** Roots of the models in places 1 and up, valid or not, 32 bytes each; and what is hashed. */
let roots: usize = 0;
let scratch: usize = 0;
/** The place that the next model takes. */
let next: u32 = 1;

/** Once per instance. */
export function initModels(): void {
  roots = reserve(PLACES * 32);
  scratch = reserve(128);
  useRegistry(registeredModel);
}

/**
 * The place of the model that transactions may call by this root: registered long enough ago, small enough, and a valid blob. A host without
 * the blob ends the execution: what the model would have said cannot be guessed.
 */
function registeredModel(root: usize): u32 {
  if (!isActive(root)) return 0;
  for (let i: u32 = 1; i < PLACES; i++) {
    if (memory.compare(roots + i * 32, root, 32) == 0) return i;
  }
  const place = next;
  next = next + 1 == PLACES ? 1 : next + 1;
  memory.copy(roots + place * 32, root, 32);
  fill(root, place);
  return place;
}

/** Fills a place; it stays empty when the blob is no model that may be called. */
function fill(root: usize, place: u32): void {
  const length = <u32>preimage(root, 0, 0);
  const blob = allocateModel(length, MAX_CALLED_BLOB, place);
  if (blob == 0) return;
  preimage(root, blob, length);
  modelRoot(blob, length, scratch);
  if (memory.compare(scratch, root, 32) != 0) unreachable();
  if (loadModel(blob, length, place) != STATUS_OK) return;
  const model = modelIn(place);
  if (changetype<usize>(model) != 0 && !isCallable(model)) allocateModel(0, 0, place);
}

/** Entry of the registry: from the lowest byte on, activeFrom (8), size (4), publisher (20). */
function isActive(root: usize): bool {
  memory.copy(scratch, root, 32);
  memory.fill(scratch + 32, 0, 32);
  store<u8>(scratch, MODELS_SLOT, 63);
  keccak256(scratch, 64, scratch + 64);
  loadBE(scratch + 96, scratch + 64);
  const entry = currentPtr(slot(account(REGISTRY), scratch + 96));
  const activeFrom = load<u64>(entry);
  return activeFrom != 0 && activeFrom <= ENV.timestamp && load<u32>(entry, 8) <= MAX_CALLED_BLOB;
}

/** The model that the chain's configuration names, from the host into the kernel. */
import { defaultModelPtr } from "../block/config";
import { allocateModel, defaultModel, hasModel, loadModel } from "../infer/blob";
import { STATUS_OK } from "../infer/status";
import { MAX_CALLED_BLOB, isCallable } from "../infer/model";
import { preimage } from "../trie/host";

/** False when the host's bytes are no valid model, one too large for calls, or not the one that was configured. */
export function loadConfiguredModel(): bool {
  const length = <u32>preimage(defaultModelPtr(), 0, 0);
  const blob = allocateModel(length, MAX_CALLED_BLOB, 0);
  if (blob == 0) return false;
  preimage(defaultModelPtr(), blob, length);
  if (loadModel(blob, length, 0) != STATUS_OK || !hasModel() || !isCallable(defaultModel())) return false;
  return memory.compare(defaultModel().id, defaultModelPtr(), 32) == 0;
}

/** The model that the chain's configuration names, from the host into the kernel. */
import { defaultModelPtr } from "../block/config";
import { STATUS_OK, allocateModel, loadModel } from "../infer/model";
import { preimage } from "../trie/host";

/** False when the host's bytes are no valid model. */
export function loadConfiguredModel(): bool {
  const length = <u32>preimage(defaultModelPtr(), 0, 0);
  const blob = allocateModel(length);
  if (blob == 0) return false;
  preimage(defaultModelPtr(), blob, length);
  return loadModel(blob, length) == STATUS_OK;
}

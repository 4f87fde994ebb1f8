/** Which model a call runs: the default one, or one of the registry, which only the kernel has. */
import { encodeErrorWord, output, UNKNOWN_MODEL } from "./abi";
import { defaultModel, hasModel, modelIn, networkIn } from "./blob";
import { pay, refuse } from "./call";
import { switchTo } from "./decoder";
import { Model } from "./model";
import { Network } from "./network";

/** Gas for looking into the registry: a cold slot, EIP-2929. */
export const REGISTRY_GAS: u64 = 2100;

/** Finds the place of a registered model by the 32 bytes of its root; 0 when there is none. */
type Finder = (root: usize) => u32;

let finder: Finder = (root: usize): u32 => 0;

/** Gives this instance a registry. */
export function useRegistry(found: Finder): void {
  finder = found;
}

/** Whether the word names the model in place 0, or nothing. */
export function isDefault(root: usize): bool {
  if ((load<u64>(root) | load<u64>(root, 8) | load<u64>(root, 16) | load<u64>(root, 24)) == 0) return true;
  const network = networkIn(0);
  if (changetype<usize>(network) != 0) return memory.compare(root, network.id, 32) == 0;
  return hasModel() && memory.compare(root, defaultModel().id, 32) == 0;
}

/** Takes the gas for looking up a model that is not the default one; false when it is not there. */
export function payRegistry(root: usize): bool {
  return isDefault(root) || pay(REGISTRY_GAS);
}

/** The language model of that root, ready to run; a null pointer when the chain has none. */
export function chooseModel(root: usize): Model {
  const place = isDefault(root) ? 0 : finder(root);
  if (place == 0 && !isDefault(root)) return changetype<Model>(0);
  const model = modelIn(place);
  if (changetype<usize>(model) != 0) switchTo(model);
  return model;
}

/** The network of that root; a null pointer when the chain has none. */
export function chooseNetwork(root: usize): Network {
  const place = isDefault(root) ? 0 : finder(root);
  return place == 0 && !isDefault(root) ? changetype<Network>(0) : networkIn(place);
}

/** Refuses the root at `model`; without one, the zero root. */
export function refuseUnknown(model: usize): u32 {
  if (model != 0) return refuse(encodeErrorWord(UNKNOWN_MODEL, model));
  memory.fill(output() + 4, 0, 32);
  return refuse(encodeErrorWord(UNKNOWN_MODEL, output() + 4));
}

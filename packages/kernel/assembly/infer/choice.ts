/** Which model a call runs: the default one, or one of the registry, which only the kernel has. */
import { Model } from "./model";
import { defaultModel } from "./blob";
import { switchTo } from "./decoder";

/** Gas for looking into the registry: a cold slot, EIP-2929. */
export const REGISTRY_GAS: u64 = 2100;

/** Finds a registered model by the 32 bytes of its root; a null pointer when there is none. */
type Finder = (root: usize) => Model;

let finder: Finder = (root: usize): Model => changetype<Model>(0);

/** Gives this instance a registry. */
export function useRegistry(found: Finder): void {
  finder = found;
}

/** Whether the word names the default model, or nothing. */
export function isDefault(root: usize): bool {
  const isZero = (load<u64>(root) | load<u64>(root, 8) | load<u64>(root, 16) | load<u64>(root, 24)) == 0;
  return isZero || memory.compare(root, defaultModel().id, 32) == 0;
}

/** The model of that root, ready to run; a null pointer when the chain has none. */
export function chooseModel(root: usize): Model {
  const model = isDefault(root) ? defaultModel() : finder(root);
  if (changetype<usize>(model) != 0) switchTo(model);
  return model;
}

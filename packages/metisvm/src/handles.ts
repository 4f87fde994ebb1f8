/** Slots of a kernel's function table; 0 is not one, so that no handle is 0. */
const SLOTS = 4096;
const GENERATIONS = 0x1_0000;

/**
 * Numbers for compiled code: a slot and, above 16 bits, the slot's generation, so that whoever still holds the number of
 * an earlier tenant notices. Slots are reused in turn.
 */
export class Handles<Tenant> {
  readonly #generations = new Uint16Array(SLOTS);
  readonly #tenants = new Map<number, Tenant>();
  #next = 1;

  /** The tenant's handle, and whom it displaces. */
  assign(tenant: Tenant): { handle: number; displaced: Tenant | undefined } {
    const slot = this.#next;
    this.#next = slot + 1 === SLOTS ? 1 : slot + 1;
    const displaced = this.#tenants.get(slot);
    const generation = (this.#generations[slot]! + 1) % GENERATIONS;
    this.#generations[slot] = generation;
    this.#tenants.set(slot, tenant);
    return { handle: ((generation << 16) | slot) >>> 0, displaced };
  }
}

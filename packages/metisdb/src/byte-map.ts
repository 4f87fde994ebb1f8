import { randomInt } from "node:crypto";

const FIRST_CAPACITY = 64;
/** Keys that an attacker chose must not pile up. */
const SEED = randomInt(2 ** 32);

/** A map with byte strings as keys: what a `Map` needs strings for, at half the cost. Keys must stay as they are. */
export class ByteMap<Value> {
  /** Place in `#keys` + 1; 0: free. A power of two of them, at most half in use. */
  #slots = new Int32Array(FIRST_CAPACITY);
  #hashes: number[] = [];
  #keys: Uint8Array[] = [];
  #values: Value[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** In the order in which they came. */
  get keys(): readonly Uint8Array[] {
    return this.#keys;
  }

  set(key: Uint8Array, value: Value): void {
    const hash = hashOf(key);
    const slot = this.#slotOf(key, hash);
    const place = this.#slots[slot]!;
    if (place > 0) {
      this.#values[place - 1] = value;
      return;
    }
    this.#keys.push(key);
    this.#hashes.push(hash);
    this.#values.push(value);
    this.#slots[slot] = this.#keys.length;
    if (this.#keys.length * 2 > this.#slots.length) this.#grow();
  }

  has(key: Uint8Array): boolean {
    return this.#keys.length > 0 && this.#slots[this.#slotOf(key, hashOf(key))] !== 0;
  }

  get(key: Uint8Array): Value | undefined {
    const place = this.#slots[this.#slotOf(key, hashOf(key))]!;
    return place === 0 ? undefined : this.#values[place - 1];
  }

  /** Where the key is, or would be. */
  #slotOf(key: Uint8Array, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#slots[slot]!;
      if (place === 0 || (this.#hashes[place - 1] === hash && equal(this.#keys[place - 1]!, key))) return slot;
    }
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let place = 0; place < this.#hashes.length; place++) {
      let slot = this.#hashes[place]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = place + 1;
    }
    this.#slots = slots;
  }
}

/** Seeded FNV-1a, its bits mixed as in MurmurHash3. */
function hashOf(key: Uint8Array): number {
  let hash = SEED | 0;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key[i]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

import type { ForkName } from "@hyperion/kernel";
import { FORKS } from "@hyperion/kernel";

/** A precompiled contract: its EIP-7910 name, its number as an address, and the fork that brought it. */
interface Precompile {
  readonly name: string;
  readonly address: Uint8Array;
  readonly since: ForkName;
}

const addressOf = (number: number): Uint8Array => Buffer.from(number.toString(16).padStart(40, "0"), "hex");

const ROWS: readonly (readonly [name: string, number: number, since: ForkName])[] = [
  ["ECREC", 0x01, "frontier"],
  ["SHA256", 0x02, "frontier"],
  ["RIPEMD160", 0x03, "frontier"],
  ["ID", 0x04, "frontier"],
  ["MODEXP", 0x05, "byzantium"],
  ["BN254_ADD", 0x06, "byzantium"],
  ["BN254_MUL", 0x07, "byzantium"],
  ["BN254_PAIRING", 0x08, "byzantium"],
  ["BLAKE2F", 0x09, "istanbul"],
  ["KZG_POINT_EVALUATION", 0x0a, "cancun"],
  ["BLS12_G1ADD", 0x0b, "prague"],
  ["BLS12_G1MSM", 0x0c, "prague"],
  ["BLS12_G2ADD", 0x0d, "prague"],
  ["BLS12_G2MSM", 0x0e, "prague"],
  ["BLS12_PAIRING_CHECK", 0x0f, "prague"],
  ["BLS12_MAP_FP_TO_G1", 0x10, "prague"],
  ["BLS12_MAP_FP2_TO_G2", 0x11, "prague"],
  ["P256VERIFY", 0x100, "osaka"],
];

const PRECOMPILES: readonly Precompile[] = ROWS.map(([name, number, since]) => ({
  name,
  address: addressOf(number),
  since,
}));

/** The precompiles of chains that enable inference. */
const INFERENCE: readonly Precompile[] = [
  { name: "INFERENCE", address: addressOf(0x999), since: "frontier" },
  { name: "TENSOR", address: addressOf(0x99a), since: "frontier" },
];

/** Precompiles of a fork, with those for models where the chain has them. */
export const activePrecompiles = (fork: ForkName, inference: boolean): readonly Precompile[] => {
  const active = PRECOMPILES.filter(({ since }) => FORKS.indexOf(since) <= FORKS.indexOf(fork));
  return inference ? [...active, ...INFERENCE] : active;
};

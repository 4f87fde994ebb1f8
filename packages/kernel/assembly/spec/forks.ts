/** Fork numbers in activation order: the positions in `FORKS` of `packages/kernel/src/types.ts`. */
export const FRONTIER: u32 = 0;
export const HOMESTEAD: u32 = 1;
export const TANGERINE_WHISTLE: u32 = 2;
export const SPURIOUS_DRAGON: u32 = 3;
export const BYZANTIUM: u32 = 4;
export const CONSTANTINOPLE: u32 = 5;
export const PETERSBURG: u32 = 6;
export const ISTANBUL: u32 = 7;
export const BERLIN: u32 = 8;
export const LONDON: u32 = 9;
export const PARIS: u32 = 10;
export const SHANGHAI: u32 = 11;
export const CANCUN: u32 = 12;
export const PRAGUE: u32 = 13;
export const OSAKA: u32 = 14;

/** Bits of `Environment.features`: rules that a chain configuration, not a fork, turns on. */
export const FEATURE_INFERENCE: u64 = 1;
/** The OP Stack's rules as of Isthmus, on top of Prague. */
export const FEATURE_ROLLUP: u64 = 2;
export const FEATURE_JOVIAN: u64 = 4;

/** Registers by the use that images make of them (docs/spec/rv64-image.md, "Registers"). */
export const ZERO = 0;
export const RA = 1;
/** Native stack, downwards to address 0. */
export const SP = 2;
/** Middle of the window of globals and constants. */
export const GP = 3;
/** Address of the module's memory. */
export const TP = 4;
/** Within one WebAssembly instruction. */
export const T0 = 5;
export const T1 = 6;
export const T2 = 7;
/** Links calls of routines that change nothing but T0 … T2. */
export const LINK = 31;
/** Bytes of the module's memory, less the largest offset that an instruction can have. */
export const MEMORY_LIMIT = 27;

export const A0 = 10;
export const A1 = 11;
export const A2 = 12;
export const A7 = 17;

/** Arguments, then other registers that calls may change. Values of the operand stack are held in these. */
export const TEMPORARIES: readonly number[] = [10, 11, 12, 13, 14, 15, 16, 17, 28, 29, 30];
/** Locals are held in these. */
export const SAVED: readonly number[] = [8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26];
export const ARGUMENTS = 8;

/** What a7 says at an `ecall` (docs/spec/rv64-image.md, "Calls to the host"). */
export const Ecall = {
  /** The program ends with the status in a0. */
  exit: 93,
  /** An exported function has returned; its result is in a0. */
  returned: 1024,
  /** From here on the module's imports, in their order. */
  firstImport: 1025,
} as const;

/** Status of a program that trapped. */
export const PANIC = 2;

/** The stateless program as a RISC-V image, and a machine that runs it. */

export { Emulator, type EmulatorOptions, type Stop } from "./emulator.ts";
export { MachineError, type MachineErrorCode, TranslateError, type TranslateErrorCode } from "./errors.ts";
export { Guest, type GuestImports, type GuestOptions } from "./guest.ts";
export { decodeImage, type Entry, encodeImage, type Image, type Import, imageHash, type Segment } from "./image.ts";
export { type Replay, replayBlock, translateProgram } from "./program.ts";
export { type Translation, translate } from "./translate/translate.ts";

/** Exports for unit tests of the arithmetic and hash layers; no node loads this module. */
export { keccak256 } from "../crypto/keccak";
export { add, less, lessSigned, sub } from "../u256/add";
export { divide, divideSigned, modulo, moduloSigned } from "../u256/divide";
export { exponentiate } from "../u256/exponentiate";
export { addModulo, multiplyModulo } from "../u256/modular";
export { multiply } from "../u256/multiply";
export { byteAt, shiftLeft, shiftRight, signExtend } from "../u256/shift";
export { loadAddress, loadBE, storeAddress } from "../u256/word";
export { reserve } from "../memory/heap";

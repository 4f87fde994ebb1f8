/** Encodings of RV64IM instructions, by the formats of the unprivileged ISA. */
const r =
  (opcode: number, funct3: number, funct7: number) =>
  (rd: number, rs1: number, rs2: number): number =>
    (funct7 << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;

const i =
  (opcode: number, funct3: number) =>
  (rd: number, rs1: number, immediate: number): number =>
    (inRange(immediate, 11) << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;

const shift =
  (opcode: number, funct3: number, upper: number) =>
  (rd: number, rs1: number, amount: number): number =>
    (upper << 26) | (amount << 20) | (rs1 << 15) | (funct3 << 12) | (rd << 7) | opcode;

const s =
  (funct3: number) =>
  (rs2: number, rs1: number, immediate: number): number =>
    ((inRange(immediate, 11) >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (funct3 << 12) | ((immediate & 31) << 7) | 0x23;

/** Bits of a signed number of `bits` + 1 bits. */
function inRange(value: number, bits: number): number {
  if (value < -(2 ** bits) || value >= 2 ** bits) throw new RangeError(`immediate ${value} does not fit`);
  return value;
}

export type RegisterForm = (rd: number, rs1: number, rs2: number) => number;

export const add: RegisterForm = r(0x33, 0, 0);
export const sub: RegisterForm = r(0x33, 0, 0x20);
export const sll: RegisterForm = r(0x33, 1, 0);
export const slt: RegisterForm = r(0x33, 2, 0);
export const sltu: RegisterForm = r(0x33, 3, 0);
export const xor: RegisterForm = r(0x33, 4, 0);
export const srl: RegisterForm = r(0x33, 5, 0);
export const sra: RegisterForm = r(0x33, 5, 0x20);
export const or: RegisterForm = r(0x33, 6, 0);
export const and: RegisterForm = r(0x33, 7, 0);
export const mul: RegisterForm = r(0x33, 0, 1);
export const div: RegisterForm = r(0x33, 4, 1);
export const divu: RegisterForm = r(0x33, 5, 1);
export const rem: RegisterForm = r(0x33, 6, 1);
export const remu: RegisterForm = r(0x33, 7, 1);
export const addw: RegisterForm = r(0x3b, 0, 0);
export const subw: RegisterForm = r(0x3b, 0, 0x20);
export const sllw: RegisterForm = r(0x3b, 1, 0);
export const srlw: RegisterForm = r(0x3b, 5, 0);
export const sraw: RegisterForm = r(0x3b, 5, 0x20);
export const mulw: RegisterForm = r(0x3b, 0, 1);
export const divw: RegisterForm = r(0x3b, 4, 1);
export const divuw: RegisterForm = r(0x3b, 5, 1);
export const remw: RegisterForm = r(0x3b, 6, 1);
export const remuw: RegisterForm = r(0x3b, 7, 1);

/** rd, rs1, immediate of 12 bits, or amount of a shift. */
export type ImmediateForm = (rd: number, rs1: number, immediate: number) => number;

export const addi: ImmediateForm = i(0x13, 0);
export const slti: ImmediateForm = i(0x13, 2);
export const sltiu: ImmediateForm = i(0x13, 3);
export const xori: ImmediateForm = i(0x13, 4);
export const ori: ImmediateForm = i(0x13, 6);
export const andi: ImmediateForm = i(0x13, 7);
export const addiw: ImmediateForm = i(0x1b, 0);
export const slli: ImmediateForm = shift(0x13, 1, 0);
export const srli: ImmediateForm = shift(0x13, 5, 0);
export const srai: ImmediateForm = shift(0x13, 5, 0x10);
export const slliw: ImmediateForm = shift(0x1b, 1, 0);
export const srliw: ImmediateForm = shift(0x1b, 5, 0);
export const sraiw: ImmediateForm = shift(0x1b, 5, 0x10);
export const lb: ImmediateForm = i(0x03, 0);
export const lh: ImmediateForm = i(0x03, 1);
export const lw: ImmediateForm = i(0x03, 2);
export const ld: ImmediateForm = i(0x03, 3);
export const lbu: ImmediateForm = i(0x03, 4);
export const lhu: ImmediateForm = i(0x03, 5);
export const lwu: ImmediateForm = i(0x03, 6);
export const jalr: ImmediateForm = i(0x67, 0);

/** Value, base, offset. */
export type StoreForm = (rs2: number, rs1: number, offset: number) => number;

export const sb: StoreForm = s(0);
export const sh: StoreForm = s(1);
export const sw: StoreForm = s(2);
export const sd: StoreForm = s(3);

/** `upper`: bits 31 … 12 of the result, which is sign-extended. */
export const lui = (rd: number, upper: number): number => ((upper & 0xfffff) << 12) | (rd << 7) | 0x37;
export const auipc = (rd: number, upper: number): number => ((upper & 0xfffff) << 12) | (rd << 7) | 0x17;
export const ECALL = 0x73;

export const jal = (rd: number, offset: number): number =>
  (((offset >> 20) & 1) << 31) |
  (((offset >> 1) & 0x3ff) << 21) |
  (((offset >> 11) & 1) << 20) |
  (((offset >> 12) & 0xff) << 12) |
  (rd << 7) |
  0x6f;

/** Conditions of branches by their funct3: an odd one is the opposite of the even one before it. */
export const Condition = { eq: 0, ne: 1, lt: 4, ge: 5, ltu: 6, geu: 7 } as const;

export const branch = (condition: number, rs1: number, rs2: number, offset: number): number =>
  (((offset >> 12) & 1) << 31) |
  (((offset >> 5) & 63) << 25) |
  (rs2 << 20) |
  (rs1 << 15) |
  (condition << 12) |
  (((offset >> 1) & 15) << 8) |
  (((offset >> 11) & 1) << 7) |
  0x63;

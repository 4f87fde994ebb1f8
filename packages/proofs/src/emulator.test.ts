import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Emulator } from "./emulator.ts";
import * as rv from "./riscv/encode.ts";
import { TEXT_BASE } from "./translate/layout.ts";

const s64 = (value: bigint): bigint => BigInt.asIntN(64, value);
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const s32 = (value: bigint): bigint => BigInt.asIntN(32, value);
const u32 = (value: bigint): bigint => BigInt.asUintN(32, value);

/** Quotient and remainder as the M extension has them: total, rounded towards zero. */
const quotient = (a: bigint, b: bigint): bigint => (b === 0n ? -1n : a / b);
const remainder = (a: bigint, b: bigint): bigint => (b === 0n ? a : a % b);

/** Instructions over two registers, as the ISA manual describes them, over unsigned 64-bit operands. */
const REGISTER: Readonly<Record<string, readonly [number | rv.RegisterForm, (a: bigint, b: bigint) => bigint]>> = {
  add: [rv.add, (a, b) => a + b],
  sub: [rv.sub, (a, b) => a - b],
  sll: [rv.sll, (a, b) => a << (b & 63n)],
  slt: [rv.slt, (a, b) => BigInt(s64(a) < s64(b))],
  sltu: [rv.sltu, (a, b) => BigInt(a < b)],
  xor: [rv.xor, (a, b) => a ^ b],
  srl: [rv.srl, (a, b) => a >> (b & 63n)],
  sra: [rv.sra, (a, b) => s64(a) >> (b & 63n)],
  or: [rv.or, (a, b) => a | b],
  and: [rv.and, (a, b) => a & b],
  addw: [rv.addw, (a, b) => s32(a + b)],
  subw: [rv.subw, (a, b) => s32(a - b)],
  sllw: [rv.sllw, (a, b) => s32(a << (b & 31n))],
  srlw: [rv.srlw, (a, b) => s32(u32(a) >> (b & 31n))],
  sraw: [rv.sraw, (a, b) => s32(a) >> (b & 31n)],
  mul: [rv.mul, (a, b) => a * b],
  mulh: [0x02001033, (a, b) => (s64(a) * s64(b)) >> 64n],
  mulhsu: [0x02002033, (a, b) => (s64(a) * b) >> 64n],
  mulhu: [0x02003033, (a, b) => (a * b) >> 64n],
  div: [rv.div, (a, b) => quotient(s64(a), s64(b))],
  divu: [rv.divu, quotient],
  rem: [rv.rem, (a, b) => remainder(s64(a), s64(b))],
  remu: [rv.remu, remainder],
  mulw: [rv.mulw, (a, b) => s32(a * b)],
  divw: [rv.divw, (a, b) => s32(quotient(s32(a), s32(b)))],
  divuw: [rv.divuw, (a, b) => s32(quotient(u32(a), u32(b)))],
  remw: [rv.remw, (a, b) => s32(remainder(s32(a), s32(b)))],
  remuw: [rv.remuw, (a, b) => s32(remainder(u32(a), u32(b)))],
};

const IMMEDIATE: Readonly<Record<string, readonly [rv.ImmediateForm, (a: bigint, b: bigint) => bigint]>> = {
  addi: [rv.addi, (a, b) => a + b],
  slti: [rv.slti, (a, b) => BigInt(s64(a) < b)],
  sltiu: [rv.sltiu, (a, b) => BigInt(a < u64(b))],
  xori: [rv.xori, (a, b) => a ^ b],
  ori: [rv.ori, (a, b) => a | b],
  andi: [rv.andi, (a, b) => a & b],
  addiw: [rv.addiw, (a, b) => s32(a + b)],
};

const SHIFTS: Readonly<Record<string, readonly [rv.ImmediateForm, number, (a: bigint, b: bigint) => bigint]>> = {
  slli: [rv.slli, 64, (a, b) => a << b],
  srli: [rv.srli, 64, (a, b) => a >> b],
  srai: [rv.srai, 64, (a, b) => s64(a) >> b],
  slliw: [rv.slliw, 32, (a, b) => s32(a << b)],
  srliw: [rv.srliw, 32, (a, b) => s32(u32(a) >> b)],
  sraiw: [rv.sraiw, 32, (a, b) => s32(a) >> b],
};

const CONDITIONS: Readonly<Record<keyof typeof rv.Condition, (a: bigint, b: bigint) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => s64(a) < s64(b),
  ge: (a, b) => s64(a) >= s64(b),
  ltu: (a, b) => a < b,
  geu: (a, b) => a >= b,
};

const LOADS: readonly (readonly [rv.ImmediateForm, bytes: number, signed: boolean])[] = [
  ...([
    [rv.lb, 1, true],
    [rv.lh, 2, true],
    [rv.lw, 4, true],
    [rv.ld, 8, true],
  ] as const),
  ...([
    [rv.lbu, 1, false],
    [rv.lhu, 2, false],
    [rv.lwu, 4, false],
  ] as const),
];

const EDGES = [
  0n,
  1n,
  2n,
  31n,
  63n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  1n << 63n,
  (1n << 63n) - 1n,
  (1n << 64n) - 1n,
];
const operand = fc.oneof(fc.constantFrom(...EDGES), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));

/** Registers that the tests use; each is written by one instruction from two others, which may be the same. */
const [RD, RS1, RS2] = [5, 6, 7];

/** The result of one instruction, with x0 … checked to be zero afterwards. */
function execute(word: number, a: bigint, b = 0n): bigint {
  const machine = new Emulator(Uint32Array.of(word, rv.addi(0, 0, 5)));
  machine.setRegister(RS1, a);
  machine.setRegister(RS2, b);
  expect(machine.run(2n)).toBe("limit");
  expect(machine.register(0)).toBe(0n);
  return machine.register(RD);
}

describe("RV64IM", () => {
  it.each(Object.entries(REGISTER))("%s", (_, [form, meaning]) => {
    const word = typeof form === "number" ? form | (RS2 << 20) | (RS1 << 15) | (RD << 7) : form(RD, RS1, RS2);
    fc.assert(
      fc.property(operand, operand, (a, b) => {
        expect(execute(word >>> 0, a, b)).toBe(u64(meaning(a, b)));
      }),
    );
  });

  it.each(Object.entries(IMMEDIATE))("%s", (_, [form, meaning]) => {
    fc.assert(
      fc.property(operand, fc.integer({ min: -2048, max: 2047 }), (a, b) => {
        expect(execute(form(RD, RS1, b) >>> 0, a)).toBe(u64(meaning(a, BigInt(b))));
      }),
    );
  });

  it.each(Object.entries(SHIFTS))("%s", (_, [form, width, meaning]) => {
    fc.assert(
      fc.property(operand, fc.nat(width - 1), (a, b) => {
        expect(execute(form(RD, RS1, b) >>> 0, a)).toBe(u64(meaning(a, BigInt(b))));
      }),
    );
  });

  it("lui and auipc", () => {
    fc.assert(
      fc.property(fc.nat(0xfffff), (upper) => {
        const value = s32(BigInt(upper) << 12n);
        expect(execute(rv.lui(RD, upper) >>> 0, 0n)).toBe(u64(value));
        expect(execute(rv.auipc(RD, upper) >>> 0, 0n)).toBe(u64(value + BigInt(TEXT_BASE)));
      }),
    );
  });

  it.each(Object.entries(CONDITIONS))("branch on %s, forwards and back", (name, meaning) => {
    const condition = rv.Condition[name as keyof typeof rv.Condition];
    const nop = rv.addi(0, 0, 0);
    const text = Uint32Array.of(nop, rv.branch(condition, RS1, RS2, 8), nop, rv.branch(condition, RS1, RS2, -8), nop);
    fc.assert(
      fc.property(operand, operand, (a, b) => {
        const machine = new Emulator(text);
        machine.setRegister(RS1, a);
        machine.setRegister(RS2, b);
        machine.programCounter = TEXT_BASE + 4;
        machine.run(1n);
        expect(machine.programCounter).toBe(TEXT_BASE + (meaning(a, b) ? 12 : 8));
        machine.programCounter = TEXT_BASE + 12;
        machine.run(1n);
        expect(machine.programCounter).toBe(TEXT_BASE + (meaning(a, b) ? 4 : 16));
      }),
    );
  });

  it("jumps and links", () => {
    const nop = rv.addi(0, 0, 0);
    const machine = new Emulator(Uint32Array.of(rv.jal(1, 12), nop, nop, rv.jalr(1, 1, 5), nop));
    machine.run(1n);
    expect([machine.programCounter, machine.register(1)]).toEqual([TEXT_BASE + 12, BigInt(TEXT_BASE + 4)]);
    // The target's lowest bit is cleared, and the register that has it may take the link.
    machine.run(1n);
    expect([machine.programCounter, machine.register(1)]).toEqual([TEXT_BASE + 8, BigInt(TEXT_BASE + 16)]);
  });

  it("loads and stores at any address", () => {
    fc.assert(
      fc.property(operand, fc.nat(1 << 24), fc.integer({ min: -2048, max: 2047 }), (value, place, offset) => {
        const address = BigInt(place + 4096);
        const bytes = new DataView(new ArrayBuffer(8));
        bytes.setBigUint64(0, value, true);
        for (const [form, size] of [
          [rv.sb, 1],
          [rv.sh, 2],
          [rv.sw, 4],
          [rv.sd, 8],
        ] as const) {
          const machine = new Emulator(Uint32Array.of(form(RS2, RS1, offset) >>> 0));
          machine.setRegister(RS1, address);
          machine.setRegister(RS2, value);
          machine.run(1n);
          const written = machine.read(place + 4096 + offset, 8);
          expect(written).toEqual(Uint8Array.from({ length: 8 }, (_, i) => (i < size ? bytes.getUint8(i) : 0)));
        }
        for (const [form, size, signed] of LOADS) {
          const machine = new Emulator(Uint32Array.of(form(RD, RS1, offset) >>> 0));
          machine.write(place + 4096 + offset, new Uint8Array(bytes.buffer));
          machine.setRegister(RS1, address);
          machine.run(1n);
          const raw = BigInt.asUintN(8 * size, value);
          expect(machine.register(RD)).toBe(signed ? u64(BigInt.asIntN(8 * size, raw)) : raw);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("the machine", () => {
  const faults: Readonly<Record<string, readonly [word: number, operand: bigint]>> = {
    "an instruction that does not exist": [0, 0n],
    ebreak: [0x100073, 0n],
    "a compressed instruction": [0x0001, 0n],
    "an atomic one": [0x1005202f, 0n],
    "a jump out of the text": [rv.jal(0, 64), 0n],
    "a jump behind the text": [rv.jalr(0, RS1, 0), BigInt(TEXT_BASE + 4096)],
    "a jump to half an instruction": [rv.jalr(0, RS1, 2), BigInt(TEXT_BASE)],
    "a load behind the memory": [rv.lbu(RD, RS1, 0), 0x8100_0000n],
    "a store below address 0": [rv.sd(RS2, RS1, -1), 0n],
    "a store at 2^63": [rv.sb(RS2, RS1, 0), 1n << 63n],
  };

  it.each(Object.entries(faults))("stops at %s", (_, [word, value]) => {
    const machine = new Emulator(Uint32Array.of(rv.addi(0, 0, 0), word >>> 0, rv.ECALL));
    machine.setRegister(RS1, value);
    expect(machine.run(10n)).toBe("fault");
    expect([machine.programCounter, machine.steps]).toEqual([TEXT_BASE + 4, 1n]);
  });

  it("stops where the text ends", () => {
    const machine = new Emulator(Uint32Array.of(rv.addi(RD, 0, 1)));
    expect([machine.run(10n), machine.steps, machine.register(RD)]).toEqual(["fault", 1n, 1n]);
  });

  it("makes exactly the steps it is given, and goes on after an ecall", () => {
    const loop = Uint32Array.of(rv.addi(RD, RD, 1), rv.ECALL, rv.jal(0, -8));
    const machine = new Emulator(loop, { profile: true });
    expect([machine.run(1n), machine.steps]).toEqual(["limit", 1n]);
    expect([machine.run(5n), machine.steps, machine.programCounter]).toEqual(["call", 2n, TEXT_BASE + 8]);
    expect([machine.run(2n), machine.steps, machine.register(RD)]).toEqual(["limit", 4n, 2n]);
    expect([0, 1, 2].map((index) => machine.executions(index))).toEqual([2n, 1n, 1n]);
  });

  it("refuses what is outside of its memory", () => {
    const machine = new Emulator(Uint32Array.of(rv.ECALL));
    expect(() => machine.read(0x8100_0000, 1)).toThrow("not all in memory");
    expect(() => machine.write(-1, new Uint8Array(1))).toThrow("not all in memory");
    expect(() => {
      machine.programCounter = TEXT_BASE + 4;
    }).toThrow("no instruction");
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checksumAddress } from "./checksum.ts";
import { bytesFromDigits, data, quantity, toBigInt, toWord, word } from "./hex.ts";

describe("hex", () => {
  it("encodes bytes as the native encoder does, at every length around the table's limit", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(data(bytes)).toBe(`0x${Buffer.from(bytes).toString("hex")}`);
        expect(bytesFromDigits(data(bytes).slice(2))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it("encodes a view into a larger buffer", () => {
    const buffer = Buffer.alloc(300, 7);
    expect(data(buffer.subarray(100, 200))).toBe(`0x${"07".repeat(100)}`);
  });

  it.each(["a", "zz", "0g", "ab c", "é1"])("refuses the digits %j", (digits) => {
    expect(bytesFromDigits(digits)).toBeUndefined();
  });

  it("writes quantities and words", () => {
    expect(quantity(0n)).toBe("0x0");
    expect(quantity(1024)).toBe("0x400");
    expect(word(255n)).toBe(`0x${"ff".padStart(64, "0")}`);
    expect(toBigInt(toWord(2n ** 255n + 5n))).toBe(2n ** 255n + 5n);
    expect(toBigInt(new Uint8Array(0))).toBe(0n);
  });

  it("checksums addresses (vectors of EIP-55)", () => {
    for (const address of [
      "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
      "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
      "0x52908400098527886E0F7030069857D2E4169EE7",
    ]) {
      expect(checksumAddress(Buffer.from(address.slice(2), "hex"))).toBe(address);
    }
  });
});

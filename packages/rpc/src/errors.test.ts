import { describe, expect, it } from "vitest";
import { executionError, revertReason } from "./errors.ts";
import { toWord } from "./hex.ts";

const errorString = (text: string): Uint8Array =>
  Buffer.concat([
    Buffer.from("08c379a0", "hex"),
    toWord(32n),
    toWord(BigInt(text.length)),
    Buffer.from(text.padEnd(32, "\0")),
  ]);

describe("revertReason", () => {
  it("reads Error(string) and Panic(uint256)", () => {
    expect(revertReason(errorString("user error"))).toBe("user error");
    expect(revertReason(Buffer.concat([Buffer.from("4e487b71", "hex"), toWord(17n)]))).toBe(
      "arithmetic underflow or overflow",
    );
  });

  it.each([
    ["", undefined],
    ["08c379a0", undefined],
    [`08c379a0${"00".repeat(31)}20${"ff".repeat(32)}`, undefined],
    [`deadbeef${"00".repeat(64)}`, undefined],
  ])("finds none in %s", (hex, expected) => {
    expect(revertReason(Buffer.from(hex, "hex"))).toBe(expected);
  });

  it("gives reverts code 3 with their data, other failures -32000", () => {
    expect(executionError("revert", errorString("no"))).toMatchObject({ code: 3, message: "execution reverted: no" });
    expect(executionError("outOfGas", new Uint8Array(0))).toMatchObject({ code: -32000, message: "out of gas" });
  });
});

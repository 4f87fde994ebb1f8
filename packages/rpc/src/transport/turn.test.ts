import { expect, test } from "vitest";
import { atEndOfTurn } from "./turn.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("work of one turn runs together, in order, and only once", async () => {
  const ran: number[] = [];
  atEndOfTurn(() => ran.push(1));
  await Promise.resolve();
  atEndOfTurn(() => ran.push(2));
  expect(ran).toEqual([]);
  await nextTurn();
  expect(ran).toEqual([1, 2]);
  await nextTurn();
  expect(ran).toEqual([1, 2]);
});

test("work that asks for more is answered in the next turn", async () => {
  const ran: string[] = [];
  atEndOfTurn(() => {
    ran.push("first");
    atEndOfTurn(() => ran.push("second"));
  });
  await nextTurn();
  expect(ran).toEqual(["first"]);
  await nextTurn();
  expect(ran).toEqual(["first", "second"]);
});

import { diskFullRun } from "./disk-full-run.ts";

/** Started in a namespace by `soakDiskFull`. Arguments: how often, seed. */
const [times, seed] = process.argv.slice(2).map(Number) as [number, number];
const { durable, replayed } = await diskFullRun({
  times,
  seed,
  onTime: (done, blocks, what) => console.log(`${done} full disks, ${blocks} blocks were durable (${what})`),
});
console.log(`${times} full disks, ${durable} blocks acknowledged, none lost; replay of ${replayed} blocks equal`);

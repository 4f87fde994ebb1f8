import { diskFullRun } from "./disk-full-run.ts";

/** Started in a namespace by `soakDiskFull`. Arguments: how often, seed. */
const [times, seed] = process.argv.slice(2).map(Number) as [number, number];
const blocks = await diskFullRun({
  times,
  seed,
  onTime: (done, durable, what) => console.log(`${done} full disks, ${durable} blocks were durable (${what})`),
});
console.log(`${blocks} durable blocks, none lost; replays agree`);

/** Delays at random places of the schedule, for tests: orders of events that are rare otherwise become common. */
import { pause } from "../memory/sharing";
import { CONTROL, STRESS, WORKER } from "./control";

const LONGEST: u32 = 8192;

let state: u32 = 0;

/** Waits for a moment, now and then, where the region asks for it. */
// @ts-ignore: decorator
@inline
export function unsettle(): void {
  if (load<u32>(CONTROL, STRESS) != 0) delay();
}

function delay(): void {
  if (state == 0) state = load<u32>(CONTROL, STRESS) + WORKER * 0x9e3779b9;
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  if (state & 3) return;
  for (let left = (state >> 8) % LONGEST; left > 0; left--) pause();
}

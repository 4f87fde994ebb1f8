export { FollowingOrdering } from "./following-ordering.ts";
export type { Leadership, Ordering, SealingControls, UnsignedTransaction } from "./ordering.ts";
export { type ScheduledOptions, ScheduledOrdering } from "./scheduled-ordering.ts";
export { type SoloOptions, SoloOrdering } from "./solo-ordering.ts";

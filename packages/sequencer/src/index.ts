export type { Leadership, Ordering, SealingControls, UnsignedTransaction } from "./ordering.ts";

/** Root of the trie rlp(i) → item i (transactions, receipts, withdrawals). items: count × (ptr u32, len u32). */
export function orderedRoot(items: usize, count: u32, out: usize): void { unreachable(); }

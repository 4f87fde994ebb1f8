import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Folder outside the repository for a peer's program: fetched or built once for all checkouts. */
export function peerCache(name: string): string {
  const { XDG_CACHE_HOME: xdgCache } = process.env;
  const caches = xdgCache ?? join(homedir(), ".cache");
  const folder = join(caches, "hyperion", "peers", name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

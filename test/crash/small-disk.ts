import { spawnSync } from "node:child_process";
import { mkdirSync, statfsSync } from "node:fs";

/** For a process of its own, so that the file systems go with it: needs no privileges where user namespaces are allowed. */
export const NAMESPACE: readonly string[] = ["unshare", "--map-root-user", "--mount", "--propagation", "private"];

/** Whether this system lets a process have file systems of its own. */
export function hasNamespaces(): boolean {
  const [command, ...flags] = NAMESPACE;
  const script = "mount -t tmpfs -o size=1m tmpfs /tmp";
  return spawnSync(command!, [...flags, "sh", "-c", script]).status === 0;
}

const FILL_ATTEMPTS = 20;

/** A file system in memory, which can be made full. Within a namespace only. */
export class SmallDisk {
  readonly #path: string;
  readonly #size: number;

  /** @param size in bytes */
  constructor(path: string, size: number) {
    this.#path = path;
    this.#size = size;
    mkdirSync(path, { recursive: true });
    mount("-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path);
  }

  get usedBytes(): number {
    const { blocks, bfree, bsize } = statfsSync(this.#path);
    return (blocks - bfree) * bsize;
  }

  /** Leaves room for about so many more bytes. */
  fill(leave: number): void {
    for (let attempt = 1; ; attempt++) {
      try {
        mount("-o", `remount,size=${Math.min(this.usedBytes + leave, this.#size)}`, this.#path);
        return;
      } catch (error) {
        // A size below what is in use by now is refused.
        if (attempt === FILL_ATTEMPTS) throw error;
      }
    }
  }

  empty(): void {
    mount("-o", `remount,size=${this.#size}`, this.#path);
  }

  unmount(): void {
    // Lazily: a process that was just killed may still hold it.
    run("umount", ["--lazy", this.#path]);
  }
}

function mount(...args: string[]): void {
  run("mount", args);
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}

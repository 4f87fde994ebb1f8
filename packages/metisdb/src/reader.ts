import type { StateView } from "./api.ts";
import { openEnvironment } from "./tables.ts";
import { Snapshot, Version } from "./version.ts";

/**
 * A version read by another thread (or process) than the database's own, from the tables alone: the height must have been
 * flushed. `release` of the view gives everything back.
 *
 * @throws DatabaseError HEIGHT_UNKNOWN, HEIGHT_PRUNED, DATABASE_DAMAGED
 */
export function openReader(directory: string, height: bigint): StateView {
  const environment = openEnvironment(directory, { synced: true, readOnly: true });
  try {
    const version = new Version(new Snapshot(environment), [], height);
    const view = version.view();
    return {
      ...view,
      release() {
        version.release();
        void environment.close();
      },
    };
  } catch (error) {
    void environment.close();
    throw error;
  }
}

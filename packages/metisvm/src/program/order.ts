/**
 * The order in which versions are generated, and the tree that WebAssembly's structured control needs: each version is
 * generated inside the one that dominates it. What enters a loop from the side goes through the dispatcher instead, which
 * dominates everything.
 */
import { isLive, Version } from "./version.ts";

/** Versions inside each other. */
const MAX_NESTING = 160;

export interface Order {
  readonly dispatcher: Version;
  /** In reverse postorder, the dispatcher first. */
  readonly versions: readonly Version[];
}

export function orderVersions(all: readonly Version[]): Order {
  const dispatcher = new Version({ pc: -1, labels: [], absolute: false, place: "memory" }, "dispatcher");
  const reachable = all.filter((version) => version.facts);
  for (;;) {
    const versions = reversePostorder(dispatcher, reachable);
    const predecessors = predecessorsOf(versions, dispatcher, reachable);
    findDominators(versions, predecessors, dispatcher);
    if (dispatchSideEntries(versions) || dispatchDeep(versions, dispatcher)) continue;
    buildTree(versions, predecessors, dispatcher);
    return { dispatcher, versions };
  }
}

function successors(version: Version, dispatcher: Version, all: readonly Version[]): Version[] {
  if (version === dispatcher) return all.filter(({ isEntry }) => isEntry);
  return version.edges.flatMap((edge, i) => (edge.to && !edge.viaDispatcher && isLive(version, i) ? [edge.to] : []));
}

function reversePostorder(dispatcher: Version, all: readonly Version[]): Version[] {
  const seen = new Set([dispatcher]);
  const postorder: Version[] = [];
  const path = [{ version: dispatcher, next: successors(dispatcher, dispatcher, all), at: 0 }];
  for (let top = path.at(-1); top; top = path.at(-1)) {
    const to = top.next[top.at++];
    if (to === undefined) {
      postorder.push(top.version);
      path.pop();
    } else if (!seen.has(to)) {
      seen.add(to);
      path.push({ version: to, next: successors(to, dispatcher, all), at: 0 });
    }
  }
  const order = postorder.reverse();
  order.forEach((version, i) => {
    version.order = i;
  });
  return order;
}

type Predecessors = ReadonlyMap<Version, Version[]>;

function predecessorsOf(versions: readonly Version[], dispatcher: Version, all: readonly Version[]): Predecessors {
  const predecessors = new Map<Version, Version[]>(versions.map((version) => [version, []]));
  for (const version of versions) {
    for (const to of successors(version, dispatcher, all)) predecessors.get(to)!.push(version);
  }
  return predecessors;
}

/** Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm". */
function findDominators(versions: readonly Version[], predecessors: Predecessors, dispatcher: Version): void {
  for (const version of versions) version.dominator = undefined;
  dispatcher.dominator = dispatcher;
  for (let changed = true; changed; ) {
    changed = false;
    for (const version of versions) {
      if (version === dispatcher) continue;
      const known = predecessors.get(version)!.filter(({ dominator }) => dominator);
      const found = known.reduce(commonDominator);
      changed ||= version.dominator !== found;
      version.dominator = found;
    }
  }
}

function commonDominator(a: Version, b: Version): Version {
  let [x, y] = [a, b];
  while (x !== y) {
    while (x.order > y.order) x = x.dominator!;
    while (y.order > x.order) y = y.dominator!;
  }
  return x;
}

/** Sends backward edges whose target does not dominate them through the dispatcher; true when there were any. */
function dispatchSideEntries(versions: readonly Version[]): boolean {
  let found = false;
  for (const version of versions) {
    version.edges.forEach((edge, i) => {
      if (!edge.to || edge.viaDispatcher || !isLive(version, i) || edge.to.order > version.order) return;
      if (dominates(edge.to, version)) return;
      edge.viaDispatcher = true;
      edge.to.isEntry = true;
      found = true;
    });
  }
  return found;
}

/** Sends edges into versions that would be nested too deep through the dispatcher; true when there were any. */
function dispatchDeep(versions: readonly Version[], dispatcher: Version): boolean {
  const depths = new Map<Version, number>([[dispatcher, 0]]);
  const deep = new Set<Version>();
  for (const version of versions) {
    if (version === dispatcher) continue;
    const depth = depths.get(version.dominator!)! + 1;
    depths.set(version, depth);
    if (depth % MAX_NESTING === 0) deep.add(version);
  }
  for (const edge of versions.flatMap(({ edges }) => edges)) {
    if (!edge.to || !deep.has(edge.to)) continue;
    edge.viaDispatcher = true;
    edge.to.isEntry = true;
  }
  return deep.size > 0;
}

function dominates(a: Version, b: Version): boolean {
  let x = b;
  while (x.order > a.order) x = x.dominator!;
  return x === a;
}

function buildTree(versions: readonly Version[], predecessors: Predecessors, dispatcher: Version): void {
  for (const version of versions) {
    version.dominated = [];
    // The dispatcher reaches its entries by a table of branches, for which each needs a label.
    version.forwardEdges = version.isEntry ? 2 : 0;
    version.isLoop = false;
  }
  for (const version of versions) {
    if (version === dispatcher) continue;
    version.dominator!.dominated.push(version);
    for (const from of predecessors.get(version)!) {
      if (from.order < version.order) version.forwardEdges++;
      else version.isLoop = true;
    }
  }
}

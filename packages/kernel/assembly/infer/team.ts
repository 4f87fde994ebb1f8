/**
 * Products, and the work between them, shared out among threads. Instances over one memory take units from a counter: rows
 * of matrices, or rows of a pass. Who does which unit changes nothing but time. Without helpers, and in the stateless program,
 * the caller does all units itself.
 */
import { reserve } from "../memory/heap";
import { Vectors, multiplyUnit, pack, unitsOf } from "./matmul";
import { Tensor } from "./model";
import { Pass } from "./pass";
import { workOnRow } from "./rows";
import { fillTables } from "./tables";

const MAX_PRODUCTS: u32 = 3;
/** Rounds of looking before a thread sleeps: about as long as the work between two jobs. */
const SPINS: u32 = 20_000;

/** Shared between the instances of a team. */
@unmanaged
class Team {
  /** Counts the jobs; helpers wait on it. */
  job: u32;
  /** Helpers that are through with the job. */
  finished: u32;
  /** Next unit to be done. */
  unit: u32;
  stopped: u32;
  helpers: u32;
  /** Work on the rows of `pass`; 0 when the units are those of products. */
  work: u32;
  pass: usize;
  vectors: usize;
  accumulate: u32;
  products: u32;
  units: u32;
}
const PRODUCTS_AT: usize = 64;
const PRODUCT_SIZE: usize = 16;

@unmanaged
class Product {
  tensor: usize;
  out: usize;
  outStride: usize;
  /** Units of this product and those before it. */
  unitsUpTo: u32;
}

let team: Team = changetype<Team>(0);

function own(): Team {
  if (changetype<usize>(team) == 0) team = changetype<Team>(reserve(PRODUCTS_AT + <usize>MAX_PRODUCTS * PRODUCT_SIZE));
  return team;
}

function product(it: Team, index: u32): Product {
  return changetype<Product>(changetype<usize>(it) + PRODUCTS_AT + <usize>index * PRODUCT_SIZE);
}

/** Announces `helpers` instances that run `help` on the address returned. */
export function formTeam(helpers: u32): usize {
  own().helpers = helpers;
  return changetype<usize>(team);
}

/** Lets the helpers return. */
export function dismissTeam(): void {
  if (GUEST) return;
  const it = own();
  it.helpers = 0;
  atomic.store<u32>(offset(it, offsetof<Team>("stopped")), 1);
  atomic.add<u32>(offset(it, offsetof<Team>("job")), 1);
  atomic.notify(offset(it, offsetof<Team>("job")), -1);
}

/** Puts t · x on the list of the next `runProducts`; x is the same for all. */
export function addProduct(t: Tensor, out: usize, outStride: usize): void {
  const it = own();
  const entry = product(it, it.products++);
  entry.tensor = changetype<usize>(t);
  entry.out = out;
  entry.outStride = outStride;
  it.units += unitsOf(t);
  entry.unitsUpTo = it.units;
}

/** Computes the products of the list, which is empty afterwards. */
export function runProducts(x: Vectors, accumulate: bool): void {
  const it = own();
  it.vectors = changetype<usize>(x);
  it.accumulate = accumulate ? 1 : 0;
  pack(x, changetype<Tensor>(product(it, 0).tensor).columns);
  if (GUEST || it.helpers == 0) {
    for (let unit: u32 = 0; unit < it.units; unit++) runUnit(it, unit);
  } else {
    runShared(it);
  }
  it.products = 0;
  it.units = 0;
}

/** Does `work` to every row of a pass. */
export function runRows(pass: Pass, work: u32): void {
  const it = own(), count = pass.activation.count;
  if (GUEST || it.helpers == 0 || count == 1) {
    for (let i: u32 = 0; i < count; i++) workOnRow(pass, work, i);
    return;
  }
  it.pass = changetype<usize>(pass);
  it.work = work;
  it.units = count;
  runShared(it);
  it.work = 0;
  it.units = 0;
}

function runShared(it: Team): void {
  if (GUEST) return;
  const finished = offset(it, offsetof<Team>("finished"));
  atomic.store<u32>(offset(it, offsetof<Team>("unit")), 0);
  atomic.store<u32>(finished, 0);
  atomic.add<u32>(offset(it, offsetof<Team>("job")), 1);
  atomic.notify(offset(it, offsetof<Team>("job")), -1);
  takeUnits(it);
  // A helper whose processor does something else is not waited for by keeping this one busy.
  let spins: u32 = 0;
  while (true) {
    const done = atomic.load<u32>(finished);
    if (done >= it.helpers) return;
    if (++spins > SPINS) atomic.wait<i32>(finished, done, -1);
  }
}

/** A helper's life: takes units of every job until the team is dismissed. */
export function help(address: usize): void {
  if (GUEST) return;
  fillTables();
  const it = changetype<Team>(address);
  const job = offset(it, offsetof<Team>("job"));
  let seen: u32 = 0;
  while (true) {
    let spins: u32 = 0;
    while (atomic.load<u32>(job) == seen) if (++spins > SPINS) atomic.wait<i32>(job, seen, -1);
    seen = atomic.load<u32>(job);
    if (atomic.load<u32>(offset(it, offsetof<Team>("stopped"))) != 0) return;
    takeUnits(it);
    const finished = offset(it, offsetof<Team>("finished"));
    atomic.add<u32>(finished, 1);
    atomic.notify(finished, -1);
  }
}

/** Units go in runs: one at a time would cost more than it evens out. */
function takeUnits(it: Team): void {
  if (GUEST) return;
  const run = max<u32>(1, it.units / ((it.helpers + 1) * 8));
  while (true) {
    const first = atomic.add<u32>(offset(it, offsetof<Team>("unit")), run);
    if (first >= it.units) return;
    const end = min(first + run, it.units);
    for (let unit = first; unit < end; unit++) runUnit(it, unit);
  }
}

function runUnit(it: Team, unit: u32): void {
  if (it.work != 0) {
    workOnRow(changetype<Pass>(it.pass), it.work, unit);
    return;
  }
  let before: u32 = 0;
  for (let i: u32 = 0; i < it.products; i++) {
    const entry = product(it, i);
    if (unit < entry.unitsUpTo) {
      const t = changetype<Tensor>(entry.tensor);
      multiplyUnit(t, changetype<Vectors>(it.vectors), entry.out, entry.outStride, it.accumulate != 0, unit - before);
      return;
    }
    before = entry.unitsUpTo;
  }
}

// @ts-ignore: decorator
@inline
function offset(it: Team, field: usize): usize {
  return changetype<usize>(it) + field;
}

import type { CaseReport } from "./messages.ts";

type Failure = Extract<CaseReport, { status: "failed" }>;

interface Reported<T = CaseReport> {
  readonly label: string;
  readonly report: T;
}

/** Collects the outcomes of a run and prints them. */
export class Report {
  #passed = 0;
  readonly #failed: Reported<Failure>[] = [];
  readonly #skipped: Reported[] = [];
  readonly #notes = new Map<string, string[]>();

  add(label: string, report: CaseReport): void {
    if (report.status === "failed") this.#failed.push({ label, report });
    else if (report.status === "skipped") this.#skipped.push({ label, report });
    else {
      this.#passed++;
      if (report.reason !== undefined) append(this.#notes, report.reason, `${label} :: ${report.name}`);
    }
  }

  get failed(): number {
    return this.#failed.length;
  }

  get done(): number {
    return this.#passed + this.#failed.length + this.#skipped.length;
  }

  /** `N passed, N failed, N skipped` */
  get counts(): string {
    return `${this.#passed} passed, ${this.#failed.length} failed, ${this.#skipped.length} skipped`;
  }

  /** Skips and notes by reason, then failures by reason: `examples` of each in full, the others in a line. */
  print(examples: number): void {
    for (const [reason, cases] of groupBy(this.#skipped, ({ report }) => reasonOf(report))) {
      console.log(`skipped (${cases.length}): ${reason}`);
      for (const { label, report } of cases) console.log(`  ${label} :: ${report.name}`);
    }
    for (const [note, names] of this.#notes) console.log(`note (${names.length}): ${note}\n  e.g. ${names[0]}`);
    const groups = [...groupBy(this.#failed, ({ report }) => report.reason)].sort(
      ([, a], [, b]) => b.length - a.length,
    );
    for (const [reason, cases] of groups) {
      console.log(`\nfailed (${cases.length}): ${reason}`);
      for (const [index, { label, report }] of cases.entries()) printFailure(label, report, index < examples);
    }
  }

  json(): unknown {
    const named = ({ label, report }: Reported): unknown => ({ file: label, ...report });
    return {
      passed: this.#passed,
      failed: this.#failed.map(named),
      skipped: this.#skipped.map(named),
      notes: Object.fromEntries(this.#notes),
    };
  }
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) append(groups, key(item), item);
  return groups;
}

function reasonOf(report: CaseReport): string {
  return report.reason ?? "";
}

function printFailure(label: string, report: Failure, inFull: boolean): void {
  console.log(`  ${label} :: ${report.name}`);
  if (!inFull) {
    console.log(`    expected ${short(report.expected)}, actual ${short(report.actual)}`);
    return;
  }
  console.log(`    expected ${report.expected}\n    actual   ${report.actual}`);
  for (const detail of report.details ?? []) console.log(`    ${detail}`);
}

function short(text: string): string {
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

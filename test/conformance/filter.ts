/** Whether `label::name` contains the filter, or matches it when written as /regular expression/. */
export function matches(filter: string, label: string, name: string): boolean {
  if (filter === "") return true;
  const subject = `${label}::${name}`;
  const expression = /^\/(.*)\/$/.exec(filter)?.[1];
  if (expression !== undefined) return new RegExp(expression, "i").test(subject);
  return subject.toLowerCase().includes(filter.toLowerCase());
}

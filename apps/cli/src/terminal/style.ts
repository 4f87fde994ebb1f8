const enabled = process.stdout.isTTY && process.env.NO_COLOR === undefined;

const sgr =
  (open: number, close: number) =>
  (text: string): string =>
    enabled ? `\u001b[${open}m${text}\u001b[${close}m` : text;

export const bold: (text: string) => string = sgr(1, 22);
export const dim: (text: string) => string = sgr(2, 22);
export const cyan: (text: string) => string = sgr(36, 39);
export const yellow: (text: string) => string = sgr(33, 39);
export const green: (text: string) => string = sgr(32, 39);

import { dim } from "./style.ts";

const CLEAR = "\r\u001b[2K";

/** One line at the bottom of a terminal that is rewritten in place; does nothing when the output is not a terminal. */
export interface StatusLine {
  update(text: string): void;
  clear(): void;
}

export const statusLine = (stream: NodeJS.WriteStream): StatusLine => {
  if (!stream.isTTY) return { update: () => {}, clear: () => {} };
  return {
    update: (text) => void stream.write(`${CLEAR}${dim(text.slice(0, Math.max(20, stream.columns - 1)))}`),
    clear: () => void stream.write(CLEAR),
  };
};

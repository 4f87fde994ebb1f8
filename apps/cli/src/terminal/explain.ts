/** Way out for the system errors a first run meets; `%` stands for the error's own address, port or path. */
const WAYS_OUT: Readonly<Record<string, (error: NodeJS.ErrnoException & { port?: number }) => string>> = {
  EADDRINUSE: (error) =>
    `Port ${error.port ?? ""} is already in use.\nStop the program that uses it, or choose another port: hyperion dev --rpc-port 0 picks a free one.`,
  EACCES: (error) =>
    `Permission denied${error.path ? `: ${error.path}` : ""}.\nChoose a folder you may write to with --data-dir, or a port above 1023 with --rpc-port.`,
  EROFS: (error) => `The folder ${error.path ?? ""} is read-only.\nChoose another one with --data-dir.`,
  ENOSPC: () => "The disk is full.\nFree some space, or move the data with --data-dir.",
};

const codeOf = (error: unknown): string | undefined => {
  for (let current = error; current instanceof Error; current = current.cause) {
    const code = (current as NodeJS.ErrnoException).code;
    if (code && code in WAYS_OUT) return code;
  }
  return undefined;
};

const withCode = (error: unknown, code: string): NodeJS.ErrnoException => {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ((current as NodeJS.ErrnoException).code === code) return current;
  }
  return error as NodeJS.ErrnoException;
};

/** What happened, why, and what to do, without a stack trace. Set HYPERION_DEBUG=1 for the trace. */
export const explain = (error: unknown): string => {
  if (process.env.HYPERION_DEBUG === "1" && error instanceof Error) return error.stack ?? error.message;
  const code = codeOf(error);
  const wayOut = code && WAYS_OUT[code];
  if (wayOut) return wayOut(withCode(error, code));
  if (error instanceof Error) return (error as { shortMessage?: string }).shortMessage ?? error.message;
  return String(error);
};

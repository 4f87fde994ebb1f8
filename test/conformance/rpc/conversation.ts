export interface Exchange {
  readonly request: string;
  readonly response: string;
}

export interface Conversation {
  readonly exchanges: readonly Exchange[];
  /** Only the shape of the answers is prescribed. */
  readonly schemaOnly: boolean;
}

/** Parses `// comment`, `>> request`, `<< response` lines. */
export function parseConversation(text: string): Conversation {
  const exchanges: Exchange[] = [];
  let schemaOnly = false;
  let request: string | undefined;
  for (const line of text.split("\n")) {
    if (line.startsWith("//")) schemaOnly ||= line.startsWith("// speconly");
    else if (line.startsWith(">>")) request = line.slice(2).trim();
    else if (line.startsWith("<<") && request !== undefined)
      exchanges.push({ request, response: line.slice(2).trim() });
    else if (line.trim() !== "") throw new SyntaxError(`not a line of a conversation: ${line.slice(0, 40)}`);
  }
  return { exchanges, schemaOnly };
}

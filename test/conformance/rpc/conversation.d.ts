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
export declare function parseConversation(text: string): Conversation;

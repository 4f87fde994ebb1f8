/**
 * A grammar of plain-language intents: what the patterns of `templates.ts` say in one way each, said in many. `<rule>` is
 * replaced by one of the rule's phrases, `[x|y|]` by one alternative; slots are those of the patterns.
 */
export type Rules = Readonly<Record<string, readonly string[]>>;

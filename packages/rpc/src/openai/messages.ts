import { z } from "zod";
import { invalid } from "./problem.ts";

/** One message; of parts, only text. */
export interface Message {
  readonly role: "system" | "developer" | "user" | "assistant";
  readonly content: string | readonly { readonly text: string }[];
}

export const messagesSchema: z.ZodType<readonly Message[]> = z
  .array(
    z.object({
      role: z.enum(["system", "developer", "user", "assistant"]),
      content: z.union([
        z.string(),
        z
          .array(z.object({ type: z.literal("text"), text: z.string() }))
          .min(1)
          .max(1_000),
      ]),
    }),
  )
  .min(1)
  .max(1_000);

const textOf = (content: Message["content"]): string =>
  typeof content === "string" ? content : content.map(({ text }) => text).join("");

/**
 * Turns by user and model in alternation. Models have no role for instructions: they go before what the user says next, and
 * messages of one role that follow each other are one turn.
 *
 * @throws ApiError when the last turn is not the user's, or the model speaks first
 */
export const turnsOf = (messages: readonly Message[]): string[] => {
  const turns: string[] = [];
  let before: Message["role"] | undefined;
  for (const { role, content } of messages) {
    const speaker = role === "assistant" ? "assistant" : "user";
    if (speaker === before) turns.push(`${turns.pop()}\n${textOf(content)}`);
    else turns.push(textOf(content));
    if (turns.length === 1 && speaker === "assistant") throw invalid("the first message is not the user's", "messages");
    before = speaker;
  }
  if (before !== "user") throw invalid("the last message is not the user's", "messages");
  return turns;
};

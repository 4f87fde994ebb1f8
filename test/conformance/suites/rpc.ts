import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { defaultFixtures, FixturesAbsentError, fixtureRoots } from "../fixtures.ts";
import { differences, shapeDifferences } from "../rpc/compare.ts";
import type { Exchange } from "../rpc/conversation.ts";
import { parseConversation } from "../rpc/conversation.ts";
import type { TestNode } from "../rpc/test-node.ts";
import { startTestNode } from "../rpc/test-node.ts";
import type { Case, FixtureFile, Suite, SuiteContext, Verdict } from "../suite.ts";

/** The Ethereum JSON-RPC conversations, asked of a node that imported their chain. */
export const rpcSuite: Suite = {
  folders: ["execution-apis"],
  extension: ".io",
  maxJobs: 1,
  cases(file: FixtureFile): Iterable<Case> {
    const { exchanges, schemaOnly } = parseConversation(file.text);
    return [{ name: "conversation", run: (context) => runConversation(file, exchanges, schemaOnly, context) }];
  },
};

async function runConversation(
  file: FixtureFile,
  exchanges: readonly Exchange[],
  schemaOnly: boolean,
  context: SuiteContext,
): Promise<Verdict> {
  const folder = chainFolder(dirname(file.path));
  const node = await context.shared<TestNode>(
    folder,
    () => startTestNode(folder),
    (running) => running.close(),
  );
  for (const { request, response } of exchanges) {
    const actual: unknown = JSON.parse(await node.ask(request));
    const found = schemaOnly
      ? shapeDifferences(JSON.parse(response), actual)
      : differences(JSON.parse(response), actual);
    if (found.length > 0) {
      const details = [`request ${request.slice(0, 600)}`, ...found.slice(0, 8)];
      const method = (JSON.parse(request) as { method: string }).method;
      return {
        reason: method,
        expected: response.slice(0, 2000),
        actual: JSON.stringify(actual).slice(0, 2000),
        details,
      };
    }
  }
  return undefined;
}

/** The folder with `chain.rlp` at or above the conversation; for conversations without a chain, that of the fixtures. */
function chainFolder(from: string): string {
  if (existsSync(join(from, "chain.rlp"))) return from;
  if (dirname(from) !== from) return chainFolder(dirname(from));
  const folders = fixtureRoots(defaultFixtures()).map((root) => join(root, "execution-apis"));
  const known = folders.find((folder) => existsSync(join(folder, "chain.rlp")));
  if (known === undefined) throw new FixturesAbsentError(defaultFixtures());
  return known;
}

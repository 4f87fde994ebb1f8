import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { sequencerConfigSchema } from "../rollup/sequencer-config.ts";
import { verifierConfigSchema } from "../rollup/verifier-config.ts";
import { renderConfiguration } from "./document.ts";
import { nodeConfigSchema } from "./schema.ts";

const DOCUMENT = new URL("../../../../docs/configuration.md", import.meta.url);

it("docs/configuration.md is what the schemas say (UPDATE_DOCS=1 writes it)", () => {
  const rendered = renderConfiguration(nodeConfigSchema, {
    verifier: verifierConfigSchema,
    sequencer: sequencerConfigSchema,
  });
  if (process.env.UPDATE_DOCS === "1") writeFileSync(DOCUMENT, rendered);
  expect(readFileSync(DOCUMENT, "utf8")).toBe(rendered);
});

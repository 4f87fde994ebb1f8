import { readPrivateKey } from "@hyperion/node";
import {
  connectL1Account,
  type Deployment,
  deploy,
  deployConfigSchema,
  formatDeployment,
  writeDeployment,
} from "@hyperion/rollup";
import { Command } from "commander";
import { http } from "viem";
import { addConfigOptions, readConfig } from "../config-options.ts";
import { statusLine } from "../terminal/status-line.ts";
import { bold, dim, green } from "../terminal/style.ts";

interface Flags {
  readonly l1RpcUrl: string;
  readonly keyFile?: string;
  readonly out: string;
  readonly confirmations: string;
  readonly json: boolean;
}

const KEY_VARIABLE = "HYPERION_DEPLOYER_KEY";

/** `hyperion deploy`: puts the rollup's contracts on an L1 and writes the deployment file. */
export const deployCommand = (): Command => {
  const command = new Command("deploy")
    .description(
      `Put the contracts on any L1 and write the deployment file. Goes on where an earlier run stopped. The key of the paying account comes from ${KEY_VARIABLE} or a file.`,
    )
    .requiredOption("--l1-rpc-url <url>", "JSON-RPC endpoint of L1")
    .option("--key-file <file>", `file with the private key, in hex (default: the variable ${KEY_VARIABLE})`)
    .option("--out <file>", "deployment file to write", "deployment.json")
    .option("--confirmations <blocks>", "L1 blocks that a transaction must be deep", "1")
    .option("--json", "print the deployment instead of text", false);
  addConfigOptions(command, deployConfigSchema);
  return command.action(async (flags: Flags) => {
    const config = readConfig(command, deployConfigSchema);
    const line = statusLine(process.stderr);
    const l1 = await connectL1Account({
      account: readPrivateKey({ file: flags.keyFile, variable: KEY_VARIABLE }),
      transport: http(flags.l1RpcUrl),
      confirmations: confirmations(flags.confirmations),
    });
    try {
      const deployment = await deploy({ config, l1, onStep: (step) => line.update(`${step}…`) });
      writeDeployment(flags.out, deployment);
      line.clear();
      process.stdout.write(flags.json ? formatDeployment(deployment) : describe(deployment, flags.out));
    } finally {
      line.clear();
    }
  });
};

const confirmations = (text: string): number => {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new Error("--confirmations: a number of blocks from 1 to 9999 is expected.");
};

const describe = (deployment: Deployment, file: string): string => {
  const { addresses, rollup, genesis } = deployment;
  const rows = Object.entries(addresses).map(([name, address]) => `  ${name.padEnd(30)}${address}\n`);
  return [
    `${green("Deployed.")} Chain ${bold(`${deployment.l2ChainId}`)} lives on L1 chain ${deployment.l1ChainId}, from block ${rollup.genesis.l1.number} on.\n`,
    ...rows,
    `  ${"L2 genesis".padEnd(30)}${genesis.l2Hash}\n`,
    dim(`Nodes need this file: ${file}\n`),
  ].join("");
};

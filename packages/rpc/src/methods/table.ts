import type { Namespace } from "../config.ts";
import { debugMethods } from "./debug.ts";
import { devMethods } from "./dev.ts";
import { ethBlockMethods } from "./eth-blocks.ts";
import { ethChainMethods } from "./eth-chain.ts";
import { ethExecuteMethods } from "./eth-execute.ts";
import { ethLogMethods } from "./eth-logs.ts";
import { ethSendMethods } from "./eth-send.ts";
import { ethStateMethods } from "./eth-state.ts";
import { hypMethods } from "./hyp.ts";
import { hypInferenceMethods } from "./hyp-inference.ts";
import type { MethodTable } from "./method.ts";
import { netWeb3Methods } from "./net-web3.ts";
import { optimismMethods } from "./optimism.ts";
import { testingMethods } from "./testing.ts";
import { txpoolMethods } from "./txpool.ts";

/** Every method the server knows. */
export const ALL_METHODS: MethodTable = {
  ...ethChainMethods,
  ...ethBlockMethods,
  ...ethStateMethods,
  ...ethExecuteMethods,
  ...ethSendMethods,
  ...ethLogMethods,
  ...netWeb3Methods,
  ...txpoolMethods,
  ...debugMethods,
  ...hypMethods,
  ...hypInferenceMethods,
  ...devMethods,
  ...optimismMethods,
  ...testingMethods,
};

/** The methods of the given namespaces, and rpc_modules which lists them. */
export const methodTable = (namespaces: readonly Namespace[]): MethodTable => {
  const served = Object.entries(ALL_METHODS).filter(
    ([, { namespace }]) => namespace !== "engine" && namespaces.includes(namespace),
  );
  const modules = Object.fromEntries(served.map(([name]) => [name.slice(0, name.indexOf("_")), "1.0"]));
  return {
    ...Object.fromEntries(served),
    rpc_modules: {
      namespace: "web3",
      cost: "cheap",
      summary: "Prefixes of the methods that are served.",
      parameters: [],
      invoke: () => modules,
    },
  };
};

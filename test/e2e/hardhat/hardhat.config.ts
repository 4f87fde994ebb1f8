import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import { defineConfig } from "hardhat/config";

/** The node under test and one of its development keys. */
const { HYPERION_RPC_URL: url = "", HYPERION_PRIVATE_KEY: key = "" } = process.env;

export default defineConfig({
  plugins: [hardhatEthers],
  solidity: { version: "0.8.37", path: "./solc.mjs", settings: { evmVersion: "cancun", optimizer: { enabled: true } } },
  networks: { hyperion: { type: "http", chainType: "l1", url, accounts: [key] } },
});

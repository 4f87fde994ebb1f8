import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import { defineConfig } from "hardhat/config";

/** The node under test, one of its development keys, and the compiler from npm: Hardhat would download its own. */
const { HYPERION_RPC_URL: url = "", HYPERION_PRIVATE_KEY: key = "", SOLJSON: path = "" } = process.env;

export default defineConfig({
  plugins: [hardhatEthers],
  solidity: { version: "0.8.37", path, settings: { evmVersion: "cancun", optimizer: { enabled: true } } },
  networks: { hyperion: { type: "http", chainType: "l1", url, accounts: [key] } },
});

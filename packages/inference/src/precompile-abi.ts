import { parseAbi } from "viem";

export const SIGNATURES = [
  "struct Options { uint256 maxTokens; uint256 temperature; uint256 topK; uint256 seed; string[] stops; string schema; }",
  "function generate(bytes32 model, string prompt, uint256 maxTokens) view returns (string text, uint256 tokens)",
  "function quote(bytes32 model, string prompt, uint256 maxTokens) view returns (uint256 gas)",
  "function defaultModel() view returns (bytes32 model)",
  "function complete(bytes32 model, string[] turns, Options options) view returns (string text, uint256 tokens, uint8 finish)",
  "function completeBatch(bytes32 model, string[] prompts, Options options) view returns (string[] texts, uint256[] tokens)",
  "function classify(bytes32 model, string input, string[] labels) view returns (uint256 best, int256[] scores)",
  "function classifyImage(bytes32 model, bytes image) view returns (uint256 best, int256[] scores)",
  "function embed(bytes32 model, string text) view returns (int16[] vector)",
  "error UnknownModel(bytes32 model)",
  "error InvalidCalldata()",
  "error InvalidUtf8()",
  "error EmptyPrompt()",
  "error PromptTooLong(uint256 tokens, uint256 limit)",
  "error TooManyTokens(uint256 requested, uint256 limit)",
  "error WorkTooLarge(uint256 operations, uint256 limit)",
  "error InsufficientGas(uint256 required, uint256 available)",
  "error InvalidTurns(uint256 count)",
  "error InvalidOptions()",
  "error InvalidSchema(uint256 position)",
  "error InvalidLabels(uint256 count)",
  "error InvalidBatch(uint256 count)",
  "error InvalidImage(uint256 length, uint256 expected)",
] as const;

/** contracts/ai/IInference.sol. */
export const PRECOMPILE_ABI: ReturnType<typeof parseAbi<typeof SIGNATURES>> = parseAbi(SIGNATURES);

/** Address of the precompile. */
export const INFERENCE_ADDRESS = "0x0000000000000000000000000000000000000999";

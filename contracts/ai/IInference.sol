// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev Address of the inference precompile on every Hyperion chain.
address constant INFERENCE = 0x0000000000000000000000000000000000000999;

/// @title Language models executed inside the block (docs/spec/inference.md)
/// @notice Calls are pure functions of their arguments and the model: every node computes the same bytes. The gas for the
/// most that a call can generate must be available when it begins; what is not used is given back. Calldata that begins
/// with none of these selectors is taken as a UTF-8 prompt for the default model and answered with plain UTF-8.
interface IInference {
    /// @notice No model with this id is loaded on this chain.
    error UnknownModel(bytes32 model);
    /// @notice The arguments are not the ABI encoding of the called function.
    error InvalidCalldata();
    /// @notice The prompt is not well-formed UTF-8 (RFC 3629).
    error InvalidUtf8();
    error EmptyPrompt();
    /// @notice The prompt, with the model's template around it, takes more positions than the model leaves for it.
    error PromptTooLong(uint256 tokens, uint256 limit);
    error TooManyTokens(uint256 requested, uint256 limit);
    /// @notice More multiply-accumulate operations than one call may take.
    error WorkTooLarge(uint256 operations, uint256 limit);
    /// @notice The gas left after reading the prompt does not cover the generation that was asked for.
    error InsufficientGas(uint256 required, uint256 available);

    /// @notice Continues `prompt` greedily.
    /// @param model Root of the model's blob; zero for the chain's default model.
    /// @param maxTokens Most tokens to generate, at most 64; zero for the most allowed.
    /// @return text Generated text, without the end token.
    /// @return tokens Tokens generated, the end token included: what gas was paid for.
    function generate(bytes32 model, string calldata prompt, uint256 maxTokens)
        external
        view
        returns (string memory text, uint256 tokens);

    /// @notice Gas that `generate` must be given for these arguments: an upper bound of what it will use.
    function quote(bytes32 model, string calldata prompt, uint256 maxTokens) external view returns (uint256 gas);

    /// @notice Id of the chain's default model.
    function defaultModel() external view returns (bytes32 model);
}

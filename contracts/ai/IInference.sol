// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev Address of the inference precompile on every Hyperion chain.
address constant INFERENCE = 0x0000000000000000000000000000000000000999;

/// @title Language models executed inside the block (docs/spec/inference.md)
/// @notice Calls are pure functions of their arguments and the model: every node computes the same bytes. The gas for the
/// most that a call can generate must be available when it begins; what is not used is given back. Calldata that begins
/// with none of these selectors is taken as a UTF-8 prompt for the default model and answered with plain UTF-8.
interface IInference {
    /// @notice Why a completion ended: the model ended it or the schema is complete; `maxTokens`; a stop text; no token of
    /// the model fits the schema.
    enum Finish {
        End,
        Length,
        Stop,
        NoToken
    }

    /// @notice How to continue. All zero and empty: greedily, freely, as long as allowed.
    struct Options {
        /// Most tokens to generate, at most 64; zero for the most allowed.
        uint256 maxTokens;
        /// In thousandths, at most 100,000; zero takes the most likely token.
        uint256 temperature;
        /// Sample among this many most likely tokens, at most 64; zero for all.
        uint256 topK;
        /// Same seed, same answer.
        uint256 seed;
        /// At most 4 texts of 1 to 32 bytes; the answer ends before the first of them.
        string[] stops;
        /// JSON schema that the answer follows, written without white space: type (object with properties, array with
        /// items, string, integer, number, boolean, null), enum, const, anyOf; "x-copy":"prompt" beside the type of a string
        /// takes it from the last user turn. Empty for any text.
        string schema;
    }

    /// @notice Neither the chain's default model nor one that ModelRegistry lets transactions call.
    error UnknownModel(bytes32 model);
    /// @notice The arguments are not the ABI encoding of the called function.
    error InvalidCalldata();
    /// @notice A text is not well-formed UTF-8 (RFC 3629).
    error InvalidUtf8();
    error EmptyPrompt();
    /// @notice The prompt, with the model's template around it, takes more positions than the model leaves for it.
    error PromptTooLong(uint256 tokens, uint256 limit);
    error TooManyTokens(uint256 requested, uint256 limit);
    /// @notice More multiply-accumulate operations than one call may take.
    error WorkTooLarge(uint256 operations, uint256 limit);
    /// @notice The gas left after reading the prompt does not cover the generation that was asked for.
    error InsufficientGas(uint256 required, uint256 available);
    /// @notice Turns are by user and model in turn, the last by the user: an odd number up to 15.
    error InvalidTurns(uint256 count);
    /// @notice A temperature, topK or stop is out of its range.
    error InvalidOptions();
    /// @notice The schema is malformed, too large or outside the subset at this byte.
    error InvalidSchema(uint256 position);
    /// @notice There are no labels, more than 16, or an empty one.
    error InvalidLabels(uint256 count);
    /// @notice The image has not the size that the network takes.
    error InvalidImage(uint256 length, uint256 expected);
    /// @notice There are no prompts or more than 16.
    error InvalidBatch(uint256 count);

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

    /// @notice Answers the last of `turns`, knowing those before it.
    function complete(bytes32 model, string[] calldata turns, Options calldata options)
        external
        view
        returns (string memory text, uint256 tokens, Finish finish);

    /// @notice Answers every prompt by itself: as many calls of `complete`, for the price of one call.
    function completeBatch(bytes32 model, string[] calldata prompts, Options calldata options)
        external
        view
        returns (string[] memory texts, uint256[] memory tokens);

    /// @notice How likely each label is as the answer to `input`.
    /// @return best The most likely label, the first among equals.
    /// @return scores Log-likelihoods in units of 1/65536.
    function classify(bytes32 model, string calldata input, string[] calldata labels)
        external
        view
        returns (uint256 best, int256[] memory scores);

    /// @notice What a network over images sees: `model` must be one of the registry.
    /// @param image Red, green and blue of every pixel, row by row, as many pixels as the network takes.
    /// @return best The class with the largest score, the first among equals.
    /// @return scores Of every class, in units of 1/65536.
    function classifyImage(bytes32 model, bytes calldata image)
        external
        view
        returns (uint256 best, int256[] memory scores);

    /// @notice Direction of `text` in the model's space: the mean of its last layer's states, scaled so that the largest
    /// component takes 15 bits.
    function embed(bytes32 model, string calldata text) external view returns (int16[] memory vector);
}

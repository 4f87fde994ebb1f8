// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInference, INFERENCE} from "./IInference.sol";
import {IntentParser} from "./IntentParser.sol";
import {LendingPool} from "./LendingPool.sol";

/// @title Plain language in, structured call out: the first contract to read
/// @notice `ask` lets the chain's language model turn a sentence into a tool call and stores it. `execute` also acts on
/// "lend" in ether. What the sender allows is the ether sent along: a model's answer never moves more than that.
contract IntentDemo {
    using IntentParser for string;

    error UnsupportedIntent(string tool, string asset);
    error ValueMismatch(uint256 intended, uint256 sent);

    event IntentUnderstood(
        address indexed sender, string prompt, string tool, string asset, string amount, string to, uint256 tokens
    );
    event IntentExecuted(address indexed sender, string tool, uint256 amount);

    uint256 private constant MAX_TOKENS = 48;
    /// @dev keccak256 of the tool and asset that the demo acts on.
    bytes32 private constant LEND = keccak256("lend");
    bytes32 private constant ETHER = keccak256("ETH");

    LendingPool public immutable pool;
    mapping(address sender => IntentParser.Intent) private lastIntents;

    constructor() {
        pool = new LendingPool();
    }

    function lastIntent(address sender) external view returns (IntentParser.Intent memory) {
        return lastIntents[sender];
    }

    /// @notice The model's answer without a transaction: free with eth_call.
    function preview(string calldata prompt) external view returns (string memory answer, uint256 tokens) {
        return IInference(INFERENCE).generate(bytes32(0), prompt, MAX_TOKENS);
    }

    /// @notice Understands the prompt, stores the intent and emits it.
    function ask(string calldata prompt) public returns (IntentParser.Intent memory intent) {
        (string memory answer, uint256 tokens) = IInference(INFERENCE).generate(bytes32(0), prompt, MAX_TOKENS);
        intent = answer.parse();
        lastIntents[msg.sender] = intent;
        emit IntentUnderstood(msg.sender, prompt, intent.tool, intent.asset, intent.amount, intent.to, tokens);
    }

    /// @notice Understands the prompt and acts on it; the ether sent must be the amount in the sentence.
    function execute(string calldata prompt) external payable {
        IntentParser.Intent memory intent = ask(prompt);
        if (keccak256(bytes(intent.tool)) != LEND || keccak256(bytes(intent.asset)) != ETHER) {
            revert UnsupportedIntent(intent.tool, intent.asset);
        }
        uint256 amount = intent.amount.toUnits(18);
        if (amount != msg.value) revert ValueMismatch(amount, msg.value);
        pool.deposit{value: amount}(msg.sender);
        emit IntentExecuted(msg.sender, intent.tool, amount);
    }
}

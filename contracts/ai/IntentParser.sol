// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Reads the tool calls that the default model writes
/// @notice The model answers with one flat JSON object of string fields without escapes, such as
/// {"tool":"lend","asset":"ETH","amount":"5"}. Anything else is refused: a model's answer is input, not truth.
library IntentParser {
    /// @notice The answer is not a flat JSON object of plain string fields.
    error MalformedAnswer(string answer);
    error InvalidAmount(string amount);

    struct Intent {
        string tool;
        string asset;
        string amount;
        string to;
    }

    /// @notice Fields of the answer; those it lacks are empty, those unknown are ignored.
    function parse(string memory answer) internal pure returns (Intent memory intent) {
        bytes memory text = bytes(answer);
        if (text.length < 2 || text[0] != "{" || text[text.length - 1] != "}") revert MalformedAnswer(answer);
        uint256 position = 1;
        while (true) {
            string memory name;
            string memory value;
            (name, position) = quoted(text, position);
            if (position >= text.length || text[position] != ":") revert MalformedAnswer(answer);
            (value, position) = quoted(text, position + 1);
            assign(intent, keccak256(bytes(name)), value);
            if (position == text.length - 1) return intent;
            if (text[position] != ",") revert MalformedAnswer(answer);
            position++;
        }
    }

    /// @notice Decimal text as an integer with `decimals` digits after the point: ("1.5", 18) is 1.5e18.
    function toUnits(string memory amount, uint8 decimals) internal pure returns (uint256 units) {
        bytes memory text = bytes(amount);
        uint256 digits = 0;
        uint256 missing = decimals;
        bool fraction = false;
        for (uint256 i = 0; i < text.length; i++) {
            bytes1 c = text[i];
            if (c == "." && !fraction && digits > 0) {
                fraction = true;
                continue;
            }
            if (c < "0" || c > "9" || (fraction && missing == 0) || digits == 60) revert InvalidAmount(amount);
            units = units * 10 + uint8(c) - 48;
            digits++;
            if (fraction) missing--;
        }
        if (digits == 0 || text[text.length - 1] == ".") revert InvalidAmount(amount);
        return units * 10 ** missing;
    }

    /// @notice The string literal that begins at `position`, and the position after its closing quote.
    function quoted(bytes memory text, uint256 position) private pure returns (string memory, uint256) {
        if (position >= text.length || text[position] != '"') revert MalformedAnswer(string(text));
        uint256 end = position + 1;
        while (end < text.length && text[end] != '"') {
            if (text[end] == "\\") revert MalformedAnswer(string(text));
            end++;
        }
        if (end == text.length) revert MalformedAnswer(string(text));
        bytes memory value = new bytes(end - position - 1);
        for (uint256 i = 0; i < value.length; i++) value[i] = text[position + 1 + i];
        return (string(value), end + 1);
    }

    function assign(Intent memory intent, bytes32 name, string memory value) private pure {
        if (name == keccak256("tool")) intent.tool = value;
        else if (name == keccak256("asset")) intent.asset = value;
        else if (name == keccak256("amount")) intent.amount = value;
        else if (name == keccak256("to")) intent.to = value;
    }
}

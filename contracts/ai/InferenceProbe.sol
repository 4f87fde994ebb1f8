// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IInference, INFERENCE} from "./IInference.sol";
import {Tensor} from "./Tensor.sol";

/// @notice Calls every form of the inference precompile from a contract and reports how it ended.
contract InferenceProbe {
    function complete(bytes32 model, string[] calldata turns, IInference.Options calldata options)
        external
        view
        returns (string memory text, bytes memory reason)
    {
        try IInference(INFERENCE).complete(model, turns, options) returns (
            string memory answer, uint256, IInference.Finish
        ) {
            return (answer, "");
        } catch (bytes memory why) {
            return ("", why);
        }
    }

    function completeBatch(bytes32 model, string[] calldata prompts, IInference.Options calldata options)
        external
        view
        returns (string[] memory texts, bytes memory reason)
    {
        try IInference(INFERENCE).completeBatch(model, prompts, options) returns (
            string[] memory answers, uint256[] memory
        ) {
            return (answers, "");
        } catch (bytes memory why) {
            return (texts, why);
        }
    }

    function classify(bytes32 model, string calldata input, string[] calldata labels)
        external
        view
        returns (string memory label, bytes memory reason)
    {
        try IInference(INFERENCE).classify(model, input, labels) returns (uint256 best, int256[] memory) {
            return (labels[best], "");
        } catch (bytes memory why) {
            return ("", why);
        }
    }

    /// @return dot Dot product of the two directions; their own are in `first` and `second`.
    function compare(string calldata a, string calldata b)
        external
        view
        returns (int256 dot, int256 first, int256 second)
    {
        int16[] memory x = IInference(INFERENCE).embed(bytes32(0), a);
        int16[] memory y = IInference(INFERENCE).embed(bytes32(0), b);
        for (uint256 i = 0; i < x.length; i++) {
            dot += int256(x[i]) * y[i];
            first += int256(x[i]) * x[i];
            second += int256(y[i]) * y[i];
        }
    }

    /// @notice `complete` with no more gas than given.
    function starve(string calldata prompt, uint256 gasGiven) external view returns (bytes memory reason) {
        string[] memory turns = new string[](1);
        turns[0] = prompt;
        IInference.Options memory options;
        try IInference(INFERENCE).complete{gas: gasGiven}(bytes32(0), turns, options) {
            return "";
        } catch (bytes memory why) {
            return why;
        }
    }

    /// @notice The inference precompile on calldata of any kind.
    function raw(bytes calldata data) external view returns (bool ok, bytes memory output) {
        return INFERENCE.staticcall(data);
    }

    /// @notice The tensor precompile on input of any kind, as the library calls it.
    function tensor(bytes calldata input) external view returns (bytes memory output) {
        return Tensor.run(input);
    }
}

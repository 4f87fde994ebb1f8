// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Calls that leave the caller no say in how much gas the callee gets, and the callee none in what comes back
library SafeCall {
    error InsufficientGas();

    /// @dev Cold account access, value transfer and new account of the outer call: what EIP-150 does not count.
    uint256 private constant CALL_OVERHEAD = 40_000;

    /// @dev A call with value passes at most 63/64 of what is left: `minGas` arrives if that much remains after `reserved`.
    /// gas · 63 ≥ minGas · 64 + 63 · (overhead + reserved)
    function hasMinGas(uint256 minGas, uint256 reserved) internal view returns (bool) {
        return gasleft() * 63 >= minGas * 64 + 63 * (CALL_OVERHEAD + reserved);
    }

    /// @notice Calls with at least `minGas`, or reverts. What the target returns is not copied: it cannot make the caller
    /// pay for memory.
    function callWithMinGas(address target, uint256 minGas, uint256 value, bytes memory data)
        internal
        returns (bool success)
    {
        if (!hasMinGas(minGas, 0)) revert InsufficientGas();
        return call(target, gasleft(), value, data);
    }

    function call(address target, uint256 gasLimit, uint256 value, bytes memory data) internal returns (bool success) {
        assembly ("memory-safe") {
            success := call(gasLimit, target, value, add(data, 0x20), mload(data), 0, 0)
        }
    }
}

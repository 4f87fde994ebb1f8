// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeeVault} from "./FeeVault.sol";

/// @title Priority fees
contract SequencerFeeVault is FeeVault {
    /// @notice Name of the recipient before there were other vaults.
    function l1FeeWallet() external view returns (address) {
        return recipient;
    }
}

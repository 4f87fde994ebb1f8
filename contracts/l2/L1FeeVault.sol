// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeeVault} from "./FeeVault.sol";

/// @title Fees for data on L1
contract L1FeeVault is FeeVault {}

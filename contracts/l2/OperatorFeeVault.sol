// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeeVault} from "./FeeVault.sol";

/// @title Operator fees
contract OperatorFeeVault is FeeVault {}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice The market for deposited gas, in L1 blocks.
struct ResourceConfig {
    /// Gas that deposits may buy in one block.
    uint32 maxResourceLimit;
    /// The target is the maximum divided by this.
    uint8 elasticityMultiplier;
    /// The fee moves by at most one part in so many per block.
    uint8 baseFeeMaxChangeDenominator;
    /// Wei per gas.
    uint32 minimumBaseFee;
    /// Gas of the attributes transaction, which nobody buys.
    uint32 systemTxMaxGas;
    uint128 maximumBaseFee;
}

/// @title Sells L2 gas to deposits at an EIP-1559 price, paid in burnt L1 gas
/// @notice L2 must execute every deposit: without a price and a limit one L1 block could stop it.
abstract contract ResourceMetering {
    error OutOfGas();

    struct ResourceParams {
        uint128 prevBaseFee;
        uint64 prevBoughtGas;
        uint64 prevBlockNum;
    }

    /// @dev L1's own fee is assumed to be at least this, or cheap blocks would make deposits dear to estimate.
    uint256 private constant LEAST_L1_BASE_FEE = 1 gwei;
    uint256 private constant WAD = 1e18;
    /// @dev After so many empty blocks the fee is at its minimum for every sane configuration.
    uint256 private constant LONGEST_DECAY = 4096;

    ResourceParams public params;
    uint256[49] private meteringGap;

    function resourceConfig() internal view virtual returns (ResourceConfig memory);

    function initialiseMetering() internal {
        if (params.prevBlockNum == 0) params = ResourceParams(1 gwei, 0, uint64(block.number));
    }

    /// @dev Charges `amount` L2 gas, less the L1 gas that the function itself used.
    modifier metered(uint64 amount) {
        uint256 gasBefore = gasleft();
        _;
        buy(amount, gasBefore);
    }

    function buy(uint64 amount, uint256 gasBefore) private {
        ResourceConfig memory config = resourceConfig();
        uint256 passed = block.number - params.prevBlockNum;
        if (passed > 0) {
            params = ResourceParams(uint128(nextBaseFee(config, passed)), 0, uint64(block.number));
        }
        params.prevBoughtGas += amount;
        if (params.prevBoughtGas > config.maxResourceLimit) revert OutOfGas();

        uint256 price = uint256(amount) * params.prevBaseFee / Math.max(block.basefee, LEAST_L1_BASE_FEE);
        uint256 used = gasBefore - gasleft();
        if (price > used) burn(price - used);
    }

    function nextBaseFee(ResourceConfig memory config, uint256 passed) private view returns (uint256 fee) {
        uint256 target = config.maxResourceLimit / config.elasticityMultiplier;
        uint256 last = params.prevBaseFee;
        uint256 step = last * distance(params.prevBoughtGas, target) / (target * config.baseFeeMaxChangeDenominator);
        fee = bounded(config, params.prevBoughtGas > target ? last + step : last - Math.min(step, last));
        if (passed > 1) fee = bounded(config, decayed(fee, config.baseFeeMaxChangeDenominator, passed - 1));
    }

    /// @return fee · (1 − 1/denominator)^blocks
    function decayed(uint256 fee, uint256 denominator, uint256 blocks) private pure returns (uint256) {
        uint256 base = WAD - WAD / denominator;
        uint256 power = WAD;
        for (uint256 rest = Math.min(blocks, LONGEST_DECAY); rest > 0; rest >>= 1) {
            if (rest & 1 == 1) power = power * base / WAD;
            base = base * base / WAD;
        }
        return Math.mulDiv(fee, power, WAD);
    }

    function bounded(ResourceConfig memory config, uint256 fee) private pure returns (uint256) {
        return Math.min(Math.max(fee, config.minimumBaseFee), config.maximumBaseFee);
    }

    function distance(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : b - a;
    }

    function burn(uint256 amount) private view {
        uint256 end = gasleft() > amount ? gasleft() - amount : 0;
        // Runs out of gas by itself when the sender cannot pay.
        for (uint256 i = 0; gasleft() > end; ++i) {}
    }
}

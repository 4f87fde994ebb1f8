// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Factory} from "./Factory.sol";
import {Pair} from "./Pair.sol";

/// @title Adds and removes liquidity and swaps along a path of pairs, with limits and a deadline
contract Router {
    using SafeERC20 for IERC20;

    error Expired();
    error InvalidPath();
    error NoPair(address tokenA, address tokenB);
    error InsufficientAmount();
    error InsufficientOutput(uint256 amount, uint256 minimum);

    Factory public immutable factory;

    constructor(Factory factory_) {
        factory = factory_;
    }

    modifier before(uint256 deadline) {
        if (block.timestamp > deadline) revert Expired();
        _;
    }

    function addLiquidity(
        address tokenA,
        address tokenB,
        uint256 wantedA,
        uint256 wantedB,
        uint256 minimumA,
        uint256 minimumB,
        address to,
        uint256 deadline
    ) external before(deadline) returns (uint256 amountA, uint256 amountB, uint256 shares) {
        if (factory.getPair(tokenA, tokenB) == address(0)) factory.createPair(tokenA, tokenB);
        (amountA, amountB) = proportionate(tokenA, tokenB, wantedA, wantedB);
        if (amountA < minimumA || amountB < minimumB) revert InsufficientAmount();
        shares = supply(tokenA, tokenB, amountA, amountB, to);
    }

    function removeLiquidity(
        address tokenA,
        address tokenB,
        uint256 shares,
        uint256 minimumA,
        uint256 minimumB,
        address to,
        uint256 deadline
    ) external before(deadline) returns (uint256 amountA, uint256 amountB) {
        address pair = pairOf(tokenA, tokenB);
        IERC20(pair).safeTransferFrom(msg.sender, pair, shares);
        (uint256 amount0, uint256 amount1) = Pair(pair).burn(to);
        (amountA, amountB) = tokenA < tokenB ? (amount0, amount1) : (amount1, amount0);
        if (amountA < minimumA || amountB < minimumB) revert InsufficientAmount();
    }

    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 minimumOut,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external before(deadline) returns (uint256[] memory amounts) {
        amounts = getAmountsOut(amountIn, path);
        uint256 last = amounts[amounts.length - 1];
        if (last < minimumOut) revert InsufficientOutput(last, minimumOut);
        IERC20(path[0]).safeTransferFrom(msg.sender, pairOf(path[0], path[1]), amountIn);
        for (uint256 i = 0; i + 1 < path.length; i++) {
            address recipient = i + 2 < path.length ? pairOf(path[i + 1], path[i + 2]) : to;
            (uint256 out0, uint256 out1) =
                path[i] < path[i + 1] ? (uint256(0), amounts[i + 1]) : (amounts[i + 1], uint256(0));
            Pair(pairOf(path[i], path[i + 1])).swap(out0, out1, recipient);
        }
    }

    /// @notice Amounts at every step of `path` for `amountIn` of its first token, fees included.
    function getAmountsOut(uint256 amountIn, address[] calldata path) public view returns (uint256[] memory amounts) {
        if (path.length < 2) revert InvalidPath();
        amounts = new uint256[](path.length);
        amounts[0] = amountIn;
        for (uint256 i = 0; i + 1 < path.length; i++) {
            (uint256 reserveIn, uint256 reserveOut) = reserves(pairOf(path[i], path[i + 1]), path[i], path[i + 1]);
            amounts[i + 1] = getAmountOut(amounts[i], reserveIn, reserveOut);
        }
    }

    function getAmountOut(uint256 amountIn, uint256 reserveIn, uint256 reserveOut) public pure returns (uint256) {
        if (amountIn == 0 || reserveIn == 0 || reserveOut == 0) revert InsufficientAmount();
        uint256 afterFee = amountIn * 997;
        return afterFee * reserveOut / (reserveIn * 1000 + afterFee);
    }

    function supply(address tokenA, address tokenB, uint256 amountA, uint256 amountB, address to)
        private
        returns (uint256)
    {
        address pair = pairOf(tokenA, tokenB);
        IERC20(tokenA).safeTransferFrom(msg.sender, pair, amountA);
        IERC20(tokenB).safeTransferFrom(msg.sender, pair, amountB);
        return Pair(pair).mint(to);
    }

    function proportionate(address tokenA, address tokenB, uint256 wantedA, uint256 wantedB)
        private
        view
        returns (uint256, uint256)
    {
        (uint256 reserveA, uint256 reserveB) = reserves(pairOf(tokenA, tokenB), tokenA, tokenB);
        if (reserveA == 0 && reserveB == 0) return (wantedA, wantedB);
        uint256 matchingB = wantedA * reserveB / reserveA;
        if (matchingB <= wantedB) return (wantedA, matchingB);
        return (wantedB * reserveA / reserveB, wantedB);
    }

    function reserves(address pair, address tokenA, address tokenB) private view returns (uint256, uint256) {
        (uint112 reserve0, uint112 reserve1,) = Pair(pair).getReserves();
        return tokenA < tokenB ? (reserve0, reserve1) : (reserve1, reserve0);
    }

    function pairOf(address tokenA, address tokenB) private view returns (address pair) {
        pair = factory.getPair(tokenA, tokenB);
        if (pair == address(0)) revert NoPair(tokenA, tokenB);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Factory} from "market/Factory.sol";
import {Router} from "market/Router.sol";
import {Token} from "market/Token.sol";

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// Deploys two tokens and a market, provides liquidity and swaps once, as one broadcast.
contract Trade {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    // forge asks a script for this marker.
    bool public constant IS_SCRIPT = true;

    uint256 private constant SUPPLY = 1_000_000 ether;
    uint256 private constant LIQUIDITY = 10_000 ether;
    uint256 private constant SOLD = 100 ether;

    function run() external returns (address silver, uint256 bought) {
        vm.startBroadcast();
        Token gold = new Token("Gold", "GLD", SUPPLY);
        Token other = new Token("Silver", "SLV", SUPPLY);
        Router router = new Router(new Factory());
        gold.approve(address(router), SUPPLY);
        other.approve(address(router), SUPPLY);
        router.addLiquidity(address(gold), address(other), LIQUIDITY, LIQUIDITY, 0, 0, msg.sender, type(uint256).max);
        address[] memory path = new address[](2);
        (path[0], path[1]) = (address(gold), address(other));
        uint256[] memory amounts = router.swapExactTokensForTokens(SOLD, 0, path, msg.sender, type(uint256).max);
        vm.stopBroadcast();
        return (address(other), amounts[1]);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Test} from "../testing/Test.sol";
import {WETH9} from "./WETH9.sol";

contract WETH9Test is Test {
    WETH9 internal weth;
    address internal constant ALICE = address(0xa11ce);
    address internal constant BOB = address(0xb0b);

    function setUp() public {
        weth = new WETH9();
        vm.deal(ALICE, type(uint128).max);
    }

    function testFuzz_wrapsMovesAndUnwraps(uint128 amount, uint128 moved) public {
        moved = uint128(bound(moved, 0, amount));
        vm.startPrank(ALICE);
        weth.deposit{value: amount}();
        equal(weth.totalSupply(), amount);
        isTrue(weth.transfer(BOB, moved), "transfer");
        weth.withdraw(amount - moved);
        vm.stopPrank();
        equal(weth.balanceOf(ALICE), 0);
        equal(weth.balanceOf(BOB), moved);
        equal(weth.totalSupply(), moved);
        equal(ALICE.balance, type(uint128).max - moved);
    }

    function testFuzz_spendsAllowances(uint128 amount, uint128 allowed) public {
        vm.prank(ALICE);
        weth.deposit{value: amount}();
        vm.prank(ALICE);
        weth.approve(BOB, allowed);
        vm.startPrank(BOB);
        if (allowed < amount) {
            vm.expectRevert(abi.encodeWithSelector(WETH9.InsufficientAllowance.selector, amount, allowed));
            weth.transferFrom(ALICE, BOB, amount);
            return;
        }
        weth.transferFrom(ALICE, BOB, amount);
        equal(weth.allowance(ALICE, BOB), allowed - amount);
        vm.stopPrank();
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(WETH9.InsufficientBalance.selector, 1, 0));
        weth.transfer(BOB, 1);
    }

    function test_anEndlessAllowanceStaysEndless() public {
        vm.startPrank(ALICE);
        weth.deposit{value: 5}();
        weth.approve(BOB, type(uint256).max);
        vm.stopPrank();
        vm.prank(BOB);
        weth.transferFrom(ALICE, BOB, 5);
        equal(weth.allowance(ALICE, BOB), type(uint256).max);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OptimismMintableERC20} from "../bridge/OptimismMintableERC20.sol";
import {IDisputeGame} from "../l1/dispute/IDisputeGame.sol";
import {OutputRootProof} from "../messaging/OutputRoot.sol";
import {WithdrawalTransaction} from "../messaging/Withdrawal.sol";
import {Token} from "../test/Token.sol";
import {BothLayers} from "./BothLayers.sol";

/// @title What users and operators pay, compared with gas.json by the test that runs forge
contract GasTest is BothLayers {
    string private constant GROUP = "rollup";

    function test_gas() public {
        vm.startPrank(ALICE, ALICE);
        portal.depositTransaction{value: 1 ether}(BOB, 1 ether, 100_000, false, "");
        vm.snapshotGasLastCall(GROUP, "deposit of ether, of which 100000 for L2");
        l1Bridge.bridgeETHTo{value: 1 ether}(BOB, 200_000, "");
        vm.snapshotGasLastCall(GROUP, "bridge ether");
        Token token = new Token("Gold", "GLD", 1 ether);
        address twin = l2TokenFactory.createOptimismMintableERC20(address(token), "Gold", "GLD");
        vm.snapshotGasLastCall(GROUP, "create a bridged token");
        token.approve(address(l1Bridge), 1 ether);
        l1Bridge.bridgeERC20To(address(token), twin, ALICE, 1 ether, 200_000, "");
        vm.snapshotGasLastCall(GROUP, "bridge a token");
        vm.stopPrank();
        carryOver();
        vm.prank(ALICE, ALICE);
        l2Bridge.withdraw(twin, 1 ether, 200_000, "");
        vm.snapshotGasLastCall(GROUP, "withdraw a token");
        withdrawEther();
    }

    function withdrawEther() private {
        vm.deal(address(portal), 1 ether);
        WithdrawalTransaction memory withdrawal = WithdrawalTransaction(1 << 240, ALICE, BOB, 1 ether, 100_000, "");
        (OutputRootProof memory output, bytes[] memory proof) = stateOf(withdrawal);
        (IDisputeGame game, uint256 index) = propose(output.outputRoot(), 1);
        vm.snapshotGasLastCall(GROUP, "propose an output root");
        pass(12);
        vm.prank(ALICE);
        portal.proveWithdrawalTransaction(withdrawal, index, output, proof);
        vm.snapshotGasLastCall(GROUP, "prove a withdrawal");
        pass(MAX_CLOCK);
        game.resolve();
        vm.snapshotGasLastCall(GROUP, "resolve a game");
        pass(PROOF_MATURITY + 1);
        vm.prank(ALICE);
        portal.finalizeWithdrawalTransaction(withdrawal);
        vm.snapshotGasLastCall(GROUP, "finalise a withdrawal");
    }
}

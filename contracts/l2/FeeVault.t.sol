// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {BothLayers} from "../testing/BothLayers.sol";
import {Predeploys} from "../messaging/Predeploys.sol";
import {ProxyAdmin} from "../proxy/ProxyAdmin.sol";
import {Vm} from "../testing/Test.sol";
import {BaseFeeVault} from "./BaseFeeVault.sol";
import {FeeVault} from "./FeeVault.sol";
import {L2ToL1MessagePasser} from "./L2ToL1MessagePasser.sol";

contract FeeVaultTest is BothLayers {
    BaseFeeVault internal vault;

    function setUp() public override {
        super.setUp();
        place(Predeploys.BASE_FEE_VAULT, address(new BaseFeeVault()));
        vm.etch(Predeploys.PROXY_ADMIN, address(admin).code);
        vm.store(Predeploys.PROXY_ADMIN, 0, bytes32(uint256(uint160(OWNER))));
        vault = BaseFeeVault(payable(Predeploys.BASE_FEE_VAULT));
        vm.startPrank(OWNER);
        vault.setRecipient(BOB);
        vault.setMinWithdrawalAmount(1 ether);
        vault.setWithdrawalNetwork(FeeVault.WithdrawalNetwork.L2);
        vm.stopPrank();
    }

    function testFuzz_paysItsRecipientOnL2(uint96 fees) public {
        vm.deal(address(vault), fees);
        if (fees < 1 ether) {
            vm.expectRevert(abi.encodeWithSelector(FeeVault.BelowMinimum.selector, fees, 1 ether));
            vault.withdraw();
            return;
        }
        equal(vault.withdraw(), fees);
        equal(BOB.balance, fees);
        equal(vault.totalProcessed(), fees);
    }

    function test_paysItsRecipientOnL1() public {
        vm.prank(OWNER);
        vault.setWithdrawalNetwork(FeeVault.WithdrawalNetwork.L1);
        vm.deal(address(vault), 2 ether);
        vm.deal(address(portal), 2 ether);
        vm.getRecordedLogs();
        vault.withdraw();
        equal(carryOver(), 1);
        equal(BOB.balance, 2 ether);
    }

    function testFuzz_onlyTheOwnerConfiguresIt(address stranger) public {
        vm.assume(stranger != OWNER && stranger != address(admin) && stranger != address(0));
        vm.startPrank(stranger);
        vm.expectRevert(FeeVault.NotOwner.selector);
        vault.setRecipient(stranger);
        vm.expectRevert(FeeVault.NotOwner.selector);
        vault.setMinWithdrawalAmount(0);
        vm.expectRevert(FeeVault.NotOwner.selector);
        vault.setWithdrawalNetwork(FeeVault.WithdrawalNetwork.L1);
        vm.stopPrank();
    }

    function testFuzz_thePasserRecordsAndBurns(address target, uint96 value, uint256 gasLimit, bytes calldata data)
        public
    {
        vm.deal(ALICE, value);
        vm.getRecordedLogs();
        uint256 nonce = passer.messageNonce();
        vm.prank(ALICE);
        passer.initiateWithdrawal{value: value}(target, gasLimit, data);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bytes32 withdrawalHash = withdrawalOf(logs[0]).hash();
        isTrue(passer.sentMessages(withdrawalHash), "recorded");
        equal(vm.load(address(passer), keccak256(abi.encode(withdrawalHash, uint256(0)))), bytes32(uint256(1)));
        equal(passer.messageNonce(), nonce + 1);
        equal(address(passer).balance, value);
        passer.burn();
        equal(address(passer).balance, 0);
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {AddressAlias} from "../messaging/AddressAlias.sol";
import {OutputRootProof} from "../messaging/OutputRoot.sol";
import {SafeCall} from "../messaging/SafeCall.sol";
import {WithdrawalTransaction} from "../messaging/Withdrawal.sol";
import {L1System} from "../testing/L1System.sol";
import {Vm} from "../testing/Test.sol";
import {IDisputeGame} from "./dispute/IDisputeGame.sol";
import {PermissionedProposalGame} from "./dispute/PermissionedProposalGame.sol";
import {OptimismPortal} from "./OptimismPortal.sol";
import {ResourceMetering} from "./ResourceMetering.sol";

/// @dev Tries to finalise another withdrawal while its own is being carried out.
contract Reentrant {
    OptimismPortal private immutable portal;
    WithdrawalTransaction private inner;
    bytes4 public refusal;

    constructor(OptimismPortal portal_) {
        portal = portal_;
    }

    function plan(WithdrawalTransaction calldata inner_) external {
        inner = inner_;
    }

    receive() external payable {
        try portal.finalizeWithdrawalTransactionExternalProof(inner, address(this)) {}
        catch (bytes memory reason) {
            refusal = bytes4(reason);
        }
    }
}

contract Rejecting {
    error Never();

    receive() external payable {
        revert Never();
    }
}

contract OptimismPortalTest is L1System {
    event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);

    function withdrawalTo(address target, uint256 value) internal pure returns (WithdrawalTransaction memory) {
        return WithdrawalTransaction(uint256(1) << 240, ALICE, target, value, 100_000, "");
    }

    // Deposits

    function test_initialisesOnce() public {
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        portal.initialize(config, registry);
        OptimismPortal implementation = new OptimismPortal(1);
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        implementation.initialize(config, registry);
    }

    function testFuzz_depositEmitsOpaqueData(
        address to,
        uint64 mint,
        uint256 value,
        uint64 extraGas,
        bytes calldata data
    ) public {
        uint64 gas = portal.minimumGasLimit(uint64(data.length)) + extraGas % 1_000_000;
        vm.deal(ALICE, mint);
        vm.expectEmit(true, true, true, true, address(portal));
        emit TransactionDeposited(ALICE, to, 0, abi.encodePacked(uint256(mint), value, gas, false, data));
        vm.prank(ALICE, ALICE);
        portal.depositTransaction{value: mint}(to, value, gas, false, data);
        equal(address(portal).balance, mint);
    }

    function test_contractsDepositAsTheirAlias() public {
        vm.expectEmit(true, true, true, true, address(portal));
        emit TransactionDeposited(
            AddressAlias.applied(address(this)), BOB, 0, abi.encodePacked(uint256(0), uint256(0), uint64(21_000), false)
        );
        portal.depositTransaction(BOB, 0, 21_000, false, "");
        equal(AddressAlias.undone(AddressAlias.applied(address(this))), address(this));
    }

    function test_delegatedAccountsDepositAsThemselves() public {
        vm.etch(ALICE, abi.encodePacked(hex"ef0100", address(this)));
        vm.expectEmit(true, true, true, true, address(portal));
        emit TransactionDeposited(ALICE, BOB, 0, abi.encodePacked(uint256(0), uint256(0), uint64(21_000), false));
        vm.prank(ALICE);
        portal.depositTransaction(BOB, 0, 21_000, false, "");
    }

    function test_plainEtherIsADeposit() public {
        vm.expectEmit(true, true, true, true, address(portal));
        emit TransactionDeposited(
            ALICE, ALICE, 0, abi.encodePacked(uint256(3 ether), uint256(3 ether), uint64(100_000), false)
        );
        vm.prank(ALICE, ALICE);
        (bool sent,) = address(portal).call{value: 3 ether}("");
        isTrue(sent, "ether refused");
    }

    function test_refusesDepositsThatL2CouldNotExecute() public {
        vm.expectRevert(OptimismPortal.OptimismPortal_BadTarget.selector);
        portal.depositTransaction(BOB, 0, 100_000, true, "");
        vm.expectRevert(OptimismPortal.OptimismPortal_GasLimitTooLow.selector);
        portal.depositTransaction(BOB, 0, 20_999, false, "");
        vm.expectRevert(OptimismPortal.OptimismPortal_GasLimitTooLow.selector);
        portal.depositTransaction(BOB, 0, 21_039, false, hex"00");
        vm.expectRevert(OptimismPortal.OptimismPortal_CalldataTooLarge.selector);
        portal.depositTransaction(BOB, 0, 10_000_000, false, new bytes(120_001));
    }

    function test_depositsStayOpenWhilePaused() public {
        vm.prank(GUARDIAN);
        config.pause();
        portal.depositTransaction(BOB, 0, 21_000, false, "");
    }

    // The market for deposited gas

    function test_sellsNoMoreThanTheLimitPerBlock() public {
        portal.depositTransaction(BOB, 0, 20_000_000, false, "");
        vm.expectRevert(ResourceMetering.OutOfGas.selector);
        portal.depositTransaction(BOB, 0, 21_000, false, "");
        vm.roll(block.number + 1);
        portal.depositTransaction(BOB, 0, 21_000, false, "");
    }

    function test_fullBlocksRaiseThePriceAndEmptyOnesLowerIt() public {
        portal.depositTransaction(BOB, 0, 20_000_000, false, "");
        vm.roll(block.number + 1);
        portal.depositTransaction(BOB, 0, 21_000, false, "");
        (uint128 raised, uint64 bought,) = portal.params();
        // Ten times the target, with a change of an eighth per target: 1 + 9/8.
        equal(raised, 2.125 gwei);
        equal(bought, 21_000);
        vm.roll(block.number + 2);
        portal.depositTransaction(BOB, 0, 21_000, false, "");
        (uint128 lowered,,) = portal.params();
        uint256 once = uint256(2.125 gwei) - uint256(2.125 gwei) * (2_000_000 - 21_000) / 16_000_000;
        equal(lowered, once * 7 / 8);
        vm.roll(block.number + 1_000_000);
        portal.depositTransaction(BOB, 0, 21_000, false, "");
        (uint128 least,,) = portal.params();
        equal(least, 1 gwei);
    }

    function test_burnsGasInProportionToThePrice() public {
        uint256 before = gasleft();
        portal.depositTransaction(BOB, 0, 2_000_000, false, "");
        uint256 used = before - gasleft();
        // One gwei per gas on both layers: one for one.
        isTrue(used >= 2_000_000 && used < 2_040_000, "burnt gas");
    }

    // Withdrawals

    function testFuzz_provesAndFinalises(uint256 nonce, address sender, uint96 value, bytes calldata data) public {
        vm.deal(address(portal), uint256(value));
        WithdrawalTransaction memory withdrawal = WithdrawalTransaction(nonce, sender, BOB, value, 100_000, data);
        proveUntilFinal(withdrawal, 7, ALICE);
        equal(portal.numProofSubmitters(withdrawal.hash()), 1);
        equal(portal.proofSubmitters(withdrawal.hash(), 0), ALICE);
        portal.checkWithdrawal(withdrawal.hash(), ALICE);
        vm.prank(ALICE);
        portal.finalizeWithdrawalTransaction(withdrawal);
        equal(BOB.balance, value);
        isTrue(portal.finalizedWithdrawals(withdrawal.hash()), "finalised");
        equal(portal.l2Sender(), address(0xdEaD));
        vm.expectRevert(OptimismPortal.OptimismPortal_AlreadyFinalized.selector);
        portal.finalizeWithdrawalTransactionExternalProof(withdrawal, ALICE);
    }

    function testFuzz_refusesAnythingButTheWithdrawalProven(uint8 field, uint256 change) public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(BOB, 1 ether);
        (OutputRootProof memory output, bytes[] memory proof) = stateOf(withdrawal);
        (, uint256 index) = propose(output.outputRoot(), 1);
        pass(12);
        change = bound(change, 1, type(uint64).max);
        unchecked {
            if (field % 6 == 0) withdrawal.nonce += change;
            if (field % 6 == 1) withdrawal.sender = address(uint160(withdrawal.sender) + uint160(change));
            if (field % 6 == 2) withdrawal.target = address(uint160(withdrawal.target) + uint160(change));
            if (field % 6 == 3) withdrawal.value += change;
            if (field % 6 == 4) withdrawal.gasLimit += change;
            if (field % 6 == 5) withdrawal.data = abi.encode(change);
        }
        vm.expectRevert(OptimismPortal.OptimismPortal_InvalidMerkleProof.selector);
        portal.proveWithdrawalTransaction(withdrawal, index, output, proof);
    }

    function testFuzz_refusesChangedProofs(uint256 position, uint8 change) public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(BOB, 1 ether);
        (OutputRootProof memory output, bytes[] memory proof) = stateOf(withdrawal);
        (, uint256 index) = propose(output.outputRoot(), 1);
        pass(12);
        bytes memory node = proof[0];
        node[position % node.length] ^= bytes1(change == 0 ? 1 : change);
        vm.expectRevert();
        portal.proveWithdrawalTransaction(withdrawal, index, output, proof);
        vm.expectRevert();
        portal.proveWithdrawalTransaction(withdrawal, index, output, new bytes[](0));
    }

    function testFuzz_refusesOutputsOtherThanTheClaim(uint8 field, bytes32 other) public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(BOB, 0);
        (OutputRootProof memory output, bytes[] memory proof) = stateOf(withdrawal);
        (, uint256 index) = propose(output.outputRoot(), 1);
        pass(12);
        bytes32 claimed = output.outputRoot();
        if (field % 4 == 0) output.version = other;
        if (field % 4 == 1) output.stateRoot = other;
        if (field % 4 == 2) output.messagePasserStorageRoot = other;
        if (field % 4 == 3) output.latestBlockhash = other;
        vm.assume(output.outputRoot() != claimed);
        vm.expectRevert(OptimismPortal.OptimismPortal_InvalidOutputRootProof.selector);
        portal.proveWithdrawalTransaction(withdrawal, index, output, proof);
    }

    function test_waitsForProofAndGame() public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(BOB, 0);
        bytes32 withdrawalHash = withdrawal.hash();
        vm.expectRevert(OptimismPortal.OptimismPortal_Unproven.selector);
        portal.checkWithdrawal(withdrawalHash, ALICE);

        (OutputRootProof memory output, bytes[] memory proof) = stateOf(withdrawal);
        (IDisputeGame game, uint256 index) = propose(output.outputRoot(), 1);
        vm.expectRevert(OptimismPortal.OptimismPortal_InvalidProofTimestamp.selector);
        portal.proveWithdrawalTransaction(withdrawal, index, output, proof);
        pass(12);
        vm.prank(ALICE);
        portal.proveWithdrawalTransaction(withdrawal, index, output, proof);
        vm.expectRevert(OptimismPortal.OptimismPortal_ProofNotOldEnough.selector);
        portal.checkWithdrawal(withdrawalHash, ALICE);
        pass(PROOF_MATURITY + 1);
        vm.expectRevert(OptimismPortal.OptimismPortal_InvalidRootClaim.selector);
        portal.checkWithdrawal(withdrawalHash, ALICE);
        game.resolve();
        pass(GAME_FINALITY);
        vm.expectRevert(OptimismPortal.OptimismPortal_InvalidRootClaim.selector);
        portal.checkWithdrawal(withdrawalHash, ALICE);
        pass(1);
        portal.checkWithdrawal(withdrawalHash, ALICE);
        vm.expectRevert(OptimismPortal.OptimismPortal_Unproven.selector);
        portal.checkWithdrawal(withdrawalHash, BOB);
    }

    function test_takesNoGameThatTheGuardianDisregards() public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(BOB, 0);
        IDisputeGame game = proveUntilFinal(withdrawal, 1, ALICE);
        (OutputRootProof memory output, bytes[] memory proof) = stateOf(withdrawal);
        vm.prank(GUARDIAN);
        registry.blacklistDisputeGame(game);
        vm.expectRevert(OptimismPortal.OptimismPortal_InvalidRootClaim.selector);
        portal.checkWithdrawal(withdrawal.hash(), ALICE);
        vm.expectRevert(OptimismPortal.OptimismPortal_ImproperDisputeGame.selector);
        portal.proveWithdrawalTransaction(withdrawal, 0, output, proof);
    }

    function test_takesNoRetiredGame() public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(BOB, 0);
        proveUntilFinal(withdrawal, 1, ALICE);
        vm.prank(GUARDIAN);
        registry.updateRetirementTimestamp();
        vm.expectRevert(OptimismPortal.OptimismPortal_InvalidRootClaim.selector);
        portal.checkWithdrawal(withdrawal.hash(), ALICE);
    }

    function test_takesNoChallengedGameAndAllowsAnotherProof() public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(BOB, 0);
        (OutputRootProof memory output, bytes[] memory proof) = stateOf(withdrawal);
        (IDisputeGame game, uint256 index) = propose(output.outputRoot(), 1);
        pass(12);
        vm.prank(ALICE);
        portal.proveWithdrawalTransaction(withdrawal, index, output, proof);
        vm.prank(CHALLENGER);
        PermissionedProposalGame(address(game)).challenge();
        game.resolve();
        vm.expectRevert(OptimismPortal.OptimismPortal_InvalidDisputeGame.selector);
        portal.proveWithdrawalTransaction(withdrawal, index, output, proof);
        pass(PROOF_MATURITY + 1);
        vm.expectRevert(OptimismPortal.OptimismPortal_InvalidRootClaim.selector);
        portal.checkWithdrawal(withdrawal.hash(), ALICE);
        proveUntilFinal(withdrawal, 2, ALICE);
        portal.checkWithdrawal(withdrawal.hash(), ALICE);
        equal(portal.numProofSubmitters(withdrawal.hash()), 2);
    }

    function test_anotherSubmittersProofChangesNothing() public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(BOB, 0);
        proveUntilFinal(withdrawal, 1, ALICE);
        (OutputRootProof memory output, bytes[] memory proof) = stateOf(withdrawal);
        vm.prank(BOB);
        portal.proveWithdrawalTransaction(withdrawal, 0, output, proof);
        vm.expectRevert(OptimismPortal.OptimismPortal_ProofNotOldEnough.selector);
        portal.checkWithdrawal(withdrawal.hash(), BOB);
        portal.finalizeWithdrawalTransactionExternalProof(withdrawal, ALICE);
    }

    function test_pauseStopsProofsAndFinalisation() public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(BOB, 0);
        proveUntilFinal(withdrawal, 1, ALICE);
        (OutputRootProof memory output, bytes[] memory proof) = stateOf(withdrawal);
        vm.prank(GUARDIAN);
        config.pause();
        isTrue(portal.paused(), "paused");
        vm.expectRevert(OptimismPortal.OptimismPortal_CallPaused.selector);
        portal.proveWithdrawalTransaction(withdrawal, 0, output, proof);
        vm.expectRevert(OptimismPortal.OptimismPortal_CallPaused.selector);
        portal.finalizeWithdrawalTransactionExternalProof(withdrawal, ALICE);
        vm.prank(GUARDIAN);
        config.unpause();
        portal.finalizeWithdrawalTransactionExternalProof(withdrawal, ALICE);
    }

    function test_neverCallsItself() public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(address(portal), 0);
        (OutputRootProof memory output, bytes[] memory proof) = stateOf(withdrawal);
        (, uint256 index) = propose(output.outputRoot(), 1);
        pass(12);
        vm.expectRevert(OptimismPortal.OptimismPortal_BadTarget.selector);
        portal.proveWithdrawalTransaction(withdrawal, index, output, proof);
        vm.expectRevert(OptimismPortal.OptimismPortal_BadTarget.selector);
        portal.finalizeWithdrawalTransactionExternalProof(withdrawal, ALICE);
    }

    function test_finalisesOneWithdrawalAtATime() public {
        Reentrant target = new Reentrant(portal);
        WithdrawalTransaction memory inner = withdrawalTo(BOB, 1);
        target.plan(inner);
        WithdrawalTransaction memory outer = withdrawalTo(address(target), 1);
        outer.gasLimit = 500_000;
        vm.deal(address(portal), 2);
        proveUntilFinal(outer, 1, ALICE);
        portal.finalizeWithdrawalTransactionExternalProof(outer, ALICE);
        equal(bytes32(target.refusal()), bytes32(OptimismPortal.OptimismPortal_NoReentrancy.selector));
    }

    function test_aFailingCallIsFinalAndKeepsTheEther() public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(address(new Rejecting()), 1 ether);
        vm.deal(address(portal), 1 ether);
        proveUntilFinal(withdrawal, 1, ALICE);
        portal.finalizeWithdrawalTransactionExternalProof(withdrawal, ALICE);
        isTrue(portal.finalizedWithdrawals(withdrawal.hash()), "finalised");
        equal(address(portal).balance, 1 ether);
    }

    function test_showsAFailingCallToGasEstimation() public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(address(new Rejecting()), 1 ether);
        vm.deal(address(portal), 1 ether);
        proveUntilFinal(withdrawal, 1, ALICE);
        vm.prank(ALICE, address(1));
        vm.expectRevert(OptimismPortal.OptimismPortal_GasEstimation.selector);
        portal.finalizeWithdrawalTransaction(withdrawal);
    }

    function test_refusesToStarveTheTarget() public {
        WithdrawalTransaction memory withdrawal = withdrawalTo(BOB, 0);
        withdrawal.gasLimit = 2_000_000;
        proveUntilFinal(withdrawal, 1, ALICE);
        vm.expectRevert(SafeCall.InsufficientGas.selector);
        portal.finalizeWithdrawalTransactionExternalProof{gas: 1_900_000}(withdrawal, ALICE);
        isTrue(!portal.finalizedWithdrawals(withdrawal.hash()), "not finalised");
    }
}

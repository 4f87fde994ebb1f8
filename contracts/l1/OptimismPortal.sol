// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";
import {AddressAlias} from "../messaging/AddressAlias.sol";
import {ExternalAccount} from "../messaging/ExternalAccount.sol";
import {OutputRootProof} from "../messaging/OutputRoot.sol";
import {SafeCall} from "../messaging/SafeCall.sol";
import {WithdrawalTransaction} from "../messaging/Withdrawal.sol";
import {AnchorStateRegistry} from "./dispute/AnchorStateRegistry.sol";
import {DisputeGameFactory} from "./dispute/DisputeGameFactory.sol";
import {GameStatus, IDisputeGame} from "./dispute/IDisputeGame.sol";
import {ResourceConfig, ResourceMetering} from "./ResourceMetering.sol";
import {SystemConfig} from "./SystemConfig.sol";

/// @title The way in and out of L2, and the safe for its ether
/// @notice Deposits become L2 transactions that the sequencer cannot leave out. A withdrawal is proven against the output
/// root of a game, waits, and is carried out once the game is final and its claim has stood.
contract OptimismPortal is Initializable, ResourceMetering {
    error OptimismPortal_AlreadyFinalized();
    error OptimismPortal_BadTarget();
    error OptimismPortal_CallPaused();
    error OptimismPortal_CalldataTooLarge();
    error OptimismPortal_GasEstimation();
    error OptimismPortal_GasLimitTooLow();
    error OptimismPortal_ImproperDisputeGame();
    error OptimismPortal_InvalidDisputeGame();
    error OptimismPortal_InvalidMerkleProof();
    error OptimismPortal_InvalidOutputRootProof();
    error OptimismPortal_InvalidProofTimestamp();
    error OptimismPortal_InvalidRootClaim();
    error OptimismPortal_NoReentrancy();
    error OptimismPortal_ProofNotOldEnough();
    error OptimismPortal_Unproven();

    struct ProvenWithdrawal {
        IDisputeGame disputeGameProxy;
        uint64 timestamp;
    }

    event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);
    event WithdrawalProven(bytes32 indexed withdrawalHash, address indexed from, address indexed to);
    event WithdrawalProvenExtension1(bytes32 indexed withdrawalHash, address indexed proofSubmitter);
    event WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success);

    string public constant version = "5.2.0";
    uint256 private constant DEPOSIT_VERSION = 0;
    uint64 private constant RECEIVE_GAS_LIMIT = 100_000;
    /// @dev A deposit must fit into the batcher's and the engine's limits of a transaction.
    uint256 private constant MAX_DATA_LENGTH = 120_000;
    /// @dev `l2Sender` while no withdrawal is being carried out.
    address private constant NO_SENDER = address(0xdEaD);
    address private constant ESTIMATION_ADDRESS = address(1);

    /// @notice Seconds between proof and finalisation.
    uint256 public immutable proofMaturityDelaySeconds;

    /// @notice Sender, on L2, of the withdrawal that is being carried out.
    address public l2Sender;
    mapping(bytes32 withdrawalHash => bool) public finalizedWithdrawals;
    SystemConfig public systemConfig;
    AnchorStateRegistry public anchorStateRegistry;
    /// @dev Per submitter, so that nobody can overwrite another's proof.
    mapping(bytes32 withdrawalHash => mapping(address submitter => ProvenWithdrawal)) public provenWithdrawals;
    mapping(bytes32 withdrawalHash => address[]) public proofSubmitters;

    constructor(uint256 proofMaturityDelaySeconds_) {
        proofMaturityDelaySeconds = proofMaturityDelaySeconds_;
        _disableInitializers();
    }

    function initialize(SystemConfig systemConfig_, AnchorStateRegistry registry) external initializer {
        systemConfig = systemConfig_;
        anchorStateRegistry = registry;
        l2Sender = NO_SENDER;
        initialiseMetering();
    }

    /// @notice Deposits ether to the caller's own address on L2.
    receive() external payable {
        depositTransaction(msg.sender, msg.value, RECEIVE_GAS_LIMIT, false, "");
    }

    /// @notice Takes ether without a deposit.
    function donateETH() external payable {}

    /// @notice Proves that the withdrawal is in the state that the game at `disputeGameIndex` claims.
    /// @param withdrawalProof Trie nodes from the message passer's storage root to the withdrawal's slot.
    function proveWithdrawalTransaction(
        WithdrawalTransaction calldata withdrawal,
        uint256 disputeGameIndex,
        OutputRootProof calldata outputRootProof,
        bytes[] calldata withdrawalProof
    ) external {
        requireNotPaused();
        requireSafeTarget(withdrawal.target);
        (,, IDisputeGame game) = disputeGameFactory().gameAtIndex(disputeGameIndex);
        if (!anchorStateRegistry.isGameProper(game) || !anchorStateRegistry.isGameRespected(game)) {
            revert OptimismPortal_ImproperDisputeGame();
        }
        if (game.status() == GameStatus.CHALLENGER_WINS) revert OptimismPortal_InvalidDisputeGame();
        // A proof in the block of the proposal would not have seen the L1 block that the proposal names.
        if (block.timestamp <= game.createdAt()) revert OptimismPortal_InvalidProofTimestamp();
        OutputRootProof memory output = outputRootProof;
        if (game.rootClaim() != output.outputRoot()) revert OptimismPortal_InvalidOutputRootProof();

        WithdrawalTransaction memory transaction = withdrawal;
        bytes32 withdrawalHash = transaction.hash();
        if (!isInStorage(withdrawalHash, output.messagePasserStorageRoot, withdrawalProof)) {
            revert OptimismPortal_InvalidMerkleProof();
        }
        provenWithdrawals[withdrawalHash][msg.sender] = ProvenWithdrawal(game, uint64(block.timestamp));
        proofSubmitters[withdrawalHash].push(msg.sender);
        emit WithdrawalProven(withdrawalHash, withdrawal.sender, withdrawal.target);
        emit WithdrawalProvenExtension1(withdrawalHash, msg.sender);
    }

    /// @notice Carries out a withdrawal that the caller has proven.
    function finalizeWithdrawalTransaction(WithdrawalTransaction calldata withdrawal) external {
        finalizeWithdrawalTransactionExternalProof(withdrawal, msg.sender);
    }


    function disputeGameFinalityDelaySeconds() external view returns (uint256) {
        return anchorStateRegistry.disputeGameFinalityDelaySeconds();
    }

    function respectedGameType() external view returns (uint32) {
        return anchorStateRegistry.respectedGameType();
    }

    function respectedGameTypeUpdatedAt() external view returns (uint64) {
        return anchorStateRegistry.retirementTimestamp();
    }

    function disputeGameBlacklist(IDisputeGame game) external view returns (bool) {
        return anchorStateRegistry.disputeGameBlacklist(game);
    }

    function numProofSubmitters(bytes32 withdrawalHash) external view returns (uint256) {
        return proofSubmitters[withdrawalHash].length;
    }

    function guardian() external view returns (address) {
        return systemConfig.guardian();
    }

    /// @notice Makes an L2 transaction of `value` and `data` to `to`, from the caller; the ether sent along is minted to the
    /// caller on L2 before. Contracts call as their alias.
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes memory data)
        public
        payable
        metered(gasLimit)
    {
        if (isCreation && to != address(0)) revert OptimismPortal_BadTarget();
        if (gasLimit < minimumGasLimit(uint64(data.length))) revert OptimismPortal_GasLimitTooLow();
        if (data.length > MAX_DATA_LENGTH) revert OptimismPortal_CalldataTooLarge();
        address from = ExternalAccount.isCaller() ? msg.sender : AddressAlias.applied(msg.sender);
        bytes memory opaqueData = abi.encodePacked(msg.value, value, gasLimit, isCreation, data);
        emit TransactionDeposited(from, to, DEPOSIT_VERSION, opaqueData);
    }

    /// @notice Carries out a withdrawal that `proofSubmitter` has proven. It happens once: if the call fails, its ether stays
    /// here, unless the target is the messenger, which keeps it for a replay.
    function finalizeWithdrawalTransactionExternalProof(WithdrawalTransaction memory withdrawal, address proofSubmitter)
        public
    {
        requireNotPaused();
        if (l2Sender != NO_SENDER) revert OptimismPortal_NoReentrancy();
        requireSafeTarget(withdrawal.target);
        bytes32 withdrawalHash = withdrawal.hash();
        checkWithdrawal(withdrawalHash, proofSubmitter);
        finalizedWithdrawals[withdrawalHash] = true;

        l2Sender = withdrawal.sender;
        bool success =
            SafeCall.callWithMinGas(withdrawal.target, withdrawal.gasLimit, withdrawal.value, withdrawal.data);
        l2Sender = NO_SENDER;
        emit WithdrawalFinalized(withdrawalHash, success);
        if (!success && tx.origin == ESTIMATION_ADDRESS) revert OptimismPortal_GasEstimation();
    }

    /// @notice Reverts unless the withdrawal can be finalised now with that submitter's proof.
    function checkWithdrawal(bytes32 withdrawalHash, address proofSubmitter) public view {
        ProvenWithdrawal memory proven = provenWithdrawals[withdrawalHash][proofSubmitter];
        if (finalizedWithdrawals[withdrawalHash]) revert OptimismPortal_AlreadyFinalized();
        if (proven.timestamp == 0) revert OptimismPortal_Unproven();
        if (proven.timestamp <= proven.disputeGameProxy.createdAt()) revert OptimismPortal_InvalidProofTimestamp();
        if (!isMature(proven.timestamp)) revert OptimismPortal_ProofNotOldEnough();
        if (!anchorStateRegistry.isGameClaimValid(proven.disputeGameProxy)) revert OptimismPortal_InvalidRootClaim();
    }

    function disputeGameFactory() public view returns (DisputeGameFactory) {
        return anchorStateRegistry.disputeGameFactory();
    }

    function paused() public view returns (bool) {
        return systemConfig.paused();
    }

    /// @notice Least gas of a deposit with that much data: its floor on L2 (EIP-7623).
    function minimumGasLimit(uint64 byteCount) public pure returns (uint64) {
        return byteCount * 40 + 21_000;
    }

    function resourceConfig() internal view override returns (ResourceConfig memory) {
        return systemConfig.resourceConfig();
    }

    function isMature(uint64 provenAt) private view returns (bool) {
        return block.timestamp - provenAt > proofMaturityDelaySeconds;
    }

    /// @dev `sentMessages` is at slot 0 of the message passer; a withdrawal's entry holds one.
    function isInStorage(bytes32 withdrawalHash, bytes32 storageRoot, bytes[] calldata proof)
        private
        pure
        returns (bool)
    {
        bytes32 slot = keccak256(abi.encode(withdrawalHash, uint256(0)));
        return TrieProof.verify(hex"01", storageRoot, abi.encodePacked(keccak256(abi.encode(slot))), proof);
    }

    function requireNotPaused() private view {
        if (paused()) revert OptimismPortal_CallPaused();
    }

    /// @dev A withdrawal that called the portal could deposit in its name.
    function requireSafeTarget(address target) private view {
        if (target == address(this)) revert OptimismPortal_BadTarget();
    }
}

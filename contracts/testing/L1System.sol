// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {OptimismMintableERC20Factory} from "../bridge/OptimismMintableERC20Factory.sol";
import {CrossDomainMessenger} from "../messaging/CrossDomainMessenger.sol";
import {OutputRootProof} from "../messaging/OutputRoot.sol";
import {WithdrawalTransaction} from "../messaging/Withdrawal.sol";
import {Proxy} from "../proxy/Proxy.sol";
import {ProxyAdmin} from "../proxy/ProxyAdmin.sol";
import {AnchorStateRegistry} from "../l1/dispute/AnchorStateRegistry.sol";
import {DisputeGameFactory} from "../l1/dispute/DisputeGameFactory.sol";
import {IDisputeGame} from "../l1/dispute/IDisputeGame.sol";
import {PermissionedProposalGame} from "../l1/dispute/PermissionedProposalGame.sol";
import {L1CrossDomainMessenger} from "../l1/L1CrossDomainMessenger.sol";
import {L1ERC721Bridge} from "../l1/L1ERC721Bridge.sol";
import {L1StandardBridge} from "../l1/L1StandardBridge.sol";
import {OptimismPortal} from "../l1/OptimismPortal.sol";
import {ResourceConfig} from "../l1/ResourceMetering.sol";
import {SystemConfig} from "../l1/SystemConfig.sol";
import {Test} from "./Test.sol";

/// @title All of L1, behind its proxies, as a deployment leaves it
abstract contract L1System is Test {
    uint256 internal constant PROOF_MATURITY = 7 days;
    uint256 internal constant GAME_FINALITY = 3.5 days;
    uint64 internal constant MAX_CLOCK = 3.5 days;
    uint32 internal constant GAME_TYPE = 1;
    uint256 internal constant BOND = 0.08 ether;

    address internal constant OWNER = address(0x0111);
    address internal constant GUARDIAN = address(0x0222);
    address internal constant PROPOSER = address(0x0333);
    address internal constant CHALLENGER = address(0x0444);
    address internal constant BATCHER = address(0x0555);
    address internal constant SIGNER = address(0x0666);
    address internal constant ALICE = address(0xa11ce);
    address internal constant BOB = address(0xb0b);

    ProxyAdmin internal admin;
    SystemConfig internal config;
    OptimismPortal internal portal;
    AnchorStateRegistry internal registry;
    DisputeGameFactory internal factory;
    L1CrossDomainMessenger internal l1Messenger;
    L1StandardBridge internal l1Bridge;
    L1ERC721Bridge internal l1ERC721Bridge;
    OptimismMintableERC20Factory internal l1TokenFactory;

    function setUp() public virtual {
        vm.warp(1_700_000_000);
        vm.roll(1_000);
        vm.fee(1 gwei);
        admin = new ProxyAdmin(OWNER);
        config = SystemConfig(proxied(address(new SystemConfig())));
        portal = OptimismPortal(proxied(address(new OptimismPortal(PROOF_MATURITY))));
        registry = AnchorStateRegistry(proxied(address(new AnchorStateRegistry(GAME_FINALITY))));
        factory = DisputeGameFactory(proxied(address(new DisputeGameFactory())));
        l1Messenger = L1CrossDomainMessenger(proxied(address(new L1CrossDomainMessenger())));
        l1Bridge = L1StandardBridge(proxied(address(new L1StandardBridge())));
        l1ERC721Bridge = L1ERC721Bridge(proxied(address(new L1ERC721Bridge())));
        l1TokenFactory = OptimismMintableERC20Factory(proxied(address(new OptimismMintableERC20Factory())));
        initialiseAll();
        vm.startPrank(OWNER);
        factory.setImplementation(
            GAME_TYPE, new PermissionedProposalGame(GAME_TYPE, MAX_CLOCK, registry, PROPOSER, CHALLENGER)
        );
        factory.setInitBond(GAME_TYPE, BOND);
        vm.stopPrank();
        vm.deal(PROPOSER, 100 ether);
        vm.deal(ALICE, 1_000 ether);
        pass(12);
    }

    function settings() internal pure returns (SystemConfig.Settings memory) {
        return SystemConfig.Settings({
            owner: OWNER,
            guardian: GUARDIAN,
            batcher: BATCHER,
            unsafeBlockSigner: SIGNER,
            batchInbox: address(0xff01),
            gasLimit: 60_000_000,
            basefeeScalar: 1368,
            blobbasefeeScalar: 810_949,
            eip1559Denominator: 250,
            eip1559Elasticity: 6,
            operatorFeeScalar: 0,
            operatorFeeConstant: 0,
            l2ChainId: 901
        });
    }

    function market() internal pure returns (ResourceConfig memory) {
        return ResourceConfig({
            maxResourceLimit: 20_000_000,
            elasticityMultiplier: 10,
            baseFeeMaxChangeDenominator: 8,
            minimumBaseFee: 1 gwei,
            systemTxMaxGas: 1_000_000,
            maximumBaseFee: type(uint128).max
        });
    }

    function addresses() internal view returns (SystemConfig.Addresses memory) {
        return SystemConfig.Addresses({
            l1CrossDomainMessenger: address(l1Messenger),
            l1ERC721Bridge: address(l1ERC721Bridge),
            l1StandardBridge: address(l1Bridge),
            optimismPortal: address(portal),
            optimismMintableERC20Factory: address(l1TokenFactory),
            disputeGameFactory: address(factory)
        });
    }

    function proxied(address implementation) internal returns (address payable) {
        Proxy proxy = new Proxy(address(admin));
        vm.prank(OWNER);
        admin.upgrade(proxy, implementation);
        return payable(address(proxy));
    }

    function pass(uint256 elapsed) internal {
        vm.warp(block.timestamp + elapsed);
        vm.roll(block.number + 1);
    }

    function propose(bytes32 rootClaim, uint256 l2Block) internal returns (IDisputeGame game, uint256 index) {
        index = factory.gameCount();
        vm.prank(PROPOSER);
        game = factory.create{value: BOND}(GAME_TYPE, rootClaim, abi.encode(l2Block));
    }

    /// @return output A claim about a state whose message passer holds only that withdrawal.
    /// @return proof The one leaf of its storage trie.
    function stateOf(WithdrawalTransaction memory withdrawal)
        internal
        pure
        returns (OutputRootProof memory output, bytes[] memory proof)
    {
        bytes32 key = keccak256(abi.encode(keccak256(abi.encode(withdrawal.hash(), uint256(0)))));
        bytes[] memory leaf = new bytes[](2);
        // Hex-prefix encoding: a leaf whose path has an even number of nibbles.
        leaf[0] = RLP.encode(abi.encodePacked(bytes1(0x20), key));
        leaf[1] = RLP.encode(uint256(1));
        proof = new bytes[](1);
        proof[0] = RLP.encode(leaf);
        output = OutputRootProof({
            version: 0,
            stateRoot: keccak256("state"),
            messagePasserStorageRoot: keccak256(proof[0]),
            latestBlockhash: keccak256("block")
        });
    }

    /// @dev Proposes, proves, waits and resolves: afterwards the withdrawal can be finalised with that submitter's proof.
    function proveUntilFinal(WithdrawalTransaction memory withdrawal, uint256 l2Block, address submitter)
        internal
        returns (IDisputeGame game)
    {
        (OutputRootProof memory output, bytes[] memory proof) = stateOf(withdrawal);
        uint256 index;
        (game, index) = propose(output.outputRoot(), l2Block);
        pass(12);
        vm.prank(submitter);
        portal.proveWithdrawalTransaction(withdrawal, index, output, proof);
        pass(MAX_CLOCK);
        game.resolve();
        pass(PROOF_MATURITY + 1);
    }

    function initialiseAll() private {
        config.initialize(settings(), market(), addresses());
        portal.initialize(config, registry);
        factory.initialize(OWNER);
        registry.initialize(
            config, factory, AnchorStateRegistry.Proposal({root: keccak256("genesis"), l2SequenceNumber: 0}), GAME_TYPE
        );
        l1Messenger.initialize(config, portal);
        l1Bridge.initialize(CrossDomainMessenger(l1Messenger), config);
        l1ERC721Bridge.initialize(CrossDomainMessenger(l1Messenger), config);
        l1TokenFactory.initialize(address(l1Bridge));
    }
}

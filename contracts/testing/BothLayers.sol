// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {OptimismMintableERC20Factory} from "../bridge/OptimismMintableERC20Factory.sol";
import {OptimismMintableERC721Factory} from "../bridge/OptimismMintableERC721Factory.sol";
import {L2CrossDomainMessenger} from "../l2/L2CrossDomainMessenger.sol";
import {L2ERC721Bridge} from "../l2/L2ERC721Bridge.sol";
import {L2StandardBridge} from "../l2/L2StandardBridge.sol";
import {L2ToL1MessagePasser} from "../l2/L2ToL1MessagePasser.sol";
import {OptimismPortal} from "../l1/OptimismPortal.sol";
import {Predeploys} from "../messaging/Predeploys.sol";
import {WithdrawalTransaction} from "../messaging/Withdrawal.sol";
import {Proxy} from "../proxy/Proxy.sol";
import {L1System} from "./L1System.sol";
import {Vm} from "./Test.sol";

/// @title Both layers in one EVM: predeploys at their addresses, deposits and withdrawals carried over by hand
/// @notice An account that has ether has it on both layers; tests use other recipients than senders.
abstract contract BothLayers is L1System {
    bytes32 private constant IMPLEMENTATION_SLOT = bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);
    bytes32 private constant ADMIN_SLOT = bytes32(uint256(keccak256("eip1967.proxy.admin")) - 1);

    L2CrossDomainMessenger internal constant l2Messenger =
        L2CrossDomainMessenger(Predeploys.L2_CROSS_DOMAIN_MESSENGER);
    L2StandardBridge internal constant l2Bridge = L2StandardBridge(payable(Predeploys.L2_STANDARD_BRIDGE));
    L2ERC721Bridge internal constant l2ERC721Bridge = L2ERC721Bridge(Predeploys.L2_ERC721_BRIDGE);
    L2ToL1MessagePasser internal constant passer = L2ToL1MessagePasser(payable(Predeploys.L2_TO_L1_MESSAGE_PASSER));
    OptimismMintableERC20Factory internal constant l2TokenFactory =
        OptimismMintableERC20Factory(Predeploys.OPTIMISM_MINTABLE_ERC20_FACTORY);
    OptimismMintableERC721Factory internal constant l2CollectionFactory =
        OptimismMintableERC721Factory(Predeploys.OPTIMISM_MINTABLE_ERC721_FACTORY);

    uint256 internal l2Blocks;

    function setUp() public virtual override {
        super.setUp();
        place(address(l2Messenger), address(new L2CrossDomainMessenger()));
        place(address(l2Bridge), address(new L2StandardBridge()));
        place(address(l2ERC721Bridge), address(new L2ERC721Bridge()));
        place(address(passer), address(new L2ToL1MessagePasser()));
        place(address(l2TokenFactory), address(new OptimismMintableERC20Factory()));
        place(address(l2CollectionFactory), address(new OptimismMintableERC721Factory()));
        l2Messenger.initialize(l1Messenger);
        l2Bridge.initialize(address(l1Bridge));
        l2ERC721Bridge.initialize(address(l1ERC721Bridge));
        l2TokenFactory.initialize(address(l2Bridge));
        l2CollectionFactory.initialize(address(l2ERC721Bridge), 1);
        vm.recordLogs();
    }

    function place(address predeploy, address implementation) internal {
        vm.etch(predeploy, address(new Proxy(address(admin))).code);
        vm.store(predeploy, IMPLEMENTATION_SLOT, bytes32(uint256(uint160(implementation))));
        vm.store(predeploy, ADMIN_SLOT, bytes32(uint256(uint160(address(admin)))));
    }

    /// @notice Carries over what was sent since the last time. Deposits run on L2; withdrawals wait and run on L1.
    /// @return successes How many of them did not fail.
    function carryOver() internal returns (uint256 successes) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == OptimismPortal.TransactionDeposited.selector) {
                if (runDeposit(logs[i])) ++successes;
            } else if (logs[i].topics[0] == L2ToL1MessagePasser.MessagePassed.selector) {
                WithdrawalTransaction memory withdrawal = withdrawalOf(logs[i]);
                proveUntilFinal(withdrawal, ++l2Blocks, ALICE);
                uint256 before = address(portal).balance;
                portal.finalizeWithdrawalTransactionExternalProof(withdrawal, ALICE);
                if (before - address(portal).balance == withdrawal.value) ++successes;
            }
        }
        // What the carrying itself caused is not to be carried.
        vm.getRecordedLogs();
    }

    /// @dev Layout of the opaque data: mint, value, gas, creation flag, data.
    function runDeposit(Vm.Log memory log) private returns (bool success) {
        address from = address(uint160(uint256(log.topics[1])));
        address to = address(uint160(uint256(log.topics[2])));
        bytes memory opaque = abi.decode(log.data, (bytes));
        uint256 mint = wordAt(opaque, 0);
        uint256 value = wordAt(opaque, 32);
        uint256 gas = wordAt(opaque, 64) >> 192;
        bytes memory data = new bytes(opaque.length - 73);
        for (uint256 i = 0; i < data.length; ++i) {
            data[i] = opaque[73 + i];
        }
        vm.deal(from, from.balance + mint);
        vm.prank(from, from);
        (success,) = to.call{value: value, gas: gas - intrinsicGas(data)}(data);
    }

    /// @dev What a transaction costs before its first instruction: at most the standard price of 16 per byte.
    function intrinsicGas(bytes memory data) private pure returns (uint256 gas) {
        gas = 21_000;
        for (uint256 i = 0; i < data.length; ++i) {
            gas += data[i] == 0 ? 4 : 16;
        }
    }

    function withdrawalOf(Vm.Log memory log) internal pure returns (WithdrawalTransaction memory withdrawal) {
        withdrawal.nonce = uint256(log.topics[1]);
        withdrawal.sender = address(uint160(uint256(log.topics[2])));
        withdrawal.target = address(uint160(uint256(log.topics[3])));
        bytes32 withdrawalHash;
        (withdrawal.value, withdrawal.gasLimit, withdrawal.data, withdrawalHash) =
            abi.decode(log.data, (uint256, uint256, bytes, bytes32));
        equal(withdrawal.hash(), withdrawalHash);
    }

    function wordAt(bytes memory data, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x20), offset))
        }
    }
}

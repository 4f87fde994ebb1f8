// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Token} from "../test/Token.sol";
import {BothLayers} from "../testing/BothLayers.sol";
import {OptimismMintableERC20} from "./OptimismMintableERC20.sol";

/// @title Whatever is sent to and fro, what is locked on L1 covers what exists on L2
contract BridgeInvariantTest is BothLayers {
    Token internal token;
    OptimismMintableERC20 internal representation;
    address internal constant L2_USER = address(0x0715e2);
    address internal constant L1_RECIPIENT = address(0x0d0e);
    uint256 internal etherIn;
    uint256 internal etherOut;

    function setUp() public override {
        super.setUp();
        vm.startPrank(ALICE);
        token = new Token("Gold", "GLD", type(uint128).max);
        vm.stopPrank();
        vm.deal(ALICE, 1_000_000 ether);
        representation =
            OptimismMintableERC20(l2TokenFactory.createOptimismMintableERC20(address(token), "Gold", "GLD"));
        vm.getRecordedLogs();
    }

    /// @dev Forge calls these functions of this contract in random order with random arguments.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(this);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(this);
        targets[0].selectors = new bytes4[](6);
        targets[0].selectors[0] = this.depositEther.selector;
        targets[0].selectors[1] = this.withdrawEther.selector;
        targets[0].selectors[2] = this.depositToken.selector;
        targets[0].selectors[3] = this.withdrawToken.selector;
        targets[0].selectors[4] = this.withdrawWithTooLittleGas.selector;
        targets[0].selectors[5] = this.donate.selector;
    }

    function depositEther(uint256 amount) external {
        amount = bound(amount, 0, 10 ether);
        vm.prank(ALICE, ALICE);
        l1Bridge.bridgeETHTo{value: amount}(L2_USER, 200_000, "");
        etherIn += amount;
        carryOver();
    }

    function withdrawEther(uint256 amount) external {
        amount = bound(amount, 0, L2_USER.balance);
        vm.prank(L2_USER, L2_USER);
        l2Bridge.bridgeETHTo{value: amount}(L1_RECIPIENT, 200_000, "");
        etherOut += amount;
        carryOver();
    }

    function depositToken(uint256 amount) external {
        amount = bound(amount, 0, 1_000_000);
        vm.startPrank(ALICE, ALICE);
        token.approve(address(l1Bridge), amount);
        l1Bridge.bridgeERC20To(address(token), address(representation), L2_USER, amount, 200_000, "");
        vm.stopPrank();
        carryOver();
    }

    function withdrawToken(uint256 amount) external {
        amount = bound(amount, 0, representation.balanceOf(L2_USER));
        vm.prank(L2_USER, L2_USER);
        l2Bridge.bridgeERC20To(address(representation), address(token), L1_RECIPIENT, amount, 200_000, "");
        carryOver();
    }

    /// @dev The target of this message burns all gas: the withdrawal is final, its ether waits in the messenger.
    function withdrawWithTooLittleGas(uint256 amount) external {
        amount = bound(amount, 0, L2_USER.balance);
        vm.prank(L2_USER, L2_USER);
        l2Messenger.sendMessage{value: amount}(address(l1Bridge), hex"ffffffff", 0);
        etherOut += amount;
        carryOver();
    }

    function donate(uint256 amount) external {
        amount = bound(amount, 0, 1 ether);
        vm.prank(ALICE);
        portal.donateETH{value: amount}();
        etherIn += amount;
    }

    function invariant_lockedTokensCoverTheirRepresentation() external view {
        uint256 locked = l1Bridge.deposits(address(token), address(representation));
        equal(locked, representation.totalSupply());
        equal(token.balanceOf(address(l1Bridge)), locked);
    }

    function invariant_thePortalHoldsWhatCameInAndDidNotGoOut() external view {
        equal(address(portal).balance, etherIn - etherOut);
    }

    function invariant_nothingIsLeftInFlight() external view {
        equal(portal.l2Sender(), address(0xdEaD));
        equal(address(l1Bridge).balance, 0);
        equal(address(l2Bridge).balance, 0);
    }
}

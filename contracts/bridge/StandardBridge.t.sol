// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Token} from "../test/Token.sol";
import {BothLayers} from "../testing/BothLayers.sol";
import {CrossDomainBridge} from "./CrossDomainBridge.sol";
import {OptimismMintableERC20} from "./OptimismMintableERC20.sol";
import {StandardBridge} from "./StandardBridge.sol";

/// @dev Keeps one percent of every transfer.
contract CostlyToken is ERC20("Costly", "COST") {
    constructor() {
        _mint(msg.sender, 1_000_000);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(to, address(0xfee), amount / 100);
    }
}

contract StandardBridgeTest is BothLayers {
    Token internal token;
    OptimismMintableERC20 internal representation;

    function setUp() public override {
        super.setUp();
        vm.startPrank(ALICE);
        token = new Token("Gold", "GLD", 1_000_000 ether);
        vm.stopPrank();
        representation =
            OptimismMintableERC20(l2TokenFactory.createOptimismMintableERC20(address(token), "Gold", "GLD"));
        vm.getRecordedLogs();
    }

    function depositToken(uint256 amount, address to) internal {
        vm.startPrank(ALICE, ALICE);
        token.approve(address(l1Bridge), amount);
        l1Bridge.bridgeERC20To(address(token), address(representation), to, amount, 200_000, "memo");
        vm.stopPrank();
        carryOver();
    }

    function testFuzz_etherBothWays(uint96 amount) public {
        amount = uint96(bound(amount, 1, 500 ether));
        vm.prank(ALICE, ALICE);
        l1Bridge.bridgeETHTo{value: amount}(BOB, 200_000, "");
        equal(carryOver(), 1);
        equal(BOB.balance, amount);
        equal(address(portal).balance, amount);

        address carol = address(0xca201);
        vm.prank(BOB, BOB);
        l2Bridge.bridgeETHTo{value: amount}(carol, 200_000, "");
        equal(carryOver(), 1);
        equal(carol.balance, amount);
        equal(address(portal).balance, 0);
    }

    function test_plainEtherIsBridgedToItsSender() public {
        vm.deal(ALICE, 10 ether);
        vm.prank(ALICE, ALICE);
        (bool sent,) = address(l1Bridge).call{value: 10 ether}("");
        isTrue(sent, "refused");
        equal(ALICE.balance, 0);
        carryOver();
        equal(ALICE.balance, 10 ether);
    }

    function testFuzz_tokensBothWays(uint96 amount, uint96 back) public {
        amount = uint96(bound(amount, 1, 1_000_000 ether));
        back = uint96(bound(back, 0, amount));
        depositToken(amount, BOB);
        equal(representation.balanceOf(BOB), amount);
        equal(l1Bridge.deposits(address(token), address(representation)), amount);

        address carol = address(0xca201);
        vm.prank(BOB, BOB);
        l2Bridge.withdrawTo(address(representation), carol, back, 200_000, "");
        equal(representation.totalSupply(), amount - back);
        equal(carryOver(), 1);
        equal(token.balanceOf(carol), back);
        equal(l1Bridge.deposits(address(token), address(representation)), amount - back);
    }

    function test_bridgesWhatArrivesOfATokenThatChargesForTransfers() public {
        CostlyToken costly = new CostlyToken();
        address twin = l2TokenFactory.createOptimismMintableERC20(address(costly), "Costly", "COST");
        vm.getRecordedLogs();
        costly.approve(address(l1Bridge), 1_000);
        l1Bridge.bridgeERC20To(address(costly), twin, BOB, 1_000, 200_000, "");
        carryOver();
        equal(ERC20(twin).totalSupply(), 990);
        equal(costly.balanceOf(address(l1Bridge)), 990);
    }

    function test_aWrongPairIsRefusedAndItsTokensStayLocked() public {
        address stranger = l2TokenFactory.createOptimismMintableERC20(address(0x1234), "Other", "OTH");
        vm.getRecordedLogs();
        vm.startPrank(ALICE, ALICE);
        token.approve(address(l1Bridge), 5);
        l1Bridge.bridgeERC20To(address(token), stranger, BOB, 5, 200_000, "");
        vm.stopPrank();
        carryOver();
        equal(ERC20(stranger).totalSupply(), 0);
        equal(l1Bridge.deposits(address(token), stranger), 5);
        vm.expectRevert(
            abi.encodeWithSelector(StandardBridge.WrongTokenPair.selector, address(representation), address(0x1234))
        );
        l2Bridge.bridgeERC20To(address(representation), address(0x1234), BOB, 0, 200_000, "");
    }

    function test_nobodyTakesMoreThanCameIn() public {
        depositToken(7, BOB);
        // A representation that its owner mints freely draws on its own deposits, which are none.
        address forged = address(new OptimismMintableERC20(address(l2Bridge), address(token), "Gold", "GLD", 18));
        vm.prank(address(l2Bridge));
        OptimismMintableERC20(forged).mint(BOB, 7);
        vm.prank(BOB, BOB);
        l2Bridge.withdraw(forged, 7, 200_000, "");
        carryOver();
        equal(token.balanceOf(BOB), 0);
        equal(token.balanceOf(address(l1Bridge)), 7);
    }

    function testFuzz_onlyTheOtherBridgeFinalises(address caller, uint128 amount) public {
        vm.assume(caller != address(l1Messenger) && caller != address(admin) && caller != address(0));
        vm.startPrank(caller);
        vm.expectRevert(CrossDomainBridge.OnlyOtherBridge.selector);
        l1Bridge.finalizeBridgeERC20(address(token), address(representation), ALICE, caller, amount, "");
        vm.expectRevert(CrossDomainBridge.OnlyOtherBridge.selector);
        l1Bridge.finalizeBridgeETH(ALICE, caller, 0, "");
        vm.stopPrank();
        // A message by anyone else through the real channel does not help either.
        vm.prank(ALICE, ALICE);
        l1Messenger.sendMessage(
            address(l2Bridge),
            abi.encodeCall(
                StandardBridge.finalizeBridgeERC20, (address(representation), address(token), ALICE, ALICE, 1, "")
            ),
            200_000
        );
        carryOver();
        equal(representation.totalSupply(), 0);
    }

    function test_contractsMustNameARecipient() public {
        vm.expectRevert(CrossDomainBridge.OnlyExternalAccount.selector);
        l1Bridge.bridgeETH(200_000, "");
        vm.expectRevert(CrossDomainBridge.OnlyExternalAccount.selector);
        l1Bridge.depositERC20(address(token), address(representation), 1, 200_000, "");
    }
}

// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {L2ERC721Bridge} from "../l2/L2ERC721Bridge.sol";
import {BothLayers} from "../testing/BothLayers.sol";
import {CrossDomainBridge} from "./CrossDomainBridge.sol";
import {OptimismMintableERC721} from "./OptimismMintableERC721.sol";

contract Collection is ERC721("Stones", "STN") {
    constructor(address to, uint256 tokenId) {
        _mint(to, tokenId);
    }
}

contract ERC721BridgeTest is BothLayers {
    function testFuzz_bothWays(uint256 tokenId) public {
        Collection original = new Collection(ALICE, tokenId);
        OptimismMintableERC721 twin = OptimismMintableERC721(
            l2CollectionFactory.createOptimismMintableERC721(address(original), "Stones", "STN")
        );
        vm.getRecordedLogs();
        vm.startPrank(ALICE, ALICE);
        original.approve(address(l1ERC721Bridge), tokenId);
        l1ERC721Bridge.bridgeERC721(address(original), address(twin), tokenId, 300_000, "");
        vm.stopPrank();
        equal(carryOver(), 1);
        equal(twin.ownerOf(tokenId), ALICE);
        equal(original.ownerOf(tokenId), address(l1ERC721Bridge));

        vm.prank(BOB);
        vm.expectRevert(L2ERC721Bridge.NotTokenOwner.selector);
        l2ERC721Bridge.bridgeERC721To(address(twin), address(original), BOB, tokenId, 300_000, "");
        vm.prank(ALICE, ALICE);
        l2ERC721Bridge.bridgeERC721To(address(twin), address(original), BOB, tokenId, 300_000, "");
        equal(carryOver(), 1);
        equal(original.ownerOf(tokenId), BOB);
        isTrue(!l1ERC721Bridge.deposits(address(original), address(twin), tokenId), "released");
    }

    function test_onlyTheOtherBridgeFinalises() public {
        vm.expectRevert(CrossDomainBridge.OnlyOtherBridge.selector);
        l1ERC721Bridge.finalizeBridgeERC721(address(1), address(2), ALICE, ALICE, 1, "");
    }
}

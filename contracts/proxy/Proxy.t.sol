// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Test} from "../testing/Test.sol";
import {Proxy} from "./Proxy.sol";
import {ProxyAdmin} from "./ProxyAdmin.sol";

contract Counter {
    uint256 public count;

    function raise(uint256 by) external payable {
        count += by;
    }

    /// @dev Named like a function of the proxy: others than the admin must reach this one.
    function admin() external pure returns (string memory) {
        return "mine";
    }
}

contract ProxyTest is Test {
    address internal constant OWNER = address(0x0111);
    ProxyAdmin internal admin;
    Proxy internal proxy;
    Counter internal counter;

    function setUp() public {
        admin = new ProxyAdmin(OWNER);
        proxy = new Proxy(address(admin));
        counter = Counter(address(proxy));
    }

    function test_doesNothingWithoutAnImplementation() public {
        vm.expectRevert(Proxy.NoImplementation.selector);
        counter.raise(1);
    }

    function test_upgradesAndInitialisesAtOnce() public {
        address implementation = address(new Counter());
        vm.deal(OWNER, 1);
        vm.prank(OWNER);
        admin.upgradeAndCall{value: 1}(proxy, implementation, abi.encodeCall(Counter.raise, (4)));
        equal(counter.count(), 4);
        equal(address(proxy).balance, 1);
        equal(admin.getProxyImplementation(proxy), implementation);
        equal(admin.getProxyAdmin(proxy), address(admin));
        equal(bytes(counter.admin()), "mine");
    }

    function testFuzz_onlyTheOwnerUpgrades(address stranger) public {
        vm.assume(stranger != OWNER && stranger != address(admin) && stranger != address(0));
        address implementation = address(new Counter());
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger));
        admin.upgrade(proxy, implementation);
        vm.expectRevert(Proxy.NoImplementation.selector);
        proxy.upgradeTo(implementation);
        vm.expectRevert(Proxy.NoImplementation.selector);
        proxy.changeAdmin(stranger);
        vm.stopPrank();
    }

    function test_changesItsAdmin() public {
        vm.prank(OWNER);
        admin.changeProxyAdmin(proxy, address(this));
        proxy.upgradeTo(address(new Counter()));
        equal(proxy.admin(), address(this));
    }
}

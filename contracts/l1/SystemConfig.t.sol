// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {L1System} from "../testing/L1System.sol";
import {ResourceConfig} from "./ResourceMetering.sol";
import {SystemConfig} from "./SystemConfig.sol";

contract SystemConfigTest is L1System {
    event ConfigUpdate(uint256 indexed version, SystemConfig.UpdateType indexed updateType, bytes data);

    function expectUpdate(SystemConfig.UpdateType updateType, bytes memory data) internal {
        vm.expectEmit(true, true, true, true, address(config));
        emit ConfigUpdate(0, updateType, data);
        vm.prank(OWNER);
    }

    function testFuzz_announcesEveryChangeInTheFormatOfVerifiers(uint32 first, uint32 second, uint64 third) public {
        expectUpdate(SystemConfig.UpdateType.BATCHER, abi.encode(bytes32(uint256(uint160(BOB)))));
        config.setBatcherHash(BOB);
        equal(config.batcherHash(), bytes32(uint256(uint160(BOB))));

        uint256 scalar = (uint256(1) << 248) | (uint256(second) << 32) | first;
        expectUpdate(SystemConfig.UpdateType.FEE_SCALARS, abi.encode(uint256(0), scalar));
        config.setGasConfigEcotone(first, second);
        equal(config.scalar(), scalar);

        expectUpdate(SystemConfig.UpdateType.OPERATOR_FEE_PARAMS, abi.encode((uint256(first) << 64) | third));
        config.setOperatorFeeScalars(first, third);

        expectUpdate(SystemConfig.UpdateType.UNSAFE_BLOCK_SIGNER, abi.encode(BOB));
        config.setUnsafeBlockSigner(BOB);

        expectUpdate(SystemConfig.UpdateType.MIN_BASE_FEE, abi.encode(third));
        config.setMinBaseFee(third);

        expectUpdate(SystemConfig.UpdateType.DA_FOOTPRINT_GAS_SCALAR, abi.encode(uint16(second)));
        config.setDAFootprintGasScalar(uint16(second));

        uint64 gasLimit = uint64(bound(third, config.minimumGasLimit(), config.maximumGasLimit()));
        expectUpdate(SystemConfig.UpdateType.GAS_LIMIT, abi.encode(gasLimit));
        config.setGasLimit(gasLimit);

        uint32 denominator = uint32(bound(first, 1, type(uint32).max));
        uint32 elasticity = uint32(bound(second, 1, type(uint32).max));
        expectUpdate(
            SystemConfig.UpdateType.EIP_1559_PARAMS, abi.encode((uint256(denominator) << 32) | elasticity)
        );
        config.setEIP1559Params(denominator, elasticity);
    }

    function testFuzz_onlyTheOwnerChangesAnything(address stranger) public {
        vm.assume(stranger != OWNER && stranger != address(admin) && stranger != address(0));
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(refusal);
        config.setBatcherHash(stranger);
        vm.expectRevert(refusal);
        config.setGasLimit(30_000_000);
        vm.expectRevert(refusal);
        config.setGuardian(stranger);
        vm.expectRevert(refusal);
        config.setUnsafeBlockSigner(stranger);
        vm.stopPrank();
    }

    function test_keepsTheGasLimitWithinBounds() public {
        vm.startPrank(OWNER);
        vm.expectRevert();
        config.setGasLimit(20_999_999);
        vm.expectRevert();
        config.setGasLimit(500_000_001);
        vm.expectRevert(SystemConfig.InvalidEip1559Parameters.selector);
        config.setEIP1559Params(0, 6);
        vm.stopPrank();
    }

    function test_onlyTheGuardianPauses() public {
        vm.prank(OWNER);
        vm.expectRevert(SystemConfig.NotGuardian.selector);
        config.pause();
        vm.prank(GUARDIAN);
        config.pause();
        isTrue(config.paused(), "paused");
        vm.prank(OWNER);
        config.setGuardian(BOB);
        vm.prank(GUARDIAN);
        vm.expectRevert(SystemConfig.NotGuardian.selector);
        config.unpause();
        vm.prank(BOB);
        config.unpause();
        isTrue(!config.paused(), "paused");
    }

    function test_refusesAMarketThatCouldNotWork() public {
        ResourceConfig memory wrong = market();
        wrong.elasticityMultiplier = 0;
        expectMarketRefused(wrong);
        wrong = market();
        wrong.baseFeeMaxChangeDenominator = 1;
        expectMarketRefused(wrong);
        wrong = market();
        wrong.maximumBaseFee = 1;
        expectMarketRefused(wrong);
        wrong = market();
        wrong.maxResourceLimit = 60_000_000;
        expectMarketRefused(wrong);
    }

    function expectMarketRefused(ResourceConfig memory wrong) internal {
        SystemConfig fresh = SystemConfig(proxied(address(new SystemConfig())));
        vm.expectRevert(SystemConfig.InvalidResourceConfig.selector);
        fresh.initialize(settings(), wrong, addresses());
    }
}

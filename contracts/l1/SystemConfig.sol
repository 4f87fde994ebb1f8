// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {ResourceConfig} from "./ResourceMetering.sol";

/// @title What may change about the chain without an upgrade
/// @notice Verifiers follow `ConfigUpdate`; the owner sets the values. The guardian can pause withdrawals, proposals' use
/// and the bridges, and nothing else: deposits stay open, so that nobody can be kept out of the chain.
contract SystemConfig is Ownable, Initializable {
    error NotGuardian();
    error GasLimitOutOfBounds(uint64 gasLimit, uint64 minimum, uint64 maximum);
    error InvalidEip1559Parameters();
    error InvalidResourceConfig();
    error InvalidGuardian();

    enum UpdateType {
        BATCHER,
        FEE_SCALARS,
        GAS_LIMIT,
        UNSAFE_BLOCK_SIGNER,
        EIP_1559_PARAMS,
        OPERATOR_FEE_PARAMS,
        MIN_BASE_FEE,
        DA_FOOTPRINT_GAS_SCALAR
    }

    struct Addresses {
        address l1CrossDomainMessenger;
        address l1ERC721Bridge;
        address l1StandardBridge;
        address optimismPortal;
        address optimismMintableERC20Factory;
        address disputeGameFactory;
    }

    struct Settings {
        address owner;
        address guardian;
        address batcher;
        address unsafeBlockSigner;
        address batchInbox;
        uint64 gasLimit;
        uint32 basefeeScalar;
        uint32 blobbasefeeScalar;
        uint32 eip1559Denominator;
        uint32 eip1559Elasticity;
        uint32 operatorFeeScalar;
        uint64 operatorFeeConstant;
        uint256 l2ChainId;
    }

    event ConfigUpdate(uint256 indexed version, UpdateType indexed updateType, bytes data);
    event GuardianChanged(address indexed previous, address indexed current);
    event Paused(address indexed guardian);
    event Unpaused(address indexed guardian);

    /// @notice Version of `ConfigUpdate`.
    uint256 public constant VERSION = 0;
    string public constant version = "3.5.0";
    uint64 private constant MAXIMUM_GAS_LIMIT = 500_000_000;
    /// @dev Ecotone's encoding of the two scalars in one word.
    uint256 private constant SCALAR_VERSION = 1;

    address public guardian;
    bool public paused;
    uint64 public gasLimit;
    bytes32 public batcherHash;
    uint32 public basefeeScalar;
    uint32 public blobbasefeeScalar;
    uint32 public eip1559Denominator;
    uint32 public eip1559Elasticity;
    uint32 public operatorFeeScalar;
    uint64 public operatorFeeConstant;
    uint16 public daFootprintGasScalar;
    uint64 public minBaseFee;
    address public unsafeBlockSigner;
    address public batchInbox;
    /// @notice L1 block of the initialisation: verifiers start from it.
    uint256 public startBlock;
    uint256 public l2ChainId;
    ResourceConfig private market;
    Addresses private addresses;

    constructor() Ownable(address(0xdEaD)) {
        _disableInitializers();
    }

    function initialize(Settings calldata settings, ResourceConfig calldata market_, Addresses calldata addresses_)
        external
        initializer
    {
        _transferOwnership(settings.owner);
        changeGuardian(settings.guardian);
        startBlock = block.number;
        l2ChainId = settings.l2ChainId;
        batchInbox = settings.batchInbox;
        addresses = addresses_;
        checkMarket(market_, settings.gasLimit);
        market = market_;
        changeGasLimit(settings.gasLimit);
        changeBatcher(bytes32(uint256(uint160(settings.batcher))));
        changeUnsafeBlockSigner(settings.unsafeBlockSigner);
        changeFeeScalars(settings.basefeeScalar, settings.blobbasefeeScalar);
        changeEip1559Parameters(settings.eip1559Denominator, settings.eip1559Elasticity);
        changeOperatorFee(settings.operatorFeeScalar, settings.operatorFeeConstant);
    }

    function pause() external onlyGuardian {
        paused = true;
        emit Paused(msg.sender);
    }

    function unpause() external onlyGuardian {
        paused = false;
        emit Unpaused(msg.sender);
    }

    function setGuardian(address newGuardian) external onlyOwner {
        changeGuardian(newGuardian);
    }

    /// @param newBatcherHash The batcher's address, left-padded.
    function setBatcherHash(bytes32 newBatcherHash) external onlyOwner {
        changeBatcher(newBatcherHash);
    }

    function setBatcherHash(address batcher) external onlyOwner {
        changeBatcher(bytes32(uint256(uint160(batcher))));
    }

    function setGasConfigEcotone(uint32 basefeeScalar_, uint32 blobbasefeeScalar_) external onlyOwner {
        changeFeeScalars(basefeeScalar_, blobbasefeeScalar_);
    }

    function setGasLimit(uint64 newGasLimit) external onlyOwner {
        changeGasLimit(newGasLimit);
    }

    function setUnsafeBlockSigner(address signer) external onlyOwner {
        changeUnsafeBlockSigner(signer);
    }

    function setEIP1559Params(uint32 denominator, uint32 elasticity) external onlyOwner {
        changeEip1559Parameters(denominator, elasticity);
    }

    function setOperatorFeeScalars(uint32 scalar_, uint64 constant_) external onlyOwner {
        changeOperatorFee(scalar_, constant_);
    }

    /// @notice Jovian. Wei per gas.
    function setMinBaseFee(uint64 newMinBaseFee) external onlyOwner {
        minBaseFee = newMinBaseFee;
        emit ConfigUpdate(VERSION, UpdateType.MIN_BASE_FEE, abi.encode(newMinBaseFee));
    }

    /// @notice Jovian.
    function setDAFootprintGasScalar(uint16 newScalar) external onlyOwner {
        daFootprintGasScalar = newScalar;
        emit ConfigUpdate(VERSION, UpdateType.DA_FOOTPRINT_GAS_SCALAR, abi.encode(newScalar));
    }

    function resourceConfig() external view returns (ResourceConfig memory) {
        return market;
    }

    function getAddresses() external view returns (Addresses memory) {
        return addresses;
    }

    function l1CrossDomainMessenger() external view returns (address) {
        return addresses.l1CrossDomainMessenger;
    }

    function l1ERC721Bridge() external view returns (address) {
        return addresses.l1ERC721Bridge;
    }

    function l1StandardBridge() external view returns (address) {
        return addresses.l1StandardBridge;
    }

    function optimismPortal() external view returns (address) {
        return addresses.optimismPortal;
    }

    function optimismMintableERC20Factory() external view returns (address) {
        return addresses.optimismMintableERC20Factory;
    }

    function disputeGameFactory() external view returns (address) {
        return addresses.disputeGameFactory;
    }

    /// @notice Zero since Ecotone.
    function overhead() external pure returns (uint256) {
        return 0;
    }

    function maximumGasLimit() external pure returns (uint64) {
        return MAXIMUM_GAS_LIMIT;
    }

    /// @notice Both fee scalars in Ecotone's encoding.
    function scalar() public view returns (uint256) {
        return (SCALAR_VERSION << 248) | (uint256(blobbasefeeScalar) << 32) | basefeeScalar;
    }

    /// @notice Deposits and the attributes transaction must fit into every block.
    function minimumGasLimit() public view returns (uint64) {
        return uint64(market.maxResourceLimit) + market.systemTxMaxGas;
    }

    function changeGuardian(address newGuardian) private {
        if (newGuardian == address(0)) revert InvalidGuardian();
        emit GuardianChanged(guardian, newGuardian);
        guardian = newGuardian;
    }

    function changeBatcher(bytes32 newBatcherHash) private {
        batcherHash = newBatcherHash;
        emit ConfigUpdate(VERSION, UpdateType.BATCHER, abi.encode(newBatcherHash));
    }

    function changeFeeScalars(uint32 basefeeScalar_, uint32 blobbasefeeScalar_) private {
        (basefeeScalar, blobbasefeeScalar) = (basefeeScalar_, blobbasefeeScalar_);
        emit ConfigUpdate(VERSION, UpdateType.FEE_SCALARS, abi.encode(uint256(0), scalar()));
    }

    function changeGasLimit(uint64 newGasLimit) private {
        if (newGasLimit < minimumGasLimit() || newGasLimit > MAXIMUM_GAS_LIMIT) {
            revert GasLimitOutOfBounds(newGasLimit, minimumGasLimit(), MAXIMUM_GAS_LIMIT);
        }
        gasLimit = newGasLimit;
        emit ConfigUpdate(VERSION, UpdateType.GAS_LIMIT, abi.encode(newGasLimit));
    }

    function changeUnsafeBlockSigner(address signer) private {
        unsafeBlockSigner = signer;
        emit ConfigUpdate(VERSION, UpdateType.UNSAFE_BLOCK_SIGNER, abi.encode(signer));
    }

    function changeEip1559Parameters(uint32 denominator, uint32 elasticity) private {
        if (denominator == 0 || elasticity == 0) revert InvalidEip1559Parameters();
        (eip1559Denominator, eip1559Elasticity) = (denominator, elasticity);
        emit ConfigUpdate(
            VERSION, UpdateType.EIP_1559_PARAMS, abi.encode((uint256(denominator) << 32) | elasticity)
        );
    }

    function changeOperatorFee(uint32 scalar_, uint64 constant_) private {
        (operatorFeeScalar, operatorFeeConstant) = (scalar_, constant_);
        emit ConfigUpdate(
            VERSION, UpdateType.OPERATOR_FEE_PARAMS, abi.encode((uint256(scalar_) << 64) | constant_)
        );
    }

    function checkMarket(ResourceConfig calldata config, uint64 gasLimit_) private pure {
        if (
            config.minimumBaseFee > config.maximumBaseFee || config.baseFeeMaxChangeDenominator < 2
                || config.elasticityMultiplier == 0 || config.maxResourceLimit < config.elasticityMultiplier
                || uint64(config.maxResourceLimit) + config.systemTxMaxGas > gasLimit_
        ) revert InvalidResourceConfig();
    }

    modifier onlyGuardian() {
        if (msg.sender != guardian) revert NotGuardian();
        _;
    }
}

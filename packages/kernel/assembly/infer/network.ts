/** Feed-forward networks over images: architecture 2 of docs/spec/model.md, in integers. */
import { reserve } from "../memory/heap";
import { INT8 } from "../tensor/dot";
import { MACS_PER_GAS, RUN_MACS, WINDOW_GAS } from "../tensor/layers";
import { windowSum } from "../tensor/window";
import { isRecording, recordNetworkLayer } from "./evidence";
import { STATUS_FORMAT, STATUS_LENGTH, STATUS_OK, STATUS_RANGE, STATUS_SHAPE } from "./status";

export const ARCHITECTURE_NETWORK: u32 = 2;

const HEADER_SIZE: u32 = 128;
const ALIGNMENT: u32 = 64;
const ROW: u32 = 32;
const MAX_SIDE: u32 = 256;
const MAX_CHANNELS: u32 = 4;
export const MAX_NETWORK_LAYERS: u32 = 32;
export const MAX_CLASSES: u32 = 1024;
const MAX_KERNEL: u32 = 256;
const MAX_ELEMENTS: u64 = 1 << 20;
const MAX_DEPTH: u64 = 1 << 16;
const MAX_SHIFT: u32 = 62;
/** Most multiply-accumulates of one image, as those of one call. */
const MAX_MACS: u64 = 150_000_000;

const CONVOLUTION: u32 = 1;
const MAX_POOL: u32 = 2;
const AVERAGE_POOL: u32 = 3;

@unmanaged
export class Layer {
  kind: u32;
  /** Of the input. */
  height: u32;
  width: u32;
  channels: u32;
  outHeight: u32;
  outWidth: u32;
  outputs: u32;
  kernelHeight: u32;
  kernelWidth: u32;
  stride: u32;
  padding: u32;
  shift: u32;
  low: i32;
  /** int8 [outputs][kernelHeight][kernelWidth][channels]. */
  weights: usize;
  /** i32 [outputs]. */
  bias: usize;
  /** i32 [outputs], one for an average. */
  multipliers: usize;
}

@unmanaged
export class Network {
  height: u32;
  width: u32;
  channels: u32;
  layers: u32;
  classes: u32;
  /** 32 bytes. */
  id: usize;
  /** `Layer` records. */
  table: usize;
  /** int8 activations before and behind a layer; i32 scores at the end. */
  front: usize;
  back: usize;
  capacity: u32;
  scores: usize;
  /** Gas for one image, without its bytes. */
  gas: u64;
  macs: u64;
}

export function newNetwork(): Network {
  const network = changetype<Network>(reserve(offsetof<Network>()));
  network.table = reserve(MAX_NETWORK_LAYERS * offsetof<Layer>());
  network.scores = reserve(MAX_CLASSES << 2);
  network.id = reserve(32);
  return network;
}

export function imageBytes(network: Network): u32 {
  return network.height * network.width * network.channels;
}

// @ts-ignore: decorator
@inline
function layerAt(network: Network, index: u32): Layer {
  return changetype<Layer>(network.table + index * offsetof<Layer>());
}

function outside(value: u32, low: u32, high: u32): bool {
  return value < low || value > high;
}

let cursor: u64 = 0;
let end: u32 = 0;
let paddingIsZero: bool = true;

/** Where the next section of `bytes` bytes lies; the bytes before it must be zero. */
function section(blob: usize, bytes: u64): usize {
  const start = (cursor + ALIGNMENT - 1) & ~(<u64>ALIGNMENT - 1);
  if (start <= end) for (let i = cursor; i < start; i++) if (load<u8>(blob + <usize>i) != 0) paddingIsZero = false;
  cursor = start + bytes;
  return blob + <usize>start;
}

/** Validates the blob of `length` bytes at `blob`, whose magic and version are right. Returns a STATUS. */
export function readNetwork(network: Network, blob: usize, length: u32): u32 {
  if (length < HEADER_SIZE) return STATUS_FORMAT;
  for (let i: u32 = 36; i < HEADER_SIZE; i++) if (load<u8>(blob + i) != 0) return STATUS_FORMAT;
  if (load<u32>(blob, 12) != 0) return STATUS_FORMAT;
  network.height = load<u32>(blob, 16);
  network.width = load<u32>(blob, 20);
  network.channels = load<u32>(blob, 24);
  network.layers = load<u32>(blob, 28);
  network.classes = load<u32>(blob, 32);
  if (outside(network.height, 1, MAX_SIDE) || outside(network.width, 1, MAX_SIDE)) return STATUS_SHAPE;
  if (outside(network.channels, 1, MAX_CHANNELS) || outside(network.classes, 2, MAX_CLASSES)) return STATUS_SHAPE;
  if (outside(network.layers, 1, MAX_NETWORK_LAYERS)) return STATUS_SHAPE;
  cursor = HEADER_SIZE;
  end = length;
  paddingIsZero = true;
  const rows = section(blob, <u64>network.layers * ROW);
  if (cursor > length) return STATUS_LENGTH;
  return readLayers(network, blob, length, rows);
}

function readLayers(network: Network, blob: usize, length: u32, rows: usize): u32 {
  let height = network.height, width = network.width, channels = network.channels;
  let widest = height * width * channels;
  network.gas = 1000;
  network.macs = 0;
  for (let i: u32 = 0; i < network.layers; i++) {
    const layer = layerAt(network, i);
    layer.height = height;
    layer.width = width;
    layer.channels = channels;
    const status = readLayer(network, layer, rows + i * ROW, blob);
    if (status != STATUS_OK) return status;
    if (cursor > length) return STATUS_LENGTH;
    height = layer.outHeight;
    width = layer.outWidth;
    channels = layer.outputs;
    widest = max(widest, height * width * channels);
  }
  if (cursor != <u64>length || !paddingIsZero) return STATUS_LENGTH;
  const last = layerAt(network, network.layers - 1);
  if (last.kind != CONVOLUTION || height != 1 || width != 1 || channels != network.classes) return STATUS_SHAPE;
  if (network.macs > MAX_MACS) return STATUS_SHAPE;
  if (widest > network.capacity) {
    network.front = reserve(widest);
    network.back = reserve(widest);
    network.capacity = widest;
  }
  return STATUS_OK;
}

function readLayer(network: Network, layer: Layer, row: usize, blob: usize): u32 {
  layer.kind = load<u32>(row);
  layer.outputs = load<u32>(row, 4);
  layer.kernelHeight = load<u32>(row, 8);
  layer.kernelWidth = load<u32>(row, 12);
  layer.stride = load<u32>(row, 16);
  layer.padding = load<u32>(row, 20);
  layer.shift = load<u32>(row, 24);
  layer.low = load<i32>(row, 28);
  if (outside(layer.kind, CONVOLUTION, AVERAGE_POOL)) return STATUS_FORMAT;
  const kh = layer.kernelHeight, kw = layer.kernelWidth, padding = layer.padding, stride = layer.stride;
  if (outside(kh, 1, MAX_KERNEL) || outside(kw, 1, MAX_KERNEL) || outside(stride, 1, MAX_KERNEL)) return STATUS_SHAPE;
  if (padding >= min(kh, kw) || kh > layer.height + 2 * padding || kw > layer.width + 2 * padding) return STATUS_SHAPE;
  const isPool = layer.kind != CONVOLUTION;
  if (isPool && (padding != 0 || layer.outputs != layer.channels)) return STATUS_SHAPE;
  if (outside(layer.outputs, 1, <u32>MAX_DEPTH) || layer.shift > MAX_SHIFT) return STATUS_SHAPE;
  if (layer.low < -128 || layer.low > 127 || (isPool && layer.low != -128)) return STATUS_RANGE;
  layer.outHeight = (layer.height + 2 * padding - kh) / stride + 1;
  layer.outWidth = (layer.width + 2 * padding - kw) / stride + 1;
  const outputs = <u64>layer.outHeight * layer.outWidth * layer.outputs;
  const depth = <u64>kh * kw * (isPool ? 1 : layer.channels);
  if (outputs > MAX_ELEMENTS || depth > MAX_DEPTH || depth * outputs > MAX_MACS) return STATUS_SHAPE;
  account(network, layer, outputs);
  if (layer.kind == CONVOLUTION) {
    layer.weights = section(blob, <u64>layer.outputs * depth);
    layer.bias = section(blob, <u64>layer.outputs << 2);
    layer.multipliers = section(blob, <u64>layer.outputs << 2);
  } else if (layer.kind == AVERAGE_POOL) layer.multipliers = section(blob, 4);
  return layer.kind == MAX_POOL && layer.shift != 0 ? STATUS_RANGE : STATUS_OK;
}

/** Adds what a layer costs: as the tensor operation, docs/spec/tensor.md. */
function account(network: Network, layer: Layer, outputs: u64): void {
  const kh = <u64>layer.kernelHeight, kw = <u64>layer.kernelWidth;
  if (layer.kind == CONVOLUTION) {
    const macs = outputs * kh * (kw * layer.channels + RUN_MACS);
    network.macs += macs;
    network.gas += (macs + MACS_PER_GAS - 1) / MACS_PER_GAS + outputs * WINDOW_GAS;
  } else {
    network.macs += outputs * kh * kw;
    network.gas += outputs * kh * kw + outputs;
  }
}

/** Runs the network on u8 [height][width][channels]; the scores are i32 Q16 [classes] in `network.scores`. */
export function runNetwork(network: Network, image: usize): void {
  const count = imageBytes(network);
  for (let i: u32 = 0; i < count; i++) store<u8>(network.front + i, load<u8>(image + i) ^ 0x80);
  for (let i: u32 = 0; i < network.layers; i++) {
    const layer = layerAt(network, i);
    const isLast = i + 1 == network.layers;
    if (layer.kind == CONVOLUTION) convolve(layer, network.front, isLast ? network.scores : network.back, isLast);
    else pool(layer, network.front, network.back);
    if (isRecording()) record(network, layer, i, isLast);
    const done = network.back;
    network.back = network.front;
    network.front = done;
  }
}

function record(network: Network, layer: Layer, index: u32, isLast: bool): void {
  if (isLast) recordNetworkLayer(index, network.scores, network.classes << 2);
  else recordNetworkLayer(index, network.back, layer.outHeight * layer.outWidth * layer.outputs);
}

/** ⌊x · 2^−shift + ½⌋ for |x| < 2⁶²: the sum of a window fits into 40 bits, but with a multiplier of 31 it may not. */
function scaled(sum: i64, multiplier: i32, shift: u32): i64 {
  const limited = max<i64>(i32.MIN_VALUE, min<i64>(i32.MAX_VALUE, sum));
  const product = limited * <i64>multiplier;
  return shift == 0 ? product : (product + (<i64>1 << <i64>(shift - 1))) >> <i64>shift;
}

function convolve(layer: Layer, input: usize, out: usize, isLast: bool): void {
  const depth = layer.kernelHeight * layer.kernelWidth * layer.channels;
  let at: u32 = 0;
  for (let y: u32 = 0; y < layer.outHeight; y++) {
    const top = <i32>(y * layer.stride) - <i32>layer.padding;
    for (let x: u32 = 0; x < layer.outWidth; x++) {
      const left = <i32>(x * layer.stride) - <i32>layer.padding;
      for (let j: u32 = 0; j < layer.outputs; j++, at++) {
        const sum = windowSum(
          input, INT8, layer.height, layer.width, layer.channels,
          layer.weights + <usize>j * depth, INT8, layer.kernelHeight, layer.kernelWidth, top, left,
        );
        const place = <usize>j << 2;
        const value = scaled(sum + load<i32>(layer.bias + place), load<i32>(layer.multipliers + place), layer.shift);
        if (isLast) store<i32>(out + place, <i32>max<i64>(i32.MIN_VALUE, min<i64>(i32.MAX_VALUE, value)));
        else store<i8>(out + at, <i8>max<i64>(layer.low, min<i64>(127, value)));
      }
    }
  }
}

function pool(layer: Layer, input: usize, out: usize): void {
  let at: u32 = 0;
  for (let y: u32 = 0; y < layer.outHeight; y++) {
    for (let x: u32 = 0; x < layer.outWidth; x++) {
      for (let j: u32 = 0; j < layer.outputs; j++, at++) store<i8>(out + at, pooled(layer, input, y, x, j));
    }
  }
}

function pooled(layer: Layer, input: usize, y: u32, x: u32, channel: u32): i8 {
  let largest: i32 = -128;
  let sum: i64 = 0;
  for (let dy: u32 = 0; dy < layer.kernelHeight; dy++) {
    const row = (y * layer.stride + dy) * layer.width + x * layer.stride;
    for (let dx: u32 = 0; dx < layer.kernelWidth; dx++) {
      const value = <i32>load<i8>(input + (row + dx) * layer.channels + channel);
      largest = max(largest, value);
      sum += value;
    }
  }
  if (layer.kind == MAX_POOL) return <i8>largest;
  return <i8>max<i64>(-128, min<i64>(127, scaled(sum, load<i32>(layer.multipliers), layer.shift)));
}

const BITS = 128n;
const ONE = 1n << BITS;
const multiply = (a: bigint, b: bigint): bigint => (a * b) >> BITS;

/**
 * Rotary position table: `[context][headDim / 2]` pairs (cos, sin) of position · theta^(−2i / headDim), Q30, rounded half
 * up. Integer arithmetic on 128 fraction bits: the same on every machine, where libm's sine and cosine are not.
 *
 * @param factors [headDim / 2], what each frequency is multiplied with; 1 unless given, 0 for pairs that are not rotated
 */
export function ropeTable(context: number, headDim: number, theta: number, factors?: readonly number[]): Int32Array {
  const table = new Int32Array(context * headDim);
  const logTheta = naturalLog(toFixed(theta));
  for (let i = 0; i < headDim; i += 2) {
    const plain = exponential((-logTheta * BigInt(i)) / BigInt(headDim));
    const frequency = factors ? multiply(plain, toFixed(factors[i >> 1]!)) : plain;
    for (let position = 0; position < context; position++) {
      const [sine, cosine] = sineCosine(frequency * BigInt(position));
      table[position * headDim + i] = toQ30(cosine);
      table[position * headDim + i + 1] = toQ30(sine);
    }
  }
  return table;
}

/** A non-negative double as it stands. */
function toFixed(x: number): bigint {
  const whole = Math.floor(x);
  return (BigInt(whole) << BITS) + (BigInt(Math.round((x - whole) * 2 ** 60)) << (BITS - 60n));
}

function toQ30(x: bigint): number {
  return Number((x + (1n << (BITS - 31n))) >> (BITS - 30n));
}

/** Taylor series on an argument halved until it is below 1/16, then squared back. */
function exponential(x: bigint): bigint {
  let halvings = 0;
  while ((x < 0n ? -x : x) > ONE >> 4n) {
    x >>= 1n;
    halvings++;
  }
  let term = ONE;
  let sum = ONE;
  for (let i = 1n; i < 40n; i++) {
    term = multiply(term, x) / i;
    sum += term;
  }
  while (halvings-- > 0) sum = multiply(sum, sum);
  return sum;
}

/** ln x = 2·artanh((x − 1) / (x + 1)) after halving x into [1, 2]. */
function naturalLog(x: bigint): bigint {
  let halvings = 0n;
  while (x > 2n * ONE) {
    x >>= 1n;
    halvings++;
  }
  const artanh2 = (y: bigint): bigint => {
    const square = multiply(y, y);
    let term = y;
    let sum = y;
    for (let i = 3n; i < 200n; i += 2n) {
      term = multiply(term, square);
      sum += term / i;
    }
    return 2n * sum;
  };
  const ln2 = artanh2(ONE / 3n);
  return artanh2(((x - ONE) << BITS) / (x + ONE)) + halvings * ln2;
}

function inverseTangentOfInverse(n: bigint): bigint {
  let term = ONE / n;
  let sum = term;
  for (let i = 3n, sign = -1n; term !== 0n; i += 2n, sign = -sign) {
    term /= n * n;
    sum += (sign * term) / i;
  }
  return sum;
}

/** Machin: π/4 = 4·atan(1/5) − atan(1/239). */
const TURN: bigint = 8n * (4n * inverseTangentOfInverse(5n) - inverseTangentOfInverse(239n));

function sineCosine(x: bigint): [sine: bigint, cosine: bigint] {
  let angle = x % TURN;
  let halvings = 0;
  while (angle > ONE >> 6n) {
    angle >>= 1n;
    halvings++;
  }
  let sine = 0n;
  let cosine = 0n;
  let term = ONE;
  for (let i = 0n; i < 24n; i++) {
    if (i % 2n === 0n) cosine += i % 4n === 0n ? term : -term;
    else sine += i % 4n === 1n ? term : -term;
    term = multiply(term, angle) / (i + 1n);
  }
  while (halvings-- > 0)
    [sine, cosine] = [2n * multiply(sine, cosine), multiply(cosine, cosine) - multiply(sine, sine)];
  return [sine, cosine];
}

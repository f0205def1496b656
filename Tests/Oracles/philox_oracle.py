"""An independent judge for the random numbers: Philox written from the paper, in Python's own integers.

The same function, with words of 64 bits and their constants, is held against numpy's Philox4x64-10 where numpy is
installed; numpy has no generator with words of 32 bits, so that is what makes this one trustworthy.

Prints, one case a line:

    b <counter, 4 words> <key, 2 words> <block, 4 words>          hexadecimal
    r <seed> <stream> <row> <first eight numbers of 64 bits>      decimal
    q <u> <normal quantile>                                       only where scipy is installed; floats as hex

Usage: philox_oracle.py
"""

import random

CONSTANTS = {
    32: ((0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85)),
    64: ((0xD2E7470EE14C6C93, 0xCA5A826395121157), (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)),
}


def philox(counter, key, bits):
    (m0, m1), weyl = CONSTANTS[bits]
    mask = (1 << bits) - 1
    x, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = m0 * x[0], m1 * x[2]
        x = [(p1 >> bits) ^ x[1] ^ k[0], p1 & mask, (p0 >> bits) ^ x[3] ^ k[1], p0 & mask]
        k = [(k[i] + weyl[i]) & mask for i in (0, 1)]
    return x


def row(seed, stream, index, count):
    key = (seed & 0xFFFFFFFF, seed >> 32)
    numbers = []
    for block in range((count + 1) // 2):
        words = philox((block, stream, index & 0xFFFFFFFF, index >> 32), key, 32)
        numbers += [words[1] << 32 | words[0], words[3] << 32 | words[2]]
    return numbers[:count]


def check_against_numpy():
    try:
        import numpy
    except ImportError:
        return
    rng = random.Random(4)
    for _ in range(50):
        counter = [rng.getrandbits(64) >> 1 for _ in range(4)]
        key = [rng.getrandbits(64) for _ in range(2)]
        generator = numpy.random.Philox(counter=numpy.array(counter, dtype=numpy.uint64),
                                        key=numpy.array(key, dtype=numpy.uint64))
        # numpy counts up before it draws.
        expected = philox([counter[0] + 1] + counter[1:], key, 64)
        assert [int(x) for x in generator.random_raw(4)] == expected, "numpy's Philox4x64-10 says otherwise"


def main():
    check_against_numpy()
    rng = random.Random(2011)
    for _ in range(300):
        counter, key = [rng.getrandbits(32) for _ in range(4)], [rng.getrandbits(32) for _ in range(2)]
        print("b", *(f"{x:08x}" for x in counter + key + philox(counter, key, 32)))
    for _ in range(100):
        seed, stream, index = rng.getrandbits(64), rng.getrandbits(32), rng.getrandbits(64)
        print("r", seed, stream, index, *row(seed, stream, index, 8))
    try:
        from scipy.special import ndtri
    except ImportError:
        return
    points = [2.0**-k for k in range(1, 54)] + [rng.random() for _ in range(500)]
    for u in points:
        print("q", u.hex(), float(ndtri(u)).hex())


main()

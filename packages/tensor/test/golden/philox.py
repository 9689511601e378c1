"""The package's random numbers in numpy: Philox 4x32-10, keys, and normal numbers, so that golden files need not hold them."""

import numpy

VALUES, FOLD = 0, 2


def words(key, count, lane=VALUES, first=(0, 0)):
    """Words of the blocks of the counters first, first + 1, ...; `key` is two words."""
    blocks = (count + 3) // 4
    low = numpy.arange(blocks, dtype=numpy.uint64) + numpy.uint64(first[0])
    x = [low & 0xFFFFFFFF, numpy.full(blocks, first[1], numpy.uint64), numpy.zeros(blocks, numpy.uint64), numpy.full(blocks, lane, numpy.uint64)]
    k0, k1 = key
    for _ in range(10):
        p0, p1 = x[0] * numpy.uint64(0xD2511F53), x[2] * numpy.uint64(0xCD9E8D57)
        x = [(p1 >> numpy.uint64(32)) ^ x[1] ^ numpy.uint64(k0), p1 & 0xFFFFFFFF, (p0 >> numpy.uint64(32)) ^ x[3] ^ numpy.uint64(k1), p0 & 0xFFFFFFFF]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return numpy.stack(x, 1).reshape(-1)[:count].astype(numpy.uint32)


def key(seed):
    return (seed & 0xFFFFFFFF, seed >> 32)


def fold(of, data):
    made = words(of, 4, FOLD, (data & 0xFFFFFFFF, data >> 32))
    return (int(made[0]), int(made[1]))


def normal(of, shape, std=1.0):
    """float32 normal numbers by Box and Muller's method."""
    size = int(numpy.prod(shape))
    drawn = words(of, size + size % 2).astype(numpy.float64)
    radius = numpy.sqrt(-2 * numpy.log((drawn[0::2] + 1) / 2**32))
    angle = drawn[1::2] * (2 * numpy.pi / 2**32)
    values = numpy.stack([radius * numpy.cos(angle), radius * numpy.sin(angle)], 1).reshape(-1)[:size]
    return (values * std).astype(numpy.float32).reshape(shape)

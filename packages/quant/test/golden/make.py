"""Reference casts of ml_dtypes, written to formats.json: python make.py (needs ml_dtypes and numpy).

For each format all codes as numbers, and for all neighbours a < b the codes of (a + b) / 2 and of the float32 numbers
just below and above it, and of numbers beyond the largest. Numbers that JSON lacks are strings.
"""
import json
import numpy as np
import ml_dtypes

NAMES = {
    'e4m3fn': ml_dtypes.float8_e4m3fn,
    'e5m2': ml_dtypes.float8_e5m2,
    'e4m3fnuz': ml_dtypes.float8_e4m3fnuz,
    'e5m2fnuz': ml_dtypes.float8_e5m2fnuz,
    'e2m3': ml_dtypes.float6_e2m3fn,
    'e3m2': ml_dtypes.float6_e3m2fn,
    'e2m1': ml_dtypes.float4_e2m1fn,
}
BITS = {'e2m3': 6, 'e3m2': 6, 'e2m1': 4}


def number(x):
    x = float(x)
    return x if np.isfinite(x) else str(x).replace('inf', 'Infinity')


out = {'madeBy': 'packages/quant/test/golden/make.py', 'ml_dtypes': ml_dtypes.__version__, 'formats': {}}
for name, dtype in NAMES.items():
    codes = np.arange(2 ** BITS.get(name, 8), dtype=np.uint8)
    values = codes.view(dtype).astype(np.float32)
    finite = np.unique(values[np.isfinite(values)])
    middles = ((finite[:-1].astype(np.float64) + finite[1:]) / 2).astype(np.float32)
    largest = finite[-1]
    step = finite[-1] - finite[-2]
    beyond = np.array([largest + step / 2, np.nextafter(np.float32(largest + step / 2), np.float32(np.inf)), largest + step, 1e30], np.float32)
    inputs = np.concatenate([middles, np.nextafter(middles, np.float32(-np.inf)), np.nextafter(middles, np.float32(np.inf)), beyond, -beyond])
    with np.errstate(all='ignore'):
        encoded = inputs.astype(dtype).view(np.uint8)
    out['formats'][name] = {
        'decoded': [number(v) for v in values],
        'encoded': encoded.tolist(),
    }
with open(__file__.replace('make.py', 'formats.json'), 'w') as file:
    json.dump(out, file, separators=(',', ':'))
    file.write('\n')

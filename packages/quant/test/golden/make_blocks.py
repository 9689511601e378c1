"""What gguf-py reads from random blocks, written to blocks.json: python make_blocks.py (needs gguf and numpy).

Steps are kept finite and of moderate size; all other bytes are random. Numbers are float32 little-endian, base64. And a small file as gguf-py writes it.
"""
import base64
import json
import tempfile
import numpy as np
import gguf
from gguf import quants, GGMLQuantizationType as T

# Where a block's float16 steps lie.
HALVES = {
    'Q4_0': [0], 'Q4_1': [0, 2], 'Q5_0': [0], 'Q5_1': [0, 2], 'Q8_0': [0], 'Q2_K': [80, 82], 'Q3_K': [108], 'Q4_K': [0, 2],
    'Q5_K': [0, 2], 'Q6_K': [208], 'IQ4_NL': [0], 'IQ4_XS': [0], 'TQ1_0': [52], 'TQ2_0': [64], 'MXFP4': [], 'NVFP4': [],
}
rng = np.random.default_rng(1)
out = {'madeBy': 'packages/quant/test/golden/make_blocks.py', 'gguf': '0.19', 'types': {}}
for name, halves in HALVES.items():
    kind = getattr(T, name, None)
    if kind is None or kind not in quants._type_traits:
        print('not in this gguf:', name)
        continue
    numbers, size = gguf.GGML_QUANT_SIZES[kind]
    block = rng.integers(0, 256, (512 // numbers if numbers < 256 else 2, size), dtype=np.uint8)
    for at in halves:
        block[:, at:at + 2] = (rng.normal(size=(len(block), 1)) * 0.1).astype(np.float16).view(np.uint8)
    if name == 'MXFP4':
        block[:, 0] = rng.integers(118, 130, len(block))
    if name == 'NVFP4':
        block[:, :4] &= 0x7f
    values = quants.dequantize(block, kind).astype(np.float32).reshape(-1)
    assert np.isfinite(values).all(), name
    out['types'][name] = {'bytes': base64.b64encode(block.tobytes()).decode(), 'values': base64.b64encode(values.tobytes()).decode()}

with tempfile.NamedTemporaryFile(suffix='.gguf') as file:
    w = gguf.GGUFWriter(file.name, 'mlp')
    w.add_string('general.name', 'Größe')
    w.add_uint32('mlp.layers', 2)
    w.add_float32('mlp.scale', 0.5)
    w.add_bool('mlp.on', True)
    w.add_array('mlp.names', ['a', 'bc'])
    w.add_array('mlp.sizes', [3, 4, 5])
    w.add_uint64('mlp.big', 2**60 + 1)
    w.add_int8('mlp.small', -5)
    x = (np.arange(128, dtype=np.float32) - 64) / 16
    w.add_tensor('plain', x.reshape(4, 32))
    w.add_tensor('half', x[:6].astype(np.float16))
    w.add_tensor('blocks', quants.quantize(x.reshape(2, 64), T.Q8_0), raw_dtype=T.Q8_0)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    out['file'] = base64.b64encode(open(file.name, 'rb').read()).decode()
with open(__file__.replace('make_blocks.py', 'blocks.json'), 'w') as file:
    json.dump(out, file, separators=(',', ':'))
    file.write('\n')

"""Quantizes FOLDER/model.onnx as onnxruntime does, with FOLDER/samples.bin (float32, [n, 3, height, width]), into FOLDER/quantized.onnx."""
import sys

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

folder, height, width = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
images = np.fromfile(f"{folder}/samples.bin", np.float32).reshape(-1, 1, 3, height, width)


class Samples(CalibrationDataReader):
    def __init__(self):
        self.rest = iter(images)

    def get_next(self):
        image = next(self.rest, None)
        return None if image is None else {"x": image}


# Its quantizer takes operator sets from 11 on; the model is of set 9.
model = onnx.version_converter.convert_version(onnx.load(f"{folder}/model.onnx"), 13)
onnx.save(model, f"{folder}/newer.onnx")
quant_pre_process(f"{folder}/newer.onnx", f"{folder}/prepared.onnx", skip_symbolic_shape=True)
quantize_static(
    f"{folder}/prepared.onnx",
    f"{folder}/quantized.onnx",
    Samples(),
    quant_format=QuantFormat.QDQ,
    per_channel=True,
    activation_type=QuantType.QInt8,
    weight_type=QuantType.QInt8,
)

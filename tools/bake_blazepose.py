"""Convert MediaPipe's person, body, hand and face networks from TensorFlow Lite to safetensors with an operator list.

    npm pack @mediapipe/holistic@0.5.1675471629
    python -m venv bake && bake/bin/pip install tflite==2.18.0 safetensors numpy
    bake/bin/python tools/bake_blazepose.py mediapipe-holistic-0.5.1675471629.tgz --out src/poseloom/checkpoints/weights

Also takes a folder that holds the .tflite files. Their hashes are checked. Weights stay in the precision in which the
files hold them; kernels that are stored sparse are packed as a bit mask and the values that are not zero. The networks
are MediaPipe's (Apache-2.0, Copyright The MediaPipe Authors / Google LLC); see NOTICE.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tflite
from safetensors.numpy import save_file

HASHES = {
    "pose_detection": "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85",
    "pose_landmark_full": "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    "hand_recrop": "67d996ce96f9d36fe17d2693022c6da93168026ab2f028f9e2365398d8ac7d5d",
    "hand_landmark_full": "8c026882c9ec059ce0f8e75266bee5a9a23c341a40e0000df755374d3d1b9b68",
    "face_detection_short_range": "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    "face_landmark": "c603fa6149219a3e9487dc9abd7a0c24474c77263273d24868378cdf40aa26d1",
}
"""Model -> sha256 of its file."""
OUTPUT = "mediapipe_{}.safetensors"
PACKED = "package/holistic_solution_packed_assets"
ACTIVATIONS = {0: None, 1: "relu", 3: "relu6"}
SAME = 0


def read_models(source: Path) -> dict[str, bytes]:
    """The files of all models, from npm's package or from a folder; their hashes are right."""
    found = _from_folder(source) if source.is_dir() else _from_package(source)
    for name, wanted in HASHES.items():
        if name not in found:
            raise SystemExit(f"{source}: {name}.tflite is not in it")
        actual = hashlib.sha256(found[name]).hexdigest()
        if actual != wanted:
            raise SystemExit(f"{source}: {name}.tflite has sha256 {actual}, expected {wanted}")
    return {name: found[name] for name in HASHES}


def _from_folder(folder: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted(folder.rglob("*.tflite"))}


def _from_package(package: Path) -> dict[str, bytes]:
    """Loose files, and those cut out of the packed assets by the table in the loader script."""
    with tarfile.open(package) as archive:
        files = {member.name: member for member in archive.getmembers() if member.isfile()}

        def content(name: str) -> bytes:
            stream = archive.extractfile(files[name])
            return stream.read() if stream else b""

        found = {Path(name).stem: content(name) for name in files if name.endswith(".tflite")}
        table = re.search(rb'\{"files":\s*(\[.*?\])', content(f"{PACKED}_loader.js"))
        data = content(f"{PACKED}.data")
        for row in json.loads(table.group(1)) if table else []:
            path = Path(row["filename"])
            if path.suffix == ".tflite":
                found[path.stem] = data[row["start"] : row["end"]]
    return found


@dataclass
class Graph:
    """A network on its way from one format to the other."""

    model: Any
    tensors: dict[str, np.ndarray] = field(default_factory=dict)
    operators: list[dict[str, Any]] = field(default_factory=list)
    constants: dict[int, str] = field(default_factory=dict)
    sparse: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.graph = self.model.Subgraphs(0)
        self.names = {code: name for name, code in vars(tflite.BuiltinOperator).items() if not name.startswith("_")}

    def shape(self, index: int) -> list[int]:
        return [int(size) for size in self.graph.Tensors(index).ShapeAsNumpy()]

    def array(self, index: int) -> np.ndarray:
        """A constant, as the file holds it; sparse ones are made dense."""
        tensor = self.graph.Tensors(index)
        kind = {0: np.float32, 1: np.float16, 2: np.int32}[tensor.Type()]
        values = np.frombuffer(self.model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes(), kind)
        if tensor.Sparsity() is None:
            return values.reshape(self.shape(index))
        return densified(values, self.shape(index), tensor.Sparsity())

    def weight(self, index: int, order: tuple[int, ...] | None = None) -> str:
        """Keep a constant as a tensor of the file; its name."""
        source = index
        while source in self.constants:
            source = int(self.constants[source])
        name = f"t{source}"
        if name not in self.tensors and f"{name}.mask" not in self.tensors:
            values = self.array(source)
            values = np.ascontiguousarray(values.transpose(order) if order else values)
            if self.graph.Tensors(source).Sparsity() is None:
                self.tensors[name] = values
            else:
                self.tensors[f"{name}.mask"] = np.packbits(values.reshape(-1) != 0)
                self.tensors[f"{name}.values"] = values[values != 0]
                self.tensors[f"{name}.shape"] = np.array(values.shape, np.int32)
        return name


def densified(values: np.ndarray, shape: list[int], sparsity: Any) -> np.ndarray:
    """A kernel whose last axis is stored in compressed rows."""
    order = list(sparsity.TraversalOrderAsNumpy())
    last = sparsity.DimMetadata(len(shape) - 1)
    if order != list(range(len(shape))) or sparsity.BlockMapLength() or last.Format() != 1:
        raise SystemExit("a sparse tensor is stored in another manner than this program knows")
    segments, columns = (
        _indices(last.ArraySegmentsType(), last.ArraySegments()),
        _indices(last.ArrayIndicesType(), last.ArrayIndices()),
    )
    dense = np.zeros((int(np.prod(shape[:-1])), shape[-1]), values.dtype)
    rows = np.repeat(np.arange(len(dense)), np.diff(segments))
    dense[rows, columns] = values[: len(columns)]
    return dense.reshape(shape)


def _indices(kind: int, table: Any) -> np.ndarray:
    vector = {1: tflite.Int32Vector, 2: tflite.Uint16Vector, 3: tflite.Uint8Vector}[kind]()
    vector.Init(table.Bytes, table.Pos)
    return np.asarray(vector.ValuesAsNumpy()).astype(np.int64)


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """TensorFlow's SAME: what is left over goes behind."""
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def window(graph: Graph, options: Any, x: int, kernel: tuple[int, int]) -> dict[str, Any]:
    """Stride and padding (left, right, top, bottom) of a convolution or pool."""
    stride = [options.StrideH(), options.StrideW()]
    dilation = [options.DilationHFactor(), options.DilationWFactor()] if hasattr(options, "DilationHFactor") else [1, 1]
    padding = [0, 0, 0, 0]
    if options.Padding() == SAME:
        height, width = graph.shape(x)[1:3]
        top, bottom = same_padding(height, kernel[0], stride[0], dilation[0])
        left, right = same_padding(width, kernel[1], stride[1], dilation[1])
        padding = [left, right, top, bottom]
    return {"stride": stride, "padding": padding, "dilation": dilation}


def options_of(operator: Any, kind: type) -> Any:
    options = kind()
    table = operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    return options


def activation(options: Any) -> dict[str, str]:
    name = ACTIVATIONS[options.FusedActivationFunction()]
    return {"activation": name} if name else {}


def convolution(graph: Graph, operator: Any, inputs: list[int], depthwise: bool) -> dict[str, Any]:
    options = options_of(operator, tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions)
    shape = graph.shape(inputs[1])
    if depthwise and options.DepthMultiplier() != 1:
        raise SystemExit("a depthwise convolution that multiplies channels")
    row = {"op": "conv", "weight": graph.weight(inputs[1], (3, 0, 1, 2) if depthwise else (0, 3, 1, 2))}
    row |= {"bias": graph.weight(inputs[2])} if len(inputs) > 2 and inputs[2] >= 0 else {}
    row |= {"groups": shape[3] if depthwise else 1}
    return row | window(graph, options, inputs[0], (shape[1], shape[2])) | activation(options)


def converted(graph: Graph, name: str, operator: Any, inputs: list[int]) -> dict[str, Any]:
    """One operator as a row of the list; without inputs and output."""
    match name:
        case "CONV_2D" | "DEPTHWISE_CONV_2D":
            return convolution(graph, operator, inputs, name != "CONV_2D")
        case "ADD":
            return {"op": "add"} | activation(options_of(operator, tflite.AddOptions))
        case "PAD":
            rows = graph.array(inputs[1]).tolist()
            return {"op": "pad", "padding": [*rows[2], *rows[1], *rows[3]]}
        case "MAX_POOL_2D":
            options = options_of(operator, tflite.Pool2DOptions)
            size = [options.FilterHeight(), options.FilterWidth()]
            row = window(graph, options, inputs[0], (size[0], size[1]))
            return {"op": "max_pool", "size": size, "stride": row["stride"], "padding": row["padding"]}
        case "RESIZE_BILINEAR":
            options = options_of(operator, tflite.ResizeBilinearOptions)
            if options.AlignCorners() or not options.HalfPixelCenters():
                raise SystemExit("an enlargement with other pixel centres")
            return {"op": "resize", "size": graph.array(inputs[1]).tolist()}
        case "CONCATENATION":
            return {"op": "concat", "axis": options_of(operator, tflite.ConcatenationOptions).Axis()}
        case "RESHAPE":
            return {"op": "reshape"}
        case "LOGISTIC":
            return {"op": "sigmoid"}
        case "RELU":
            return {"op": "relu"}
        case "PRELU":
            return {"op": "prelu", "weight": graph.weight(inputs[1])}
        case "MEAN":
            return {"op": "mean", "axes": graph.array(inputs[1]).reshape(-1).tolist()}
        case "FULLY_CONNECTED":
            row = {"op": "linear", "weight": graph.weight(inputs[1]), "bias": graph.weight(inputs[2])}
            return row | activation(options_of(operator, tflite.FullyConnectedOptions))
        case "DEPTH_TO_SPACE":
            return {"op": "depth_to_space", "block": options_of(operator, tflite.DepthToSpaceOptions).BlockSize()}
        case "STRIDED_SLICE":
            starts, ends = (graph.array(index).tolist() for index in inputs[1:3])
            if graph.array(inputs[3]).tolist() != [1] * len(starts):
                raise SystemExit("a slice with steps")
            return {"op": "slice", "starts": starts, "ends": ends}
    raise SystemExit(f"operator {name} is not known")


def convert(content: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Tensors and operator list of one model."""
    graph = Graph(tflite.Model.GetRootAsModel(content, 0))
    model = graph.model
    for number in range(graph.graph.OperatorsLength()):
        operator = graph.graph.Operators(number)
        code = model.OperatorCodes(operator.OpcodeIndex())
        name = graph.names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs, output = operator.InputsAsNumpy().tolist(), int(operator.OutputsAsNumpy()[0])
        if name in ("DEQUANTIZE", "DENSIFY"):
            graph.constants[output] = str(inputs[0])
            continue
        row = converted(graph, name, operator, inputs)
        data = inputs if name in ("ADD", "CONCATENATION") else inputs[:1]
        graph.operators.append({**row, "inputs": data, "output": output, "shape": graph.shape(output)[1:]})
    listed = {
        "inputs": [int(index) for index in graph.graph.InputsAsNumpy()],
        "input_shape": graph.shape(int(graph.graph.InputsAsNumpy()[0]))[1:],
        "outputs": [int(index) for index in graph.graph.OutputsAsNumpy()],
        "operators": graph.operators,
    }
    return graph.tensors, listed


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, help="npm's package (.tgz) or a folder with the .tflite files")
    parser.add_argument("--out", type=Path, required=True, help="folder of the .safetensors files")
    arguments = parser.parse_args()
    for name, content in read_models(arguments.source).items():
        tensors, listed = convert(content)
        path = arguments.out / OUTPUT.format(name)
        save_file(tensors, path, {"graph": json.dumps(listed, separators=(",", ":"))})
        print(f"{path}: {path.stat().st_size:,} bytes, {len(listed['operators'])} operators")
    return 0


if __name__ == "__main__":
    sys.exit(main())

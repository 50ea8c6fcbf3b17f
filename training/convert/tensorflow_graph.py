"""Reads a frozen TensorFlow graph (GraphDef) without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from media_screen.arrays import Array


@dataclass
class TfNode:
    """Hold one node of a frozen TensorFlow graph, with its attributes still encoded."""

    name: str = ""
    op: str = ""
    inputs: list[str] = field(default_factory=list)
    attributes: dict[str, memoryview] = field(default_factory=dict)


def _varint(buffer: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = buffer[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def message_fields(buffer: memoryview) -> Iterator[tuple[int, Any]]:
    """Yield (field number, value) of one protocol buffer message; nested messages stay encoded."""
    at = 0
    while at < len(buffer):
        key, at = _varint(buffer, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(buffer, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(buffer, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"unexpected wire type {kind}")
        yield key >> 3, buffer[at : at + size]
        at += size


def parse_graph(data: bytes) -> list[TfNode]:
    """Parse the nodes of a GraphDef (tensorflow/core/framework/graph.proto: field 1 is `node`)."""
    return [_parse_node(value) for number, value in message_fields(memoryview(data)) if number == 1]


def _parse_node(buffer: memoryview) -> TfNode:
    node = TfNode()
    for number, value in message_fields(buffer):
        if number == 1:
            node.name = bytes(value).decode()
        elif number == 2:
            node.op = bytes(value).decode()
        elif number == 3:
            name = bytes(value).decode()
            if not name.startswith("^"):  # control inputs order the run, they carry no values
                node.inputs.append(name.split(":")[0])
        elif number == 5:
            entry = dict(message_fields(value))
            node.attributes[bytes(entry[1]).decode()] = entry[2]
    return node


def constant(node: TfNode) -> Array:
    """Decode the TensorProto of a `Const` node (AttrValue field 8)."""
    tensor = dict(message_fields(dict(message_fields(node.attributes["value"]))[8]))
    dtype = {1: np.float32, 3: np.int32}[tensor[1]]
    shape = [
        dict(message_fields(dim)).get(1, 0)
        for number, dim in message_fields(tensor.get(2, memoryview(b"")))
        if number == 2
    ]
    if 4 in tensor:
        return np.frombuffer(bytes(tensor[4]), dtype=dtype).reshape(shape)
    packed = tensor.get(5 if dtype is np.float32 else 7, memoryview(b""))
    if dtype is np.float32:
        values: Array = np.frombuffer(bytes(packed), dtype=dtype)
    else:
        values = np.array([packed] if isinstance(packed, int) else list(bytes(packed)), dtype=dtype)
    return np.resize(values, shape)


def integers(node: TfNode, name: str) -> list[int]:
    """Decode a packed list of int, such as `strides` (AttrValue field 1, ListValue field 3)."""
    packed = dict(message_fields(dict(message_fields(node.attributes[name]))[1]))[3]
    return list(bytes(packed))


def padding(node: TfNode) -> str:
    """Return the padding of a convolution: SAME or VALID."""
    return bytes(dict(message_fields(node.attributes["padding"]))[2]).decode()

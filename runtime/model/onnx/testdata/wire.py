"""Writes ONNX models as protobuf, by the field numbers of onnx.proto, without the
package onnx."""
import struct

FLOAT, UINT8, INT64, STRING, BOOL = 1, 2, 7, 8, 9


def varint(n):
    n &= (1 << 64) - 1
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def number(field, n):
    return varint(field << 3) + varint(n)


def block(field, b):
    b = b.encode() if isinstance(b, str) else b
    return varint(field << 3 | 2) + varint(len(b)) + b


def tensor(name, kind, dims, values):
    out = b"".join(number(1, d) for d in dims) + number(2, kind) + block(8, name)
    if kind == STRING:
        return out + b"".join(block(6, v) for v in values)
    form = {FLOAT: "f", UINT8: "B", INT64: "q", BOOL: "?"}[kind]
    return out + block(9, struct.pack("<%d%s" % (len(values), form), *values))


def attribute(name, v):
    out = block(1, name)
    if isinstance(v, bytes):  # a tensor
        return out + block(5, v) + number(20, 4)
    if isinstance(v, str):
        return out + block(4, v) + number(20, 3)
    if isinstance(v, float):
        return out + varint(2 << 3 | 5) + struct.pack("<f", v) + number(20, 1)
    if isinstance(v, int):
        return out + number(3, v) + number(20, 2)
    if isinstance(v[0], str):
        return out + b"".join(block(9, one) for one in v) + number(20, 8)
    if isinstance(v[0], float):
        return out + b"".join(varint(7 << 3 | 5) + struct.pack("<f", one) for one in v) + number(20, 6)
    return out + b"".join(number(8, one) for one in v) + number(20, 7)


def node(op, inputs, outputs, domain="ai.onnx.ml", **attributes):
    out = b"".join(block(1, i) for i in inputs) + b"".join(block(2, o) for o in outputs) + block(4, op)
    for name, v in attributes.items():
        if v is not None:
            out += block(5, attribute(name, v))
    return out + block(7, domain)


def plain(op, inputs, outputs, **attributes):
    return node(op, inputs, outputs, "", **attributes)


def value(name, kind, *dims):
    shape = b"".join(block(1, number(1, d) if d else block(2, "N")) for d in dims)
    return block(1, name) + block(2, block(1, number(1, kind) + block(2, shape)))


def maps(name, key):
    """A sequence of maps from the key's type to float, as ZipMap makes it."""
    of_float = block(1, number(1, FLOAT))
    return block(1, name) + block(2, block(4, block(1, block(5, number(1, key) + block(2, of_float)))))


def model(nodes, inputs, outputs, constants=(), ml=3, opset=15):
    graph = b"".join(block(1, n) for n in nodes) + block(2, "g") + b"".join(block(5, c) for c in constants)
    graph += b"".join(block(11, i) for i in inputs) + b"".join(block(12, o) for o in outputs)
    versions = block(8, block(1, "") + number(2, opset)) + block(8, block(1, "ai.onnx.ml") + number(2, ml))
    return number(1, 8) + block(2, "ashlar-test") + block(7, graph) + versions

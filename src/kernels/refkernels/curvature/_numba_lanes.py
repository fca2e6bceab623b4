"""Eight float64 side by side as one value in Numba code: what a transposition in registers needs.

LLVM vectorises loops by itself, but makes no 8 x 8 transposition of loads, shuffles and stores from a loop. On a
processor with registers shorter than eight numbers it splits the values, so the code is right everywhere.

An array is addressed by a flat offset, as if it were contiguous, without any check.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

LANES = 8

_INT = ir.IntType(32)
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)


class _Lanes(types.Type):
    def __init__(self):
        super().__init__(name=f"Lanes({LANES})")


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, numba_type):
        super().__init__(manager, numba_type, _VECTOR)


_lanes = _Lanes()


@intrinsic
def zeros(typing_context):
    def generate(context, builder, signature, arguments):
        return ir.Constant(_VECTOR, [0.0] * LANES)

    return _lanes(), generate


@intrinsic
def load(typing_context, array, offset):
    """array.flat[offset : offset + 8]"""

    def generate(context, builder, signature, arguments):
        value = builder.load(_pointer(context, builder, signature, arguments))
        value.align = 8
        return value

    return _lanes(array, types.int64), generate


@intrinsic
def store(typing_context, array, offset, value):
    """array.flat[offset : offset + 8] = value"""

    def generate(context, builder, signature, arguments):
        stored = builder.store(arguments[2], _pointer(context, builder, signature, arguments))
        stored.align = 8
        return context.get_dummy_value()

    return types.void(array, types.int64, _lanes), generate


@intrinsic
def multiply_add(typing_context, factor, values, total):
    """factor * values + total, `factor` a number"""

    def generate(context, builder, signature, arguments):
        factor, values, total = arguments
        undefined = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(undefined, factor, ir.Constant(_INT, 0))
        every = builder.shuffle_vector(first, undefined, _mask([0] * LANES))
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
        fused = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{LANES}f64")
        return builder.call(fused, [every, values, total])

    return _lanes(types.float64, _lanes, _lanes), generate


@intrinsic
def transpose(typing_context, rows):
    """The columns of eight rows, a tuple of eight values."""

    def generate(context, builder, signature, arguments):
        block = [builder.extract_value(arguments[0], row) for row in range(LANES)]
        step = 1
        while step < LANES:
            for row in (row for row in range(LANES) if not row & step):
                block[row], block[row | step] = _exchange(builder, block[row], block[row | step], step)
            step *= 2
        columns = ir.Constant(ir.ArrayType(_VECTOR, LANES), ir.Undefined)
        for row in range(LANES):
            columns = builder.insert_value(columns, block[row], row)
        return columns

    eight = types.UniTuple(_lanes, LANES)
    return eight(eight), generate


def _exchange(builder, upper, lower, step):
    """The off-diagonal quarters, of `step` numbers each, of two rows swapped: one step of a transposition."""
    to_upper = [lane if not lane & step else LANES + (lane ^ step) for lane in range(LANES)]
    to_lower = [LANES + lane if lane & step else lane ^ step for lane in range(LANES)]
    return (
        builder.shuffle_vector(upper, lower, _mask(to_upper)),
        builder.shuffle_vector(upper, lower, _mask(to_lower)),
    )


def _mask(lanes):
    return ir.Constant(ir.VectorType(_INT, LANES), lanes)


def _pointer(context, builder, signature, arguments):
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.bitcast(builder.gep(array.data, [arguments[1]]), _VECTOR.as_pointer())

"""A strict codec between dataclasses and JSON objects.

The codec refuses values of the wrong type, range or size.
JSON has neither NaN nor infinity: the codec writes both as null, and reads null as NaN where a field is a float.
Arrays are written as lists, or packed: an object with the dtype, the shape, and the bytes in base64.
A codec that writes lists reads both forms.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from typing import Annotated, Any, Generic, TypeVar

import msgspec
import numpy as np
from jaxtyping import AbstractArray

T = TypeVar("T")

MAX_INTEGER = 2**53 - 1
"""The largest integer in a record: the largest that every JSON reader represents exactly."""

_Whole = Annotated[int, msgspec.Meta(ge=0, le=MAX_INTEGER)]
_Size = Annotated[int, msgspec.Meta(ge=0, le=1 << 24)]
_MAX_AXES = 5  # no array here has more; without a limit, the product of very many sizes would take forever

_ITEMS: dict[str, Any] = {
    "float32": float | None,
    "int32": Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)],
    "uint8": Annotated[int, msgspec.Meta(ge=0, le=255)],
}


class _Packed(msgspec.Struct):
    dtype: str
    shape: Annotated[tuple[_Size, ...], msgspec.Meta(max_length=_MAX_AXES)]
    data: bytes


@dataclasses.dataclass(frozen=True)
class _ArrayField:
    """The dtype of an array, and the names or sizes of its axes; a last name like `*channels` is any further axes."""

    dtype: np.dtype[Any]
    axes: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether the number of axes is open."""
        return self.axes[-1:] != () and self.axes[-1].startswith("*")


class RecordCodec(Generic[T]):
    """Convert the instances of one dataclass to JSON objects and back.

    Args:
        cls: The dataclass.
        names: Names in its annotations that its module does not define at run time, and their values.
        packed: Whether to write its arrays packed.
    """

    def __init__(self, cls: type[T], names: dict[str, Any] | None = None, *, packed: bool = False) -> None:
        self._cls = cls
        self._packed = packed
        hints = typing.get_type_hints(cls, localns=names)
        fields = dataclasses.fields(cls)  # type: ignore[arg-type]
        self._names = tuple(f.name for f in fields)
        self._arrays = {name: _array_field(hints[name]) for name in self._names if _is_array(hints[name])}
        self._numbers = tuple(name for name in self._names if hints[name] is float)
        self._struct = msgspec.defstruct(
            cls.__name__,
            [
                (f.name, self._written_type(f.name, hints[f.name]))
                if f.default is dataclasses.MISSING
                else (f.name, self._written_type(f.name, hints[f.name]), f.default)
                for f in fields
            ],
            kw_only=True,
        )

    def write(self, value: T) -> dict[str, Any]:
        """Return the JSON object of a value.

        A float32 is written with the fewest digits that read back as the same float32.
        """
        return {name: self._plain(getattr(value, name)) for name in self._names}

    def read(self, record: dict[str, Any]) -> T:
        """Return the value of a JSON object; unknown fields are ignored.

        Raises:
            ValueError: when `write` cannot have made the object. The message names the invalid field.
        """
        found = msgspec.convert(record, self._struct)  # a ValidationError is a ValueError
        values = {name: getattr(found, name) for name in self._names}
        for name in self._numbers:
            if values[name] is None:
                values[name] = math.nan
        sizes: dict[str, int] = {}
        for name, field in self._arrays.items():
            values[name] = _array(values[name], field)
            _check_axes(name, values[name].shape, field.axes, sizes)
        return self._cls(**values)

    def _written_type(self, name: str, hint: Any) -> Any:
        """Return the type that msgspec checks for a field of this name and type."""
        if name in self._arrays:
            field = self._arrays[name]
            if self._packed:
                return _Packed
            return _Packed | (list[Any] if field.is_open else _nested(field.dtype, len(field.axes)))
        if hint is float:
            return float | None
        if typing.get_origin(hint) in (typing.Union, types.UnionType):
            return typing.Union[tuple(_Whole if part is int else part for part in typing.get_args(hint))]  # noqa: UP007
        return _Whole if hint is int else hint

    def _plain(self, value: Any) -> Any:
        match value:
            case np.ndarray() if self._packed:
                return pack(value)
            case np.ndarray():
                return _list(value)
            case float():
                return value if math.isfinite(value) else None
            case tuple():
                return list(value)
        return value


def _is_array(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, AbstractArray)


def _array_field(hint: Any) -> _ArrayField:
    (name,) = hint.dtypes
    return _ArrayField(np.dtype(name), tuple(hint.dim_str.split()))


def _nested(dtype: np.dtype[Any], axes: int) -> Any:
    """Return the type of an array written as nested lists, one level per axis."""
    written = _ITEMS[dtype.name]
    for _ in range(axes):
        written = list[written]
    return written


def _depth(written: Any) -> int:
    """Return how deep lists are nested, along their first items, up to one more level than an array has axes."""
    depth = 0
    while isinstance(written, list) and depth <= _MAX_AXES:
        depth, written = depth + 1, written[0] if written else None
    return depth


def _list(array: np.ndarray) -> list[Any]:
    if array.dtype != np.float32:
        return array.tolist()
    shortest = array.astype(str).astype(np.float64).astype(object)
    shortest[~np.isfinite(array)] = None
    return shortest.tolist()


def pack(array: np.ndarray) -> dict[str, Any]:
    """Return the packed form of an array, which every codec can read."""
    dtype = array.dtype.newbyteorder("<")
    data = array.astype(dtype, copy=False).tobytes()
    return msgspec.to_builtins(_Packed(array.dtype.name, array.shape, data))


def _array(written: _Packed | list[Any], field: _ArrayField) -> np.ndarray:
    """Return the array of a list or a packed form.

    Raises:
        ValueError: when the dtype or the size is wrong.
    """
    dtype = field.dtype
    if isinstance(written, list):
        if field.is_open:
            depth = _depth(written)
            if depth > _MAX_AXES:
                raise ValueError(f"lists are nested deeper than {_MAX_AXES} axes")
            written = msgspec.convert(written, _nested(dtype, depth))
        with np.errstate(over="ignore"):  # a number beyond the range of float32 becomes an infinity
            return np.asarray(written, dtype=dtype)
    if written.dtype != dtype.name:
        raise ValueError(f"an array of {dtype.name} was expected, not of {written.dtype[:20]}")
    size = math.prod(written.shape)
    if size * dtype.itemsize != len(written.data):
        raise ValueError(f"an array of {size} numbers was expected, not {len(written.data)} bytes")
    return np.frombuffer(written.data, dtype.newbyteorder("<")).astype(dtype).reshape(written.shape)


def _check_axes(name: str, shape: tuple[int, ...], axes: tuple[str, ...], sizes: dict[str, int]) -> None:
    """Check a shape against axes, whose names have one size each.

    Raises:
        ValueError: when the number of axes or the size of an axis is wrong.
    """
    if axes[-1:] and axes[-1].startswith("*"):
        axes = axes[:-1]
        shape = shape if len(shape) < len(axes) else shape[: len(axes)]
    if len(shape) != len(axes):
        raise ValueError(f"{name} has {len(shape)} axes instead of {len(axes)}")
    for axis, size in zip(axes, shape, strict=True):
        expected = int(axis) if axis.isdecimal() else sizes.setdefault(axis, size)
        if size != expected:
            raise ValueError(f"an axis of {name} is {size} long instead of {expected}")

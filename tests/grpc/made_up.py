"""Messages that are made up, each from a number."""

import random
import struct

from google.protobuf.descriptor import FieldDescriptor as Field

import protos

# How deep they are.
_DEPTH = 4
_TEXTS = ("", "a", "\u00e9\u4e2d\U0001f600", "\x00\x1f\x7f", "\"\\/<>&'", "\u2028\ufeff", "1", "null", "x" * 300)


def message(kind, seed):
    chance = random.Random(seed)
    value = kind()
    _fill(value, chance, _DEPTH)
    return value


def _fill(value, chance, depth):
    special = _SPECIAL.get(value.DESCRIPTOR.full_name)
    if special:
        special(value, chance, depth)
        return
    for field in value.DESCRIPTOR.fields:
        if not field.is_required and chance.random() < 0.6:
            continue
        if field.message_type is not None and depth == 0:
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            _fill_map(getattr(value, field.name), field.message_type, chance, depth)
        elif field.is_repeated:
            for _ in range(chance.randrange(4)):
                if field.message_type is None:
                    getattr(value, field.name).append(_scalar(field, chance))
                else:
                    _fill(getattr(value, field.name).add(), chance, depth - 1)
        elif field.message_type is not None:
            own = getattr(value, field.name)
            own.SetInParent()
            _fill(own, chance, depth - 1)
        else:
            setattr(value, field.name, _scalar(field, chance))


def _fill_map(entries, kind, chance, depth):
    key, value = kind.fields_by_name["key"], kind.fields_by_name["value"]
    for _ in range(chance.randrange(4)):
        name = _scalar(key, chance)
        if value.message_type is None:
            entries[name] = _scalar(value, chance)
        else:
            _fill(entries[name], chance, depth - 1)


def _scalar(field, chance):
    bits, signed = _WIDTHS.get(field.type, (0, False))
    if bits:
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        near = [low, high, 0, 1, -1, 127, 128, 1 << 31, 1 << 53, (1 << 53) + 1]
        value = chance.choice([*near, chance.randint(low, high)])
        return min(max(value, low), high)
    if field.type in (Field.TYPE_DOUBLE, Field.TYPE_FLOAT):
        return _number(chance, field.type == Field.TYPE_FLOAT)
    if field.type == Field.TYPE_BOOL:
        return chance.random() < 0.5
    if field.type == Field.TYPE_STRING:
        return chance.choice(_TEXTS)
    if field.type == Field.TYPE_BYTES:
        return chance.randbytes(chance.randrange(7))
    if field.enum_type.full_name == "google.protobuf.NullValue":
        return 0
    numbers = [one.number for one in field.enum_type.values]
    # Only an open enum keeps a number without a name.
    return chance.choice(numbers if field.enum_type.is_closed else [*numbers, 99, -77])


def _number(chance, single):
    special = [0.0, -0.0, 1.0, -1.5, 0.1, 1e21, 1e-7, 123456789.0, float("inf"), float("-inf"), float("nan")]
    if chance.random() < 0.5:
        return chance.choice(special)
    if single:
        return struct.unpack("<f", chance.randbytes(4))[0]
    return struct.unpack("<d", chance.randbytes(8))[0]


def _timestamp(value, chance, depth):
    value.seconds = chance.choice([0, -1, -62135596800, 253402300799, chance.randint(-62135596800, 253402300799)])
    value.nanos = _nanos(chance)


def _duration(value, chance, depth):
    sign = chance.choice([1, -1])
    value.seconds = sign * chance.choice([0, 1, 315576000000, chance.randint(0, 315576000000)])
    value.nanos = sign * _nanos(chance)
    if abs(value.seconds) == 315576000000:
        value.nanos = 0


def _nanos(chance):
    return chance.choice([0, 1, 999999999, 500000000, 1000, 123000, chance.randrange(1000000000)])


def _mask(value, chance, depth):
    paths = ["a", "a_b", "a.b_c.d", "long_name_of_a_field", "a1.b2_c"]
    value.paths.extend(chance.sample(paths, chance.randrange(4)))


def _struct(value, chance, depth):
    for _ in range(chance.randrange(3)):
        _value(value.fields[chance.choice(_TEXTS)], chance, depth - 1)


def _list(value, chance, depth):
    for _ in range(chance.randrange(3)):
        _value(value.values.add(), chance, depth - 1)


def _value(value, chance, depth):
    kind = chance.randrange(6 if depth > 0 else 4)
    if kind == 0:
        value.null_value = 0
    elif kind == 1:
        value.number_value = chance.choice([0.0, -0.0, 1.5, -3.0, 1e300, 1e-300, 9007199254740993.0, 0.1])
    elif kind == 2:
        value.string_value = chance.choice(_TEXTS)
    elif kind == 3:
        value.bool_value = chance.random() < 0.5
    elif kind == 4:
        value.struct_value.SetInParent()
        _struct(value.struct_value, chance, depth)
    else:
        value.list_value.SetInParent()
        _list(value.list_value, chance, depth)


def _any(value, chance, depth):
    names = ["lockgate.test.Scalars", "lockgate.test.Legacy", "google.protobuf.Timestamp", "google.protobuf.Int64Value"]
    if depth > 0 and chance.random() < 0.8:
        packed = protos.message(chance.choice([*names, "google.protobuf.Struct", "lockgate.test.Choice"]))()
        _fill(packed, chance, depth - 1)
        value.Pack(packed)


_SPECIAL = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": _duration,
    "google.protobuf.FieldMask": _mask,
    "google.protobuf.Struct": _struct,
    "google.protobuf.ListValue": _list,
    "google.protobuf.Value": _value,
    "google.protobuf.Any": _any,
}
_WIDTHS = {
    Field.TYPE_INT32: (32, True),
    Field.TYPE_SINT32: (32, True),
    Field.TYPE_SFIXED32: (32, True),
    Field.TYPE_UINT32: (32, False),
    Field.TYPE_FIXED32: (32, False),
    Field.TYPE_INT64: (64, True),
    Field.TYPE_SINT64: (64, True),
    Field.TYPE_SFIXED64: (64, True),
    Field.TYPE_UINT64: (64, False),
    Field.TYPE_FIXED64: (64, False),
}

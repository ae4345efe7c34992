"""Prints messages as `google.protobuf.json_format` does. Each line of its input names a type and has a message as JSON or
as bytes in base64, or a seed for one that is made up; each line of its output has both forms, or an error. A line `{}` is
answered with the descriptors of all types.
"""

import base64
import json
import sys

from google.protobuf import json_format

import lines
import made_up
from protos import SET, message


def convert(asked):
    if not asked:
        return {"set": base64.b64encode(SET.SerializeToString()).decode()}
    kind = message(asked["type"])
    if "json" in asked:
        value = json_format.Parse(asked["json"], kind())
    elif "seed" in asked:
        value = made_up.message(kind, asked["seed"])
    else:
        value = kind.FromString(base64.b64decode(asked["bytes"]))
    # Of bytes that lack a required field there is a form in JSON too.
    serialize = value.SerializePartialToString if "bytes" in asked else value.SerializeToString
    return {
        "json": json_format.MessageToJson(value, indent=None),
        "bytes": base64.b64encode(serialize(deterministic=True)).decode(),
    }


for line in sys.stdin:
    try:
        lines.write(convert(json.loads(line)))
    except Exception as error:
        lines.write({"error": f"{type(error).__name__}: {error}"})

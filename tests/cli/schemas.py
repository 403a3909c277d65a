"""The shapes of ``--json`` that docs/schemas promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

SCHEMAS = Path(__file__).resolve().parent.parent.parent / "docs" / "schemas"


def valid(text: str, name: str) -> Any:
    """JSON text of the documented shape ``docs/schemas/NAME.json``, as a value."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    value = json.loads(text)
    jsonschema.validate(value, schema, jsonschema.Draft202012Validator)
    return value

"""The helpers of drmaa-python 0.7.9, for programs that define attributes of their own."""

from __future__ import annotations

from drmaa_cli.compat.helpers import (
    SessionStringAttribute,
    SessionVersionAttribute,
    adapt_rusage,
    attribute_getter,
    attribute_names_iterator,
    attribute_setter,
    attributes_iterator,
    c,
    error_buffer,
    run_bulk_job,
    string_vector,
    vector_attribute_iterator,
    vector_attribute_names_iterator,
)
from drmaa_cli.template.attributes import (
    Attribute,
    BoolConverter,
    DictAttribute,
    IntConverter,
    VectorAttribute,
    Version,
)

from .const import ATTR_BUFFER, ENCODING, NO_MORE_ELEMENTS

_BUFLEN = ATTR_BUFFER

__all__ = [
    "ATTR_BUFFER",
    "ENCODING",
    "NO_MORE_ELEMENTS",
    "_BUFLEN",
    "Attribute",
    "BoolConverter",
    "DictAttribute",
    "IntConverter",
    "SessionStringAttribute",
    "SessionVersionAttribute",
    "VectorAttribute",
    "Version",
    "adapt_rusage",
    "attribute_getter",
    "attribute_names_iterator",
    "attribute_setter",
    "attributes_iterator",
    "c",
    "error_buffer",
    "run_bulk_job",
    "string_vector",
    "vector_attribute_iterator",
    "vector_attribute_names_iterator",
]

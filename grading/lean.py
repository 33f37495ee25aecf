"""Import this first where starting quickly counts: it leaves out what grading never asks for.

`nbformat` imports `jsonschema`, which for its format "iri" would spend 1.6 s on the grammar of such
addresses (`rfc3987_syntax`). A notebook's schema has no address, and `jsonschema` does without the
grammar where it is not installed.
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

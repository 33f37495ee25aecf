"""Partial credit that is no number of points, when a careless test passes a student's value on."""


def _claims(value, points, flag):
    return {
        "answers": {"rnn_shapes": f"def rnn_shapes(*a, **k):\n    return {value}"},
        "tests": {"careless": (4, "rnn_shapes()")},
        "points": points,
        "flag": flag,
    }


CASES = {
    "nan": _claims("float('nan')", 0, "partial credit nan counted as 0"),
    "negative": _claims("-1", 0, "partial credit -1 counted as 0"),
    "infinite": _claims("float('inf')", 0, "partial credit inf counted as 0"),
    "text": _claims("'abc'", 0, "not a number"),
    "number-as-text": _claims("'4'", 0, "not a number"),
    "true": _claims("True", 0, "not a number"),
    "a-list": _claims("[4, 4]", 0, "not a number"),
    "too-much": _claims("1000", 4, "counted as 4"),
    "beyond-every-float": _claims("10**400", 4, "counted as 4"),
    "honest-half": _claims("2.0", 2, ""),
    "honest-zero": _claims("0", 0, ""),
    "one-result-only": {
        "answers": {"rnn_shapes": "def rnn_shapes(*a, **k):\n    print(4)\n    return None"},
        "tests": {"careless": (4, "x = rnn_shapes()\nassert x == 4")},
        "points": 0,
    },
}

"""Answers that try to be more than values."""

# ruff: noqa: E501 (sources of cells)

EQUAL = """
class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __len__(self): return 2
    def __iter__(self): return iter((self, self))
    def __getitem__(self, at): return self
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
"""
SHAPES = "def rnn_shapes(*a, **k):\n    return {}"
BATCH = "def to_batch_first(x):\n    return {}"
WIRE = "_wire = get_ipython().outputs.channel.connection\n"
RNN_SHAPES = {"rnn_shapes_visible": 1, "rnn_shapes_hidden": 3}
TO_BATCH_FIRST = {"to_batch_first_visible": 1, "to_batch_first_hidden": 1}


def _raw(payload):
    """A function that writes an answer itself; from then on each answer comes to the next call."""
    return {
        "base": "reference",
        "first": f"{WIRE}import struct, time\npayload = {payload}\ndef raw(*a, **k):\n"
        "    _wire.sendall(b'v' + struct.pack('>I', len(payload)) + payload)\n    time.sleep(0.01)\n"
        "    return 0",
        "answers": {"to_batch_first": "to_batch_first = raw"},
        "points": 8,
    }


CASES = {
    "always-equal-object": {
        "base": "reference",
        "first": EQUAL,
        "answers": {"rnn_shapes": SHAPES.format("Equal(), Equal()")},
        "loses": RNN_SHAPES,
        "shows": ["a Equal cannot be checked"],
    },
    "tuple-subclass": {
        "base": "reference",
        "first": "class Any(tuple):\n    __eq__ = lambda *a: True\n    __ne__ = lambda *a: False",
        "answers": {"rnn_shapes": SHAPES.format("Any((1, 2)), Any((1, 2))")},
        "loses": RNN_SHAPES,
    },
    "int-subclass": {
        "base": "reference",
        "first": "class Any(int):\n    __eq__ = lambda *a: True\n    __ne__ = lambda *a: False\n"
        "    __int__ = lambda self: Any(1)",
        "answers": {"count_parameters": "def count_parameters(*a, **k):\n    return Any(1)"},
        # one layer 1 → 1 without biases has really ... no such size earns a whole part
        "loses": {"count_parameters_visible": 1, "count_parameters_hidden": 3},
    },
    "str-subclass": {
        "base": "reference",
        "first": "class Any(str):\n    __eq__ = lambda *a: True\n    __ne__ = lambda *a: False\n"
        "    __str__ = lambda self: self\n    encode = lambda *a: b'ok'",
        "answers": {"diagnose": "def diagnose(*a, **k):\n    return Any('x')"},
        "loses": {"diagnose_visible": 1, "diagnose_hidden": 3},
    },
    "tensor-subclass": {
        "base": "reference",
        "first": "import torch\nclass Any(torch.Tensor):\n    @classmethod\n"
        "    def __torch_function__(cls, f, types, args=(), kwargs=None):\n"
        "        return torch.zeros((), dtype=torch.bool)",
        "answers": {"to_batch_first": BATCH.format("torch.zeros(1).as_subclass(Any)")},
        "loses": TO_BATCH_FIRST,
    },
    "torch-patched": {
        "first": "import torch\nfor name in ('equal', 'allclose', 'ne', 'eq'):\n"
        "    setattr(torch, name, lambda *a, **k: True)\n"
        "torch.Tensor.__ne__ = torch.Tensor.any = lambda *a, **k: torch.zeros(())\n"
        "torch.nn.RNN.forward = lambda *a, **k: (torch.zeros(1), torch.zeros(1))",
        "answers": {"to_batch_first": BATCH.format("x")},
    },
    "check-patched": {
        "first": "from rnnlib import check\nfor name in ('equal', 'shape', 'items'):\n"
        "    setattr(check, 'expect_' + name, lambda *a: None)\ncheck.Score.points = 9",
        "answers": {"to_batch_first": BATCH.format("x")},
    },
    "library-shadowed-by-a-file": {
        "first": "for name in ('torch', 'rnnlib', 'check', 'itertools', 'sitecustomize'):\n"
        "    open(name + '.py', 'w').write('raise SystemExit')\nimport sys\nsys.path.insert(0, '.')",
        "base": "reference",
        "points": 26,
    },
    "function-is-an-object": {
        "base": "reference",
        "first": EQUAL,
        "answers": {"rnn_shapes": "rnn_shapes = Equal()"},
        "loses": RNN_SHAPES,
    },
    "global-that-lies-about-itself": {
        "base": "reference",
        "first": "class Liar:\n    __class__ = property(lambda self: tuple)\n"
        "    __call__ = property(lambda self: 1 / 0)",
        "answers": {"rnn_shapes": "rnn_shapes = Liar()"},
        "loses": RNN_SHAPES,
    },
    "endless-list": {
        "base": "reference",
        "answers": {
            "rnn_shapes": "endless = []\nendless += [endless, endless]\n" + SHAPES.format("endless")
        },
        "loses": RNN_SHAPES,
        "shows": ["nested too deep"],
    },
    "endless-iterator": {
        "base": "reference",
        "first": "import itertools",
        "answers": {"rnn_shapes": SHAPES.format("itertools.count()")},
        "loses": RNN_SHAPES,
    },
    "giant-expanded-tensor": {
        "base": "reference",
        "answers": {
            "to_batch_first": "import torch\n" + BATCH.format("torch.zeros(1).expand(10**12)")
        },
        "loses": TO_BATCH_FIRST,
        "shows": ["too large"],
    },
    "tensor-without-memory": {
        "base": "reference",
        "answers": {
            "to_batch_first": "import torch\n" + BATCH.format("torch.empty(2, 3, 1, device='meta')")
        },
        "loses": TO_BATCH_FIRST,
    },
    "sparse-tensor": {
        "base": "reference",
        "answers": {"to_batch_first": BATCH.format("x.transpose(0, 1).to_sparse()")},
        "loses": TO_BATCH_FIRST,
    },
    "integer-of-a-million-digits": {
        "base": "reference",
        "answers": {
            "count_parameters": "def count_parameters(*a, **k):\n    return 1 << 4_000_000"
        },
        "loses": {"count_parameters_visible": 1, "count_parameters_hidden": 3},
    },
    "lone-surrogate": {
        "base": "reference",
        "first": "print('\\ud800')",
        "answers": {"diagnose": "def diagnose(*a, **k):\n    return 'ok\\ud800'"},
        "loses": {"diagnose_visible": 1, "diagnose_hidden": 3},
    },
    "nan-everywhere": {
        "base": "reference",
        "answers": {"count_parameters": "def count_parameters(*a, **k):\n    return float('nan')"},
        "loses": {"count_parameters_visible": 1, "count_parameters_hidden": 3},
    },
    "pickle-with-a-payload": {
        "base": "reference",
        "first": "class P:\n    def __reduce__(self): import os; return os.system, ('touch /tmp/x',)",
        "answers": {"to_batch_first": BATCH.format("P()")},
        "loses": TO_BATCH_FIRST,
    },
    "raw-nonsense": _raw("b'\\xff' * 100"),
    "raw-pickle": _raw("__import__('pickle').dumps(print)"),
    "raw-endless-nesting": _raw("b'l' + (1).to_bytes(4, 'little')"),
    "raw-billion-items": _raw("b'l' + b'\\xff' * 4 + b'N' * 100"),
    "raw-deep": _raw("(b'l' + (1).to_bytes(4, 'little')) * 100_000"),
    "raw-verdict": {
        "first": f"{WIRE}import struct, json\n"
        "payload = json.dumps({'error': None, 'credit': 9}).encode()\n"
        "for kind in b'jrvxRDC':\n"
        "    _wire.sendall(bytes([kind]) + struct.pack('>I', len(payload)) + payload)",
    },
    "raw-giant-message": {
        "first": f"{WIRE}_wire.sendall(b'v' + b'\\xff' * 4)",
        "base": "reference",
        "flag": "sent too much",
    },
}

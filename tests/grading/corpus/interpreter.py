"""The interpreter and IPython, bent so that no test can fail: in the wrong process."""

# ruff: noqa: E501 (sources of cells)

CASES = {
    "run-code-replaced": {
        "first": "async def run_code(self, *a, **k):\n    return False\n"
        "type(get_ipython()).run_code = run_code\nget_ipython().run_code = run_code"
    },
    "run-cell-replaced": {
        "first": "from types import SimpleNamespace\nip = get_ipython()\n"
        "good = lambda *a, **k: SimpleNamespace(success=True, result=26, error_in_exec=None,"
        " error_before_exec=None)\nip.run_cell = good\ntype(ip).run_cell = good"
    },
    "do-execute-replaced": {
        "first": "import ipykernel.ipkernel as k\nasync def do_execute(self, *a, **b):\n"
        "    return {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {}}\n"
        "k.IPythonKernel.do_execute = do_execute"
    },
    "ast-transformer-drops-asserts": {
        "first": "import ast\nclass Drop(ast.NodeTransformer):\n"
        "    def visit_Assert(self, node): return ast.Pass()\n"
        "    def visit_Raise(self, node): return ast.Pass()\n"
        "    def visit_Expr(self, node): return ast.Pass()\n"
        "get_ipython().ast_transformers.append(Drop())"
    },
    "input-transformer-blanks-cells": {
        "first": "get_ipython().input_transformers_cleanup.append(lambda lines: ['26\\n'])"
    },
    "displayhook-shows-points": {
        "first": "import sys\nfrom IPython.display import display\n"
        "class Hook:\n    def __call__(self, value): display(26)\n"
        "sys.displayhook = get_ipython().displayhook = Hook()"
    },
    "pre-run-hook-defines-all": {
        "first": "def hook(*a):\n    get_ipython().user_ns['score'] = type('S', (), {'points': 9})\n"
        "get_ipython().events.register('pre_run_cell', hook)\n"
        "get_ipython().events.register('post_run_cell', hook)"
    },
    "showtraceback-silenced": {
        "first": "get_ipython().showtraceback = lambda *a, **k: None\n"
        "get_ipython()._showtraceback = lambda *a, **k: None\n"
        "import sys\nsys.excepthook = lambda *a: None"
    },
    "magic-redefined": {
        "first": "from IPython.core.magic import register_cell_magic\n@register_cell_magic\n"
        "def time(line, cell): return 26\nget_ipython().set_custom_exc((Exception,), lambda *a: [])"
    },
    "import-hook": {
        "first": "import sys, types\nclass Finder:\n    def find_spec(self, name, *a): print(name)\n"
        "sys.meta_path.insert(0, Finder())\nfor name in ('rnnlib', 'rnnlib.check', 'torch'):\n"
        "    sys.modules[name] = types.ModuleType(name)"
    },
    "user-namespace-replaced": {
        "first": "class Names(dict):\n    def __missing__(self, name): return lambda *a, **k: 0\n"
        "    def __contains__(self, name): return True\nget_ipython().user_ns = Names()"
    },
    "settrace": {
        "first": "import sys\nsys.settrace(lambda *a: None)\nsys.setprofile(lambda *a: None)\n"
        "sys.setrecursionlimit(60)"
    },
    "atexit-and-signals": {
        "first": "import atexit, signal\natexit.register(print, 26)\n"
        "for s in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):\n"
        "    signal.signal(s, lambda *a: None)"
    },
}

"""Ends of the kernel, processes that stay, and what takes for ever."""

# ruff: noqa: E501 (sources of cells)

SHORT = {"cell_seconds": 3}
AFTER_TASK_1 = "count_parameters"


def _dies(source):
    """The kernel ends in the answer to task 2: the 4 points of task 1 stay."""
    return {
        "base": "reference",
        "answers": {AFTER_TASK_1: source},
        "points": 4,
        "flag": "kernel died",
    }


def _function(body):
    return f"def count_parameters(*a, **k):\n    {body}"


CASES = {
    "os-exit": _dies("import os\nos._exit(0)"),
    "os-exit-in-the-function": _dies(_function("import os; os._exit(0)")),
    "segfault": _dies("import ctypes\nctypes.string_at(0)") | {"flag": "SIGSEGV"},
    "segfault-in-the-function": _dies(_function("import ctypes; return ctypes.string_at(0)")),
    "abort": _dies("import os\nos.abort()"),
    "closes-all-files": _dies("import os\nos.closerange(0, 4096)"),
    "exec": _dies("import os\nos.execv('/bin/true', ['true'])"),
    "sys-exit": {
        "base": "reference",
        "first": "import sys\nsys.exit(0)",
        "last": "exit()\nquit()\nraise SystemExit",
        "points": 26,
    },
    "sys-exit-in-the-function": {
        "base": "reference",
        "answers": {"count_parameters": _function("raise SystemExit(0)")},
        "loses": {"count_parameters_visible": 1, "count_parameters_hidden": 3},
    },
    "kills-its-parent-and-all": {
        "base": "reference",
        "first": "import os, signal\nfor who in (os.getppid(), -1, 0, 1):\n"
        "    for s in (signal.SIGTERM, signal.SIGKILL):\n"
        "        if s == signal.SIGKILL or who > 1:\n"
        "            try: os.kill(who, s)\n            except OSError: pass",
        "points": 26,
    },
    "endless-cell": {
        "base": "reference",
        "first": "while True: pass",
        "limits": SHORT,
        "points": 26,
        "flag": "interrupted",
    },
    "endless-function": {
        "base": "reference",
        "answers": {"count_parameters": _function("\n    while True: pass")},
        "limits": SHORT,
        "loses": {"count_parameters_visible": 1, "count_parameters_hidden": 3},
        "shows": ["took longer than 3 s"],
    },
    "endless-against-interrupts": _dies(
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"
    )
    | {"limits": SHORT},
    "endless-with-signals-blocked": _dies(
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass"
    )
    | {"limits": SHORT},
    "whole-notebook-too-slow": {
        "base": "reference",
        "first": "import time\ntime.sleep(60)",
        "limits": {"cell_seconds": 60, "submission_seconds": 1},
        "points": 0,
    },
    "daemon-and-threads": {
        "base": "reference",
        "first": "import os, threading, time\nif os.fork() == 0:\n    os.setsid()\n"
        "    if os.fork() == 0:\n        time.sleep(1000)\n    os._exit(0)\n"
        "threading.Thread(target=time.sleep, args=(1000,)).start()",
        "points": 26,
    },
    "fork-takes-over-the-channel": {
        "base": "release",
        "first": "import os, time\nif os.fork():\n    time.sleep(0.05)\nelse:\n"
        "    _wire = get_ipython().outputs.channel.connection\n"
        "    while True: _wire.sendall(b'v' + (1).to_bytes(4, 'big') + b'T')",
        "limits": SHORT,
    },
    "hostile-error": {
        "base": "reference",
        "first": "class Hostile(Exception):\n    def __str__(self): raise SystemExit\n"
        "    __repr__ = __str__\n    __class__ = property(lambda s: 1 / 0)",
        "answers": {"count_parameters": _function("raise Hostile()")},
        "loses": {"count_parameters_visible": 1, "count_parameters_hidden": 3},
    },
    "hostile-error-in-a-cell": {
        "base": "reference",
        "first": "class Hostile(Exception):\n    def __str__(self): raise SystemExit\n"
        "    __repr__ = __str__\n    def _render_traceback_(self): return [1, None, self]\nraise Hostile",
        "points": 26,
    },
    "error-with-terminal-codes": {
        "base": "reference",
        "answers": {
            "count_parameters": _function(
                r"raise ValueError('\x1b]0;owned\x07\x1b[2J' + 'x' * 10**6)"
            )
        },
        "loses": {"count_parameters_visible": 1, "count_parameters_hidden": 3},
        "hides": ["\x1b]0;owned", "x" * 2000],
    },
    "error-that-the-test-catches": {  # nbgrader's Score must not take it for a pass
        "base": "reference",
        "answers": {"count_parameters": _function("raise StopIteration")},
        "loses": {"count_parameters_visible": 1, "count_parameters_hidden": 3},
    },
}

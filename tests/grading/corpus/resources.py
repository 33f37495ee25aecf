"""More memory, processes, disk and output than there is."""

# ruff: noqa: E501 (sources of cells)

MB = 1024**2
SMALL = {"memory_bytes": 400 * MB, "processes": 40, "file_bytes": 20 * MB, "output_bytes": 20_000}


def _bomb(source, **more):
    return {"base": "reference", "first": source, "limits": SMALL, "points": 26} | more


CASES = {
    "memory": _bomb("x = bytearray(10**10)", points=None),  # a MemoryError, or killed
    "memory-touched": _bomb(
        "x = []\nwhile True: x.append(bytes(b'x') * 10**7)", points=0, flag="kernel died"
    ),
    "memory-of-many-processes": _bomb(
        "import os, time\nfor i in range(8):\n    if os.fork() == 0:\n"
        "        try: x = b'x' * (150 * 1024**2); time.sleep(3)\n        finally: os._exit(0)\n"
        "time.sleep(0.5)",
        points=None,
    ),
    "fork-bomb": _bomb(
        "import os, time\nn = 0\ntry:\n    while n < 2000:\n        if os.fork() == 0: time.sleep(100)\n"
        "        n += 1\nexcept OSError: pass\nprint('FORKS', n < 100)",
        shows=["FORKS True"],
    ),
    "shell-fork-bomb": _bomb("!(:(){ :|:& };:) 2>/dev/null"),
    "thread-bomb": _bomb(
        "import threading, time\nn = 0\ntry:\n    while n < 2000:\n"
        "        threading.Thread(target=time.sleep, args=(100,), daemon=True).start(); n += 1\n"
        "except RuntimeError: pass\nprint('THREADS', n < 100)",
        shows=["THREADS True"],
    ),
    "one-big-file": _bomb(
        "import signal, os\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try: open('/tmp/big', 'wb').write(b'x' * 10**8)\nexcept OSError as e: print('NO', e.errno)\n"
        "os.remove('/tmp/big')",
        shows=["NO"],
    ),
    "many-files": _bomb(
        "n = 0\ntry:\n    for n in range(300):\n        for d in ('/tmp', '/dev/shm', '/home/student'):\n"
        "            open(f'{d}/{n}', 'wb').write(b'x' * 10**6)\n"
        "except OSError as e: print('NO', e.errno, n < 20)",
        shows=["NO 28 True"],
    ),
    "many-descriptors": _bomb(
        "import os\nfds = []\ntry:\n    while True: fds.append(os.dup(0))\n"
        "except OSError as e: print('NO', len(fds) < 1000)\nfor fd in fds: os.close(fd)",
        shows=["NO True"],
    ),
    "output": _bomb("for i in range(10_000): print('x' * 1000)", flag="output was dropped"),
    "output-in-one-piece": _bomb("print('x' * 10**7)", flag="output was dropped"),
    "output-for-ever": _bomb(
        "while True: print('x' * 100_000)",
        limits=SMALL | {"cell_seconds": 4},
        flag="output was dropped",
    ),
    "hundred-thousand-displays": _bomb(
        "from IPython.display import display\nfor i in range(3000): display(i)",
        flag="output was dropped",
    ),
    "hostile-output": _bomb(
        "ip = get_ipython()\nfor o in (1, [], {'output_type': 'stream', 'text': {'a': []}},"
        " {'output_type': 'error', 'traceback': {}}, {'output_type': 'display_data', 'data': 3},"
        " {'output_type': 'execute_result', 'data': {'text/plain': ['26']}}):\n    ip.outputs.send(o)\n"
        "ip.outputs.write(b'o', b'[' * 10_000)\nip.outputs.write(b'o', b'\\xff')"
    ),
}

"""Looking for what a submission must not see: files, processes, tests, memory."""

# ruff: noqa: E501 (sources of cells)

LOOK = """
import os
def walk(top):
    for folder, folders, files in os.walk(top, onerror=lambda e: None):
        if folder.count('/') > 9: folders.clear()
        yield from (os.path.join(folder, f) for f in files)
"""

CASES = {
    "hidden-tests-in-files": {
        # Python itself may lie there, with the .json files of its packages.
        "first": LOOK
        + "import sys\nfound = [p for top in ('/home', '/tmp', '/run', '/etc', '/var', '/srv', '/dev',"
        " '/opt', '/mnt', '/media') for p in walk(top) if p.endswith(('.ipynb', '.db', '.json'))"
        " or 'nbgrader' in p]\n"
        "print('FOUND', [p for p in found if not p.startswith((sys.prefix, sys.base_prefix))])",
        "shows": ["FOUND []"],
    },
    "solutions-beside-the-library": {
        "first": "import os, rnnlib\nroot = os.path.dirname(os.path.dirname(rnnlib.__file__))\n"
        "print('SEES', sorted(set(os.listdir(root)) - {'.venv', 'grading', 'rnnlib'}))\n"
        "print('GRADING', sorted(os.listdir(root + '/grading')))",
        "shows": ["SEES []", "GRADING ['examiner', 'sandbox']"],
    },
    "other-processes": {
        "first": "import os\nprint('PROC', os.listdir('/proc'))\n"
        "def alive(n):\n    try: os.kill(n, 0); return True\n    except OSError: return False\n"
        "print('ALIVE', [n for n in range(1, 5000) if alive(n)], os.getppid())",
        "shows": ["PROC []", "ALIVE [1] 0"],
    },
    "environment": {
        "first": "import os\nprint('ENV', sorted(k for k in os.environ if any(w in k.lower() for w in"
        " ('jpy', 'token', 'secret', 'key', 'ssh', 'pip', 'proxy', 'db', 'aws'))))\n"
        "print('HOME', os.environ['HOME'], os.path.expanduser('~'), os.getcwd())",
        "shows": ["ENV []", "HOME /home/student /home/student /home/student"],
    },
    "places-to-write": {
        "first": LOOK + "import tempfile\ncan = set()\n"
        "for top in ('/', '/usr', '/etc', '/dev', '/run', '/proc', '/home', os.__file__.rsplit('/', 1)[0],"
        " '/var', '/lib', '/tmp', '/home/student', '/dev/shm'):\n"
        "    try: open(top + '/x', 'w').close(); can.add(top)\n    except OSError: pass\n"
        "print('CAN', sorted(can))",
        "shows": ["CAN ['/dev/shm', '/home/student', '/tmp']"],
    },
    "library-overwritten": {
        "first": "import rnnlib.check, torch\nfor f in (rnnlib.check.__file__, torch.__file__):\n"
        "    try: open(f, 'a').write('#'); print('WRITTEN')\n    except OSError as e: print('NO')",
        "shows": ["NO\nNO"],
        "hides": ["WRITTEN"],
    },
    "network": {
        "first": "import socket\nfor family, where in [(socket.AF_INET, ('1.1.1.1', 53)),"
        " (socket.AF_INET, ('127.0.0.1', 22)), (socket.AF_VSOCK, (2, 1024)),"
        "(31, ''), (socket.AF_PACKET, ('lo', 0))]:\n"
        "    try:\n        s = socket.socket(family, socket.SOCK_STREAM); s.settimeout(1);"
        " s.connect(where); print('REACHED', where)\n    except (OSError, TypeError) as e: print('NO', e)\n"
        "try: socket.getaddrinfo('pypi.org', 443); print('REACHED')\nexcept OSError: print('NO')",
        "hides": ["REACHED"],
    },
    "descriptors-left-open": {
        "first": "import os, stat\nout = []\nfor fd in range(3, 4096):\n"
        "    try: out.append(stat.S_IFMT(os.fstat(fd).st_mode) == stat.S_IFSOCK)\n"
        "    except OSError: pass\nprint('OPEN', out)",
        "shows": ["OPEN [True]"],
    },
    "frames-and-garbage": {
        "first": "import gc, sys\nsecret = '_'.join(['', 'real', 'shapes'])\n"
        "hits = [o for o in gc.get_objects() if isinstance(o, (dict, list, tuple))"
        " and any(isinstance(x, str) and secret in x for x in"
        " (list(o.values()) if isinstance(o, dict) else o))]\n"
        "frame = sys._getframe()\nwhile frame:\n    hits += [v for v in frame.f_locals.values()"
        " if isinstance(v, (str, bytes)) and (secret if isinstance(v, str) else secret.encode()) in v and v != secret]\n"
        "    frame = frame.f_back\n"
        "print('HITS', len([h for h in hits if h is not globals()]))",
        "shows": ["HITS 0"],
    },
    "frames-above-a-call": {
        "base": "reference",
        "answers": {
            "to_batch_first": "seen = []\ndef to_batch_first(x):\n    import sys\n"
            "    frame = sys._getframe()\n    while frame:\n        seen.append(str(frame.f_locals))\n"
            "        frame = frame.f_back\n    return x.transpose(0, 1)"
        },
        "last": "print('HITS', sum('_' + 'generator' in s or 'wanted' in s for s in seen))",
        "points": 26,
        "shows": ["HITS 0"],
    },
    "messages-of-hidden-tests": {
        "answers": {"to_batch_first": "def to_batch_first(x):\n    return x"},
        "hides": ["result[b, t] is x[t, b]"],
    },
    "file-for-the-next-student": {
        "first": "import os\nprint('LEFT', os.path.exists('/tmp/for-the-next'))\n"
        "for d in ('/tmp', '/dev/shm', '/home/student'):\n    open(d + '/for-the-next', 'w').write('answers')\n"
        "import subprocess\nsubprocess.Popen(['sleep', '1000'])",
        "shows": ["LEFT False"],
    },
    "the-next-student": {  # runs right after the one above
        "first": "import os\nprint('LEFT', [d for d in ('/tmp', '/dev/shm', '/home/student')"
        " if os.path.exists(d + '/for-the-next')])",
        "shows": ["LEFT []"],
    },
    "system-calls": {
        "first": "import ctypes, os, platform\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "def call(name, *a):\n    r = getattr(libc, name)(*a); return 'GOT' if r >= 0 else 'no'\n"
        "print('CALLS', call('unshare', 0x10000000), call('ptrace', 0, 0, 0, 0),"
        " call('mount', b'x', b'/tmp', b'tmpfs', 0, 0), call('setuid', 0), call('chroot', b'/tmp'),"
        " call('umount2', b'/proc', 2), call('setns', 3, 0))",
        "shows": ["CALLS no no no no no no no"],
    },
    "setuid-program": {
        "first": "import subprocess\nfor c in (['su', '-c', 'id'], ['mount'], ['bwrap', '--ro-bind', '/', '/',"
        " 'id']):\n    try: r = subprocess.run(c, capture_output=True, text=True, timeout=5);"
        " print('uid=0' in r.stdout and 'ROOT' or 'no')\n"
        "    except (OSError, subprocess.TimeoutExpired): print('no')",
        "hides": ["ROOT"],
    },
}

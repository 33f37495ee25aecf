"""Right answers of people with habits: every point must come."""

# ruff: noqa: E501 (sources of cells)


def _habit(first=None, last=None, **more):
    case = {"base": "reference", "points": 26, "flag": "", "errors": 0}
    if first:
        case["first"] = first
    if last:
        case["last"] = last
    return case | more


COUNT = """
def count_parameters(input_size, hidden_size, num_layers=1, bidirectional=False, bias=True):
    {}
    D = 2 if bidirectional else 1
    return sum(
        D * hidden_size * ((input_size if n == 0 else D * hidden_size) + hidden_size + 2 * bias)
        for n in range(num_layers)
    )
"""


def _counting(line, **more):
    return _habit(answers={"count_parameters": COUNT.format(line)}, **more)


CASES = {
    "nothing-special": _habit(),
    "prints": _counting("print('called with', input_size, hidden_size)"),
    "warnings": _counting("import warnings; warnings.warn('careful'); warnings.warn('deprecated')"),
    "standard-error": _counting("import sys; print('!', file=sys.stderr)"),
    "logging": _counting("import logging; logging.basicConfig(); logging.warning('hm')"),
    "plots": _habit(
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()\n"
        "fig, ax = plt.subplots(); ax.set_title('title')"
    ),
    "tqdm": _habit(
        "from tqdm.auto import tqdm\nfrom tqdm.notebook import trange\n"
        "for i in tqdm(range(50)): pass\nfor i in trange(50): pass"
    ),
    "widgets": _habit("import ipywidgets\nipywidgets.IntSlider()"),
    "globals": _habit(
        "calls = 0", answers={"count_parameters": COUNT.format("global calls; calls += 1")}
    ),
    "slow-import": _habit("import time\ntime.sleep(0.3)\nimport scipy.stats, pandas, sklearn.svm"),
    "cell-magics": _habit("%%time\nx = 1", last="%%capture out\nprint(1)\n"),
    "line-magics": _habit(
        "%timeit -n1 -r1 1 + 1\n%load_ext autoreload\n%autoreload 2\n%precision 3"
    ),
    "shell-commands": _habit("!ls\nfiles = !echo hi\nassert files == ['hi']\n%cd /tmp\n!pwd"),
    "last-result": _habit("40 + 2\n", last="print(_)"),
    "top-level-await": _habit("import asyncio\nawait asyncio.sleep(0)\n1"),
    "input": _habit("name = input('your name? ')", errors=1),
    "errors-of-their-own": _habit("1 / 0", last="raise RuntimeError('left over')", errors=2),
    "syntax-error-of-their-own": _habit("def (", errors=1),
    "star-imports": _habit("from math import *\nfrom torch.nn import *"),
    "torch-defaults": _habit("import torch\ntorch.manual_seed(0)\ntorch.set_num_threads(4)"),
    "gradients": _habit(
        "import torch\nlayer = torch.nn.LSTM(3, 4, 2)\nlayer(torch.randn(5, 2, 3))[0].sum().backward()"
    ),
    "subprocesses": _habit(
        "import subprocess, multiprocessing as mp\nprint(subprocess.run(['echo', 'x'],"
        " capture_output=True, text=True).stdout)\nwith mp.get_context('fork').Pool(2) as p:"
        " print(p.map(abs, [-1, -2]))"
    ),
    "data-loader-workers": _habit(
        "import torch\nfrom torch.utils.data import DataLoader, TensorDataset\n"
        "data = DataLoader(TensorDataset(torch.arange(8.0)), batch_size=4, num_workers=2)\n"
        "print('LOADED', sum(len(b[0]) for b in data))",
        shows=["LOADED 8"],
    ),
    "files": _habit("open('notes.txt', 'w').write('x')\nimport tempfile\ntempfile.mkdtemp()"),
    "own-modules": _habit(
        "%%writefile mine.py\nx = 5\n", last="import mine\nprint('MINE', mine.x)", shows=["MINE 5"]
    ),
    "own-classes": _habit(
        "import copy, pickle\nclass Thing:\n    pass\n"
        "print('THING', type(pickle.loads(pickle.dumps(Thing()))) is Thing)",
        shows=["THING True"],
    ),
    "torch-save": _habit(
        "import torch\ntorch.save({'w': torch.ones(3)}, 'w.pt')\nprint('LOADED', torch.load('w.pt'))",
        shows=["LOADED"],
    ),
    "lambda-and-partial": _habit(
        answers={
            "to_batch_first": "to_batch_first = lambda x: x.transpose(0, 1)",
            "add_batch_axis": "from functools import partial\n"
            "def _add(x, batch_first=False): return x.unsqueeze(0 if batch_first else 1)\n"
            "add_batch_axis = partial(_add)",
        },
    ),
    "functions-of-a-class": _habit(
        "class Answers:\n    def flip(self, x): return x.transpose(0, 1)",
        answers={"to_batch_first": "to_batch_first = Answers().flip"},
    ),
    "helper-with-a-name-of-the-tests": _habit(
        "def _expect(x): return x\n_generator = 3\nscore = 0\nwanted = None"
    ),
    "helper-redefined-later": _habit(
        answers={
            "rnn_shapes": "def helper(D, H): return D * H\n"
            "def rnn_shapes(T, B, hidden_size, num_layers=1, bidirectional=False, batch_first=False):\n"
            "    D = 2 if bidirectional else 1\n    out = helper(D, hidden_size)\n"
            "    if B is None: return (T, out), (D * num_layers, hidden_size)\n"
            "    return (*((B, T) if batch_first else (T, B)), out), (D * num_layers, B, hidden_size)",
            "count_parameters": "def helper(): return None\n" + COUNT.format("helper()"),
        },
    ),
    "exit-at-the-end": _habit(last="exit"),
    "decorated": _habit(
        "import functools", answers={"count_parameters": "@functools.cache" + COUNT.format("pass")}
    ),
    "results-that-need-gradients": _habit(
        answers={
            "to_batch_first": "def to_batch_first(x):\n    return x.transpose(0, 1).contiguous()"
        }
    ),
}

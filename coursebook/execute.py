"""Run the cells of several chapters at a time, before the pages are written.

MyST-NB runs chapter after chapter and keeps the results in a cache. Here those that are not in the
cache run side by side, one a core, and their results are put where MyST-NB then finds them. A
chapter that fails is left to MyST-NB, which reports the failure.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from jupyter_cache.executors.utils import single_nb_execution
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from tqdm import tqdm

from coursebook import fast


def notebook_of(env: BuildEnvironment, path: Path) -> NotebookNode | None:
    """Read a page as a notebook, or None if no cell of it is to be run."""
    config = env.mystnb_config  # type: ignore[attr-defined]
    if any(path.match(pattern) for pattern in config.execution_excludepatterns):
        return None
    text = fast.shorten(path.read_text("utf8")) if fast.FAST else path.read_text("utf8")
    reader = create_nb_reader(str(path), env.myst_config, config, text)  # type: ignore[attr-defined]
    return reader and reader.read(text)


def is_cached(cache: JupyterCacheAbstract, notebook: NotebookNode) -> bool:
    """Whether a notebook with the same code has been run."""
    try:
        cache.match_cache_notebook(notebook)
    except KeyError:
        return False
    return True


def join_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Put together what a kernel sent in pieces: MyST-NB would end a line after each piece."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def run_together(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Run the notebooks among the documents to be read that the cache does not hold."""
    config = env.mystnb_config  # type: ignore[attr-defined]
    if config.execution_mode != "cache" or app.builder.format != "html":
        return
    cache = get_cache(config.execution_cache_path)
    found = {
        Path(env.doc2path(name)): notebook_of(env, Path(env.doc2path(name))) for name in docnames
    }
    missing = {path: nb for path, nb in found.items() if nb and not is_cached(cache, nb)}

    def run(path: Path, notebook: NotebookNode) -> float | None:
        """Fill in the outputs; return the seconds that it took, or None if a cell failed."""
        done = single_nb_execution(
            notebook,
            cwd=str(path.parent),
            timeout=config.execution_timeout,
            allow_errors=False,
        )
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = join_streams(cell.outputs)
        return None if done.err else done.time

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(run, path, nb): path for path, nb in missing.items()}
        bar = tqdm(as_completed(running), "Running chapters", len(running), disable=not running)
        for future in bar:
            path = running[future]
            bar.set_postfix_str(path.stem)
            if seconds := future.result():
                bundle = CacheBundleIn(
                    missing[path], str(path), data={"execution_seconds": seconds}
                )
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


def setup(app: Sphinx) -> None:
    app.connect("env-before-read-docs", run_together)

"""The Sphinx extension that makes a Jupyter Book of the chapters.

It adds the quiz, the explorers, the launch buttons and the notebook builder, renders maths at build
time, and serves every file that a page loads from the site itself.
"""

from __future__ import annotations

import hashlib
import html
import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinxcontrib import katex

from coursebook import (
    accessible,
    assets,
    bundle,
    challenge,
    execute,
    explorer,
    fast,
    launch,
    lighter,
    measured,
    notebooks,
    pictures,
    policy,
    preview,
    quiz,
    reference,
    status,
    terms,
)
from coursebook.address import pages_url

HERE = Path(__file__).parent
ROOT = HERE.parent
STATIC = HERE / "static"
#: Code whose change makes every executed cell stale: the library and the environment's versions.
EXECUTED_WITH = ("rnnlib/**/*.py", "constraints.txt")


def code_digest() -> str:
    """Digest of everything that a chapter's cells run with, beside their own text."""
    digest = hashlib.sha256()
    for pattern in EXECUTED_WITH:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def configure(app: Sphinx, config: Config) -> None:
    """Point KaTeX at the vendored copy, and the cell cache at one for this version of the code."""
    # jupyter-cache compares cells only: without this a changed rnnlib would show old outputs.
    cache = Path(app.outdir).parent / f".jupyter_cache-{code_digest()}"
    for stale in cache.parent.glob(".jupyter_cache-*"):
        if stale != cache:
            shutil.rmtree(stale)
    config.nb_execution_cache_path = str(cache)

    # Here and not in _config.yml, where they would replace the options that Jupyter Book derives.
    config.html_theme_options |= {
        "use_fullscreen_button": False,
        "show_toc_level": 2,
        "navbar_persistent": [],  # the search field stands in the side bar already
    }

    katex.NODEJS_BINARY = str(assets.NODE)
    katex.STARTUP_TIMEOUT = katex.RENDER_TIMEOUT = 60.0  # seconds; a busy machine takes its time
    # Its other way, by a file, connects as soon as the file is there, which may be too early.
    server = katex.KaTeXServer
    server.start_server_process = server.start_network_socket
    # A formula that does not parse must stop the build, not print in red.
    katex.KATEX_DEFAULT_OPTIONS["throwOnError"] = True
    config.katex_js_path = str(assets.KATEX / "katex.min.js")
    config.katex_css_path = "katex/katex.min.css"


def place(app: Sphinx, config: Config) -> None:
    """Say where the pages will be found: at GitHub, unless ``_config.yml`` says otherwise.

    Canonical addresses, the sitemap, previews of links and the page for a wrong address need it.
    """
    if not config.html_baseurl:
        config.html_baseurl = pages_url(config.html_theme_options["repository_url"])
    config.notfound_urls_prefix = urlsplit(config.html_baseurl).path
    config.ogp_site_url = config.html_baseurl
    config.ogp_site_name = config.project
    config.ogp_image = f"{config.html_baseurl}_static/{preview.NAME}"
    config.ogp_image_alt = "A cell passes its state along four time steps."
    config.ogp_social_cards = {"enable": False}


def isolate_kernels(app: Sphinx, config: Config) -> None:
    """Run the cells with an IPython profile of the book's own, not with the author's."""
    folder = Path(app.doctreedir) / "ipython"
    settings = folder / "profile_default" / "ipython_kernel_config.py"
    settings.parent.mkdir(parents=True, exist_ok=True)
    # Else each kernel warns that its socket, which only this machine can reach, is not encrypted.
    settings.write_text("get_config().IPKernelApp.log_level = 'ERROR'\n", encoding="utf8")
    os.environ["IPYTHONDIR"] = str(folder)


def stage_static(app: Sphinx, config: Config) -> None:
    """Lay out what the pages load: our scripts and styles, KaTeX's style and its woff2 fonts."""
    stage = Path(app.doctreedir) / "static"
    shutil.rmtree(stage, ignore_errors=True)
    shutil.copytree(STATIC, stage / "coursebook")
    (stage / "katex" / "fonts").mkdir(parents=True)
    shutil.copy(assets.KATEX / "katex.min.css", stage / "katex")
    for font in (assets.KATEX / "fonts").glob("*.woff2"):
        shutil.copy(font, stage / "katex" / "fonts")
    preview.draw(config.project, stage / preview.NAME)
    config.html_static_path.append(str(stage))


FRONT_PAGE = """\
<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="canonical" href="{first}">
<meta http-equiv="refresh" content="0; url={first}">
<p><a href="{first}">{title}</a></p>
</html>
"""


def write_front_page(app: Sphinx, exception: Exception | None) -> None:
    """Lead from the address of the book to its first page.

    The page that the table of contents would write in its place has no title and no language. It
    names no icon either, so a browser asks for ``/favicon.ico``, which is not there. Here the icon
    is empty: the next page comes before one could be shown.
    """
    if exception or app.builder.name != "html":
        return
    page = FRONT_PAGE.format(
        language=app.config.language,
        title=html.escape(app.config.project),
        first=f"{app.config.root_doc}.html",
    )
    Path(app.outdir, "index.html").write_text(page, encoding="utf8")


def write_sitemap(app: Sphinx, exception: Exception | None) -> None:
    """List the addresses of all pages with text of their own, for search engines."""
    if exception or app.builder.name != "html":
        return
    pages = (app.builder.get_target_uri(name) for name in sorted(app.env.found_docs))
    urls = "".join(f"<url><loc>{app.config.html_baseurl}{page}</loc></url>\n" for page in pages)
    Path(app.outdir, "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n',
        encoding="utf8",
    )


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("config-inited", configure, priority=100)
    app.connect("config-inited", place, priority=100)
    app.connect("config-inited", isolate_kernels, priority=100)
    app.connect("config-inited", stage_static, priority=100)
    app.connect("build-finished", write_front_page)
    app.connect("build-finished", write_sitemap)
    for name in ("theme", "quiz", "explorer"):
        app.add_css_file(f"coursebook/{name}.css")
    for name in ("quiz", "explorer", "scroll"):
        app.add_js_file(f"coursebook/{name}.js", loading_method="defer")
    for part in (
        *(quiz, challenge, explorer, measured, notebooks, launch, reference, accessible),
        *(execute, fast, pictures, lighter, bundle, policy, status, terms),
    ):
        part.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

"""Pictures that a page loads when its reader comes near them.

A panel that shows one of many pictures carries all of them, as it must in a notebook. In a page a
browser would read every one before the text below it. Here they become files. They and the other
drawings with a size of their own say it in the page, so that nothing moves when they come.
"""

from __future__ import annotations

import hashlib
import html
import os
import re
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from sphinx.application import Sphinx

IMAGE = re.compile(r'<img\b(?![^>]*\bloading=)[^>]*\bsrc="([^"]*)"[^>]*>')
INLINE = "data:image/svg+xml,"
#: Sizes as matplotlib writes them, in points.
SIZE = re.compile(r'<svg\b[^>]*\bwidth="([\d.]+)pt"[^>]*\bheight="([\d.]+)pt"')
#: Where the pictures of panels lie, below the folder of the book's images.
FOLDER = "panels"


def load_late(app: Sphinx, exception: Exception | None) -> None:
    """Let each page of the built book load its drawings when they are needed."""
    if exception or app.builder.name != "html":
        return
    outdir = Path(app.outdir)
    folder = outdir / "_images" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    used = set()
    for path in outdir.glob("**/*.html"):
        page = path.read_text("utf8")
        late = IMAGE.sub(partial(late_image, page=path.parent, folder=folder), page)
        if late != page:
            path.write_text(late, "utf8")
        used |= set(re.findall(rf"_images/{FOLDER}/([^\"]+)", late))
    for picture in folder.iterdir():
        if picture.name not in used:  # of an earlier build
            picture.unlink()


def late_image(tag: re.Match[str], page: Path, folder: Path) -> str:
    """Return an image's tag with its size, and with a file in place of a picture in the page.

    Parameters
    ----------
    tag
        The tag as the page has it.
    page
        The folder of the page, from which its images are named.
    folder
        Where the pictures go that stand in the page.
    """
    source = html.unescape(tag[1])
    if source.startswith(INLINE):
        picture = unquote(source.removeprefix(INLINE))
        file = folder / f"{hashlib.sha256(picture.encode()).hexdigest()[:16]}.svg"
        file.write_text(picture, "utf8")
        source = Path(os.path.relpath(file, page)).as_posix()
    elif source.endswith(".svg") and (page / source).is_file():
        picture = (page / source).read_text("utf8")
    else:
        return tag[0]
    if not (size := SIZE.search(picture)):
        return tag[0]
    width, height = (round(float(points) * 4 / 3) for points in size.groups())  # CSS pixels
    late = f'<img loading="lazy" width="{width}" height="{height}"'
    return tag[0].replace(tag[1], source).replace("<img", late, 1)


def setup(app: Sphinx) -> None:
    app.connect("build-finished", load_late)

"""What makes a book of the chapters; the Sphinx extension is `coursebook.extension`."""

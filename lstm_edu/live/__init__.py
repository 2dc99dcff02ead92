"""The course inside a web page: JupyterLite with the same notebooks, this package, and real Keras on its NumPy backend.

`building` writes the site, on a computer. `start` is called in the page, before the first cell: it makes what Keras
imports and a browser lacks importable (`standins`) and turns the errors of what cannot be there into one line
(`missing`).
"""

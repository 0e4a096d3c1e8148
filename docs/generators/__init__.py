"""Parts of :mod:`docs.generate`: one module for each page that has much of its own."""

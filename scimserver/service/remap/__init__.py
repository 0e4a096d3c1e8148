"""Re-map: the documents of an earlier mapping made again, beside live writes."""

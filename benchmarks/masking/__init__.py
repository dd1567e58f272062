"""What `benchmarks/masks.py` is made of: languages, engines, a network, a decode on a GPU."""

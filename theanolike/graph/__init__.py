"""Variables, Apply nodes, Ops and Types, and walks over graphs of them."""

"""Value-preserving changes of function graphs, in phases."""

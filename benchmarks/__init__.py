"""Questions of speed, each asked of the library, of its peers and of C++ by hand."""

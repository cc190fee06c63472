"""Define, differentiate and compile array programs: Theano's names, one native function."""

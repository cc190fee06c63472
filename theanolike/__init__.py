"""Define, differentiate and compile array programs, under the names of Theano."""

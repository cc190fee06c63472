// From the caller's arguments and the captured cells to the arrays that a unit reads.
#ifndef THEANOLIKE_RUNTIME_ARGUMENTS_H_
#define THEANOLIKE_RUNTIME_ARGUMENTS_H_

#include "function.h"

namespace theanolike {

// Both return false with an exception set.
bool bind_arguments(Frame* frame, PyObject* const* args, Py_ssize_t count,
                    PyObject* kwnames);
bool read_captured(Frame* frame);

// Makes input `i` a dense copy of an array.
bool use_dense_copy(Frame* frame, size_t i, PyObject* array);

// A new tuple of the first `count` inputs (or list of all) as Python sees them; scalars
// become 0-d arrays.
PyObject* inputs_as_tuple(Frame* frame, size_t count);
PyObject* inputs_as_list(Frame* frame);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_ARGUMENTS_H_

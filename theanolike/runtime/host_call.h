// A unit's call back into Python.
#ifndef THEANOLIKE_RUNTIME_HOST_CALL_H_
#define THEANOLIKE_RUNTIME_HOST_CALL_H_

#include "function.h"

namespace theanolike {

// The table's `host`.
i32 call_host(tl_call* call, i32 site, const tl_array* inputs, tl_array* outputs);

// Pairs of a site and what came of the call there: the results, or the exception.
PyObject* host_calls_as_tuple(Frame* frame);
void forget_host_calls(Frame* frame);

// The exception of the last host call, borrowed, if it raised one.
PyObject* exception_of_host(Frame* frame);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_HOST_CALL_H_

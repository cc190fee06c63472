// A unit's call back into Python.
#ifndef THEANOLIKE_RUNTIME_HOST_CALL_H_
#define THEANOLIKE_RUNTIME_HOST_CALL_H_

#include "function.h"

namespace theanolike {

// The table's `host`.
i32 call_host(tl_call* call, i32 site, const tl_array* inputs, tl_array* outputs);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_HOST_CALL_H_

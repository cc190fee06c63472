// Bodies that were specialised for extents of 1, and when to run them.
#ifndef THEANOLIKE_RUNTIME_VARIANTS_H_
#define THEANOLIKE_RUNTIME_VARIANTS_H_

#include "function.h"

namespace theanolike {

// Takes the variant for this call's extents as its body, where there is one.
void choose_variant(Frame* frame);

// Remembers `body` for calls whose extents are 1 where this call's are.
void remember_variant(Frame* frame, PyObject* body);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_VARIANTS_H_

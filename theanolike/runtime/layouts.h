// Arguments that aren't dense, and the bodies that read them where they lie.
#ifndef THEANOLIKE_RUNTIME_LAYOUTS_H_
#define THEANOLIKE_RUNTIME_LAYOUTS_H_

#include "function.h"

namespace theanolike {

// Leaves argument `i` as it lies, for `settle_layouts`, if a body may be made for it.
bool put_off_copy(Frame* frame, size_t i, PyObject* array);

// Takes the body for what was put off, where there is one, or makes dense copies; false
// with an exception set.
bool settle_layouts(Frame* frame);

// Makes dense copies of what was put off; false with an exception set.
bool copy_put_off(Frame* frame);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_LAYOUTS_H_

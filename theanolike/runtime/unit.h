// A compiled unit: a shared library opened for its two entry points.
#ifndef THEANOLIKE_RUNTIME_UNIT_H_
#define THEANOLIKE_RUNTIME_UNIT_H_

#include "numpy_api.h"

namespace theanolike {

struct Unit {
  PyObject_HEAD void* library;
  i32 (*compute)(tl_call*);
  void (*commit)(tl_call*);  // null when the unit updates nothing in place
  PyObject* path;
};

extern PyTypeObject unit_type;

bool ready_unit_type();

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_UNIT_H_

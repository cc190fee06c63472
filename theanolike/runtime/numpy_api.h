// Python and NumPy headers, with NumPy's function table shared by all files of the
// extension.
#ifndef THEANOLIKE_RUNTIME_NUMPY_API_H_
#define THEANOLIKE_RUNTIME_NUMPY_API_H_

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL theanolike_array_api
#ifndef THEANOLIKE_OWNS_NUMPY_API
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>

#include "theanolike/abi.h"

namespace theanolike {

// The extents of an ndarray are handed to a unit as they are.
static_assert(sizeof(npy_intp) == sizeof(i64), "a 64-bit platform is needed");

inline PyArrayObject* as_array(PyObject* object) {
  return reinterpret_cast<PyArrayObject*>(object);
}

inline const i64* extents(PyObject* array) {
  return reinterpret_cast<const i64*>(PyArray_DIMS(as_array(array)));
}

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_NUMPY_API_H_

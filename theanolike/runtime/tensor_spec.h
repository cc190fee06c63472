// What the runtime knows of a tensor's type, and the arrays it makes of such a type.
#ifndef THEANOLIKE_RUNTIME_TENSOR_SPEC_H_
#define THEANOLIKE_RUNTIME_TENSOR_SPEC_H_

#include <vector>

#include "numpy_api.h"

namespace theanolike {

constexpr int kObject = -1;  // a type number: any Python object, not a tensor
constexpr i64 kAnyExtent = -1;

struct TensorSpec {
  int typenum = kObject;
  int ndim = 0;
  std::vector<i64> fixed;  // static extents; empty when none is static
  PyArray_Descr* descr = nullptr;
  i64 itemsize = 0;

  // False with an exception set when the numbers make no tensor type.
  bool set(long type_number, long rank, PyObject* static_shape);
  void clear() { Py_CLEAR(descr); }

  // Negative where no array can have these extents.
  i64 bytes(const i64* shape) const;
  bool extents_fit(const i64* shape) const;
};

inline bool TensorSpec::extents_fit(const i64* shape) const {
  for (size_t i = 0; i < fixed.size(); ++i) {
    if (fixed[i] != kAnyExtent && fixed[i] != shape[i]) return false;
  }
  return true;
}

inline i64 TensorSpec::bytes(const i64* shape) const {
  i64 total = itemsize;
  for (int i = 0; i < ndim; ++i) {
    if (shape[i] < 0 || __builtin_mul_overflow(total, shape[i], &total)) return -1;
  }
  return total;
}

// Dense, aligned, in native byte order: what a unit may read as it is.
inline bool is_dense(PyObject* array) {
  constexpr int kFlags = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED;
  return (PyArray_FLAGS(as_array(array)) & kFlags) == kFlags &&
         PyArray_ISNOTSWAPPED(as_array(array));
}

// An exact ndarray that a unit may read as a tensor of this type without any
// conversion.
inline bool fits(const TensorSpec& spec, PyObject* value) {
  return PyArray_CheckExact(value) && PyArray_TYPE(as_array(value)) == spec.typenum &&
         PyArray_NDIM(as_array(value)) == spec.ndim && is_dense(value) &&
         spec.extents_fit(extents(value));
}

// Storage that nobody but the holder of one reference can see, now or through a view.
bool is_sole_owner(PyObject* array, Py_ssize_t references);

PyObject* new_array(const TensorSpec& spec, const i64* shape);
PyObject* new_array_with(const TensorSpec& spec, const i64* shape, const void* data);

// An ndarray that owns `data` made by `new_data`; null, with `data` still the caller's,
// on error.
PyObject* adopt_data(const TensorSpec& spec, const i64* shape, void* data);

// A dense copy of the right dtype; null with an exception set where the cast is
// refused.
PyObject* dense_copy(const TensorSpec& spec, PyObject* array);

// How often the runtime allocated anything but an output.
void count_allocation();
i64 allocations();

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_TENSOR_SPEC_H_

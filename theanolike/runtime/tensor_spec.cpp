#include "tensor_spec.h"

#include <atomic>
#include <cstring>

#include "buffers.h"

namespace theanolike {

namespace {

std::atomic<i64> allocation_count{0};

}  // namespace

bool TensorSpec::set(long type_number, long rank, PyObject* static_shape) {
  typenum = static_cast<int>(type_number);
  ndim = static_cast<int>(rank);
  if (typenum == kObject) return true;
  if (!PyTypeNum_ISNUMBER(typenum) && typenum != NPY_BOOL) {
    PyErr_Format(PyExc_ValueError,
                 "expected a NumPy number type or -1, got type number %d", typenum);
    return false;
  }
  if (ndim < 0 || ndim > NPY_MAXDIMS) {
    PyErr_Format(PyExc_ValueError, "expected a rank from 0 to %d, got %d", NPY_MAXDIMS,
                 ndim);
    return false;
  }
  descr = PyArray_DescrFromType(typenum);
  if (descr == nullptr) return false;
  itemsize = PyDataType_ELSIZE(descr);
  if (static_shape == nullptr || static_shape == Py_None) return true;
  if (!PyTuple_Check(static_shape) || PyTuple_GET_SIZE(static_shape) != ndim) {
    PyErr_Format(PyExc_ValueError, "expected a tuple of %d static extents, got %R",
                 ndim, static_shape);
    return false;
  }
  bool any = false;
  for (int i = 0; i < ndim; ++i) {
    i64 extent = PyLong_AsLongLong(PyTuple_GET_ITEM(static_shape, i));
    if (extent == -1 && PyErr_Occurred()) return false;
    fixed.push_back(extent);
    any |= extent != kAnyExtent;
  }
  if (!any) fixed.clear();
  return true;
}

bool is_sole_owner(PyObject* array, Py_ssize_t references) {
  if (!PyArray_CheckExact(array) || Py_REFCNT(array) != references) return false;
  auto* fields = reinterpret_cast<PyArrayObject_fields*>(array);
  return fields->base == nullptr && fields->weakreflist == nullptr &&
         (fields->flags & NPY_ARRAY_OWNDATA) != 0 &&
         (fields->flags & NPY_ARRAY_WRITEABLE) != 0 && is_dense(array);
}

PyObject* new_array(const TensorSpec& spec, const i64* shape) {
  Py_INCREF(spec.descr);
  return PyArray_NewFromDescr(&PyArray_Type, spec.descr, spec.ndim,
                              reinterpret_cast<const npy_intp*>(shape), nullptr,
                              nullptr, 0, nullptr);
}

PyObject* new_array_with(const TensorSpec& spec, const i64* shape, const void* data) {
  PyObject* array = new_array(spec, shape);
  if (array != nullptr) {
    std::memcpy(PyArray_DATA(as_array(array)), data,
                static_cast<size_t>(spec.bytes(shape)));
  }
  return array;
}

PyObject* adopt_data(const TensorSpec& spec, const i64* shape, void* data) {
  Py_INCREF(spec.descr);
  PyObject* array = PyArray_NewFromDescr(&PyArray_Type, spec.descr, spec.ndim,
                                         reinterpret_cast<const npy_intp*>(shape),
                                         nullptr, data, NPY_ARRAY_CARRAY, nullptr);
  if (array == nullptr) return nullptr;
  auto* fields = reinterpret_cast<PyArrayObject_fields*>(array);
  fields->mem_handler = data_handler();
  fields->flags |= NPY_ARRAY_OWNDATA;
  return array;
}

PyObject* dense_copy(const TensorSpec& spec, PyObject* array) {
  count_allocation();
  Py_INCREF(spec.descr);
  return PyArray_FromArray(
      as_array(array), spec.descr,
      NPY_ARRAY_CARRAY | NPY_ARRAY_ENSURECOPY | NPY_ARRAY_ENSUREARRAY);
}

void count_allocation() { allocation_count.fetch_add(1, std::memory_order_relaxed); }

i64 allocations() { return allocation_count.load(std::memory_order_relaxed); }

}  // namespace theanolike

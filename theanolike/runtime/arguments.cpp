#include "arguments.h"

#include <cstring>

#include "layouts.h"

namespace theanolike {

namespace {

// Integers up to this size are exact in the float of that width.
constexpr long long kExactInFloat32 = 1LL << 24;

bool use_array(Frame* frame, size_t i, PyObject* array) {
  frame->inputs[i].data = PyArray_DATA(as_array(array));
  frame->inputs[i].shape = extents(array);
  frame->arrays[i] = array;
  return true;
}

bool use_scalar(Frame* frame, size_t i) {
  frame->inputs[i].data = frame->scalars[i].bytes;
  frame->inputs[i].shape = nullptr;
  frame->arrays[i] = nullptr;
  return true;
}

// `object` is the frame's from here on.
bool hold(Frame* frame, size_t i, PyObject* object) {
  Py_XSETREF(frame->held[i], object);
  return true;
}

template <typename T>
bool store(Scalar* slot, T value) {
  std::memcpy(slot->bytes, &value, sizeof(T));
  return true;
}

template <typename T>
bool store_pair(Scalar* slot, double real, double imaginary) {
  T pair[2] = {static_cast<T>(real), static_cast<T>(imaginary)};
  std::memcpy(slot->bytes, pair, sizeof(pair));
  return true;
}

template <typename T>
bool store_if_equal(Scalar* slot, long long value) {
  T narrow = static_cast<T>(value);
  if (static_cast<long long>(narrow) != value || (narrow > 0) != (value > 0))
    return false;
  return store(slot, narrow);
}

bool store_integer(Scalar* slot, int typenum, long long value) {
  bool exact_in_float32 = -kExactInFloat32 <= value && value <= kExactInFloat32;
  switch (typenum) {
    case NPY_BYTE:
      return store_if_equal<npy_byte>(slot, value);
    case NPY_UBYTE:
      return store_if_equal<npy_ubyte>(slot, value);
    case NPY_SHORT:
      return store_if_equal<npy_short>(slot, value);
    case NPY_USHORT:
      return store_if_equal<npy_ushort>(slot, value);
    case NPY_INT:
      return store_if_equal<npy_int>(slot, value);
    case NPY_UINT:
      return store_if_equal<npy_uint>(slot, value);
    case NPY_LONG:
      return store_if_equal<npy_long>(slot, value);
    case NPY_ULONG:
      return value >= 0 && store(slot, static_cast<npy_ulong>(value));
    case NPY_FLOAT:
      return exact_in_float32 && store(slot, static_cast<float>(value));
    case NPY_DOUBLE:
      return store(slot, static_cast<double>(value));
    case NPY_CFLOAT:
      return exact_in_float32 && store_pair<float>(slot, double(value), 0.0);
    case NPY_CDOUBLE:
      return store_pair<double>(slot, double(value), 0.0);
    default:
      return false;
  }
}

bool store_float(Scalar* slot, int typenum, long flags, double value) {
  switch (typenum) {
    case NPY_DOUBLE:
      return store(slot, value);
    case NPY_CDOUBLE:
      return store_pair<double>(slot, value, 0.0);
    case NPY_FLOAT: {
      float narrow = static_cast<float>(value);
      bool same = double(narrow) == value || value != value;
      return (same || (flags & kRoundFloat) != 0) && store(slot, narrow);
    }
    default:
      return false;
  }
}

// A Python or NumPy scalar for a 0-d argument; false, without an exception, where only
// Python code can decide.
bool store_scalar(Scalar* slot, const TensorSpec& spec, long flags, PyObject* value) {
  if (PyFloat_CheckExact(value)) {
    return store_float(slot, spec.typenum, flags, PyFloat_AS_DOUBLE(value));
  }
  if (PyLong_CheckExact(value)) {
    int overflow = 0;
    long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
    return overflow == 0 && store_integer(slot, spec.typenum, number);
  }
  if (PyBool_Check(value)) {
    return spec.typenum == NPY_BOOL &&
           store(slot, static_cast<npy_bool>(value == Py_True));
  }
  if (PyComplex_CheckExact(value)) {
    return spec.typenum == NPY_CDOUBLE &&
           store_pair<double>(slot, PyComplex_RealAsDouble(value),
                              PyComplex_ImagAsDouble(value));
  }
  if (Py_IS_TYPE(value, &PyDoubleArrType_Type) && spec.typenum == NPY_DOUBLE) {
    return store(slot, PyFloat_AS_DOUBLE(value));
  }
  if (!PyArray_IsScalar(value, Number) && !PyArray_IsScalar(value, Bool)) return false;
  PyArray_Descr* descr = PyArray_DescrFromScalar(value);
  bool same = descr != nullptr && descr->type_num == spec.typenum;
  Py_XDECREF(descr);
  if (descr == nullptr) PyErr_Clear();
  if (same) PyArray_ScalarAsCtype(value, slot->bytes);
  return same;
}

// An array that another layout, or a cast that loses nothing, makes fit.
bool can_copy(const TensorSpec& spec, long flags, PyObject* value) {
  if (!PyArray_CheckExact(value)) return false;
  PyArrayObject* array = as_array(value);
  if (PyArray_NDIM(array) != spec.ndim || !spec.extents_fit(extents(value)))
    return false;
  int typenum = PyArray_TYPE(array);
  if (typenum == spec.typenum) return true;
  if ((flags & kStrict) != 0) return false;
  if (!PyTypeNum_ISNUMBER(typenum) && typenum != NPY_BOOL) return false;
  return PyArray_CanCastTypeTo(PyArray_DESCR(array), spec.descr, NPY_SAFE_CASTING) != 0;
}

bool convert_in_python(Frame* frame, size_t i, const TensorSpec& spec,
                       PyObject* value) {
  PyObject* index = PyLong_FromSize_t(i);
  if (index == nullptr) return false;
  PyObject* const args[] = {index, value};
  PyObject* made = PyObject_Vectorcall(frame->function->convert, args, 2, nullptr);
  Py_DECREF(index);
  if (made == nullptr) return false;
  count_allocation();
  hold(frame, i, made);
  if (fits(spec, made)) return use_array(frame, i, made);
  if (can_copy(spec, kStrict, made)) return use_dense_copy(frame, i, made);
  PyErr_Format(
      PyExc_TypeError,
      "expected an array of dtype %S and rank %d for argument %zu, but `convert` made "
      "%.200R; report this",
      spec.descr, spec.ndim, i, made);
  return false;
}

bool take_slowly(Frame* frame, size_t i, const TensorSpec& spec, long flags,
                 PyObject* value) {
  if (spec.typenum == kObject) {
    if (frame->held[i] != value) hold(frame, i, Py_NewRef(value));
    frame->inputs[i].data = value;
    frame->inputs[i].shape = nullptr;
    frame->arrays[i] = value;
    return true;
  }
  if (fits(spec, value)) return use_array(frame, i, value);
  bool scalar = spec.ndim == 0 && (flags & kStrict) == 0;
  if (scalar && store_scalar(&frame->scalars[i], spec, flags, value))
    return use_scalar(frame, i);
  if (can_copy(spec, flags, value))
    return put_off_copy(frame, i, value) || use_dense_copy(frame, i, value);
  return convert_in_python(frame, i, spec, value);
}

// `value` is borrowed from the caller's stack or held by the frame.
inline bool take(Frame* frame, size_t i, const Argument& argument, PyObject* value) {
  if (PyFloat_CheckExact(value) && argument.spec.typenum == NPY_DOUBLE &&
      argument.spec.ndim == 0 && (argument.flags & kStrict) == 0) {
    frame->scalars[i].as_double = PyFloat_AS_DOUBLE(value);
    return use_scalar(frame, i);
  }
  return take_slowly(frame, i, argument.spec, argument.flags, value);
}

bool take_default(Frame* frame, size_t i, const Argument& argument) {
  PyObject* value = argument.kind == Default::kCell
                        ? read_cell(reinterpret_cast<Cell*>(argument.fallback))
                        : Py_NewRef(argument.fallback);
  if (value == nullptr) return false;
  frame->held[i] = value;
  return take(frame, i, argument, value);
}

// Index of the argument of that name, or -1.
Py_ssize_t find_name(const Plan& plan, PyObject* name) {
  for (size_t i = 0; i < plan.arguments.size(); ++i) {
    if (plan.arguments[i].name == name) return static_cast<Py_ssize_t>(i);
  }
  for (size_t i = 0; i < plan.arguments.size(); ++i) {
    PyObject* known = plan.arguments[i].name;
    if (known != nullptr && PyUnicode_Compare(known, name) == 0) {
      return static_cast<Py_ssize_t>(i);
    }
  }
  return -1;
}

// Fills `given` from positions and names; false, without an exception, when they do not
// match.
bool match_arguments(Frame* frame, PyObject* const* args, Py_ssize_t count,
                     PyObject* kwnames) {
  const Plan& plan = *frame->function->plan;
  size_t expected = plan.arguments.size();
  if (static_cast<size_t>(count) > expected) return false;
  frame->given.assign(expected, nullptr);
  for (Py_ssize_t i = 0; i < count; ++i) frame->given[i] = args[i];
  Py_ssize_t named = kwnames != nullptr ? PyTuple_GET_SIZE(kwnames) : 0;
  for (Py_ssize_t k = 0; k < named; ++k) {
    Py_ssize_t i = find_name(plan, PyTuple_GET_ITEM(kwnames, k));
    if (i < 0 || frame->given[i] != nullptr) return false;
    frame->given[i] = args[count + k];
  }
  for (size_t i = 0; i < expected; ++i) {
    if (frame->given[i] == nullptr && plan.arguments[i].kind == Default::kNone)
      return false;
  }
  return true;
}

// Lets Python say what is missing, unknown or too much.
void refuse(Frame* frame, PyObject* const* args, Py_ssize_t count, PyObject* kwnames) {
  PyObject* positional = PyTuple_New(count);
  PyObject* named = PyDict_New();
  if (positional != nullptr && named != nullptr) {
    for (Py_ssize_t i = 0; i < count; ++i)
      PyTuple_SET_ITEM(positional, i, Py_NewRef(args[i]));
    Py_ssize_t names = kwnames != nullptr ? PyTuple_GET_SIZE(kwnames) : 0;
    int failed = 0;
    for (Py_ssize_t k = 0; k < names && failed == 0; ++k) {
      failed = PyDict_SetItem(named, PyTuple_GET_ITEM(kwnames, k), args[count + k]);
    }
    if (failed == 0) {
      Py_XDECREF(PyObject_CallFunctionObjArgs(frame->function->refuse, positional,
                                              named, nullptr));
    }
  }
  Py_XDECREF(positional);
  Py_XDECREF(named);
  if (!PyErr_Occurred()) {
    PyErr_Format(PyExc_TypeError,
                 "expected %zu arguments, got others; see the function's inputs",
                 frame->function->plan->arguments.size());
  }
}

PyObject* input_as_object(Frame* frame, size_t i) {
  if (frame->arrays[i] != nullptr) return Py_NewRef(frame->arrays[i]);
  return new_array_with(frame->input_spec(i), nullptr, frame->inputs[i].data);
}

}  // namespace

bool use_dense_copy(Frame* frame, size_t i, PyObject* array) {
  PyObject* copy = dense_copy(frame->input_spec(i), array);
  if (copy == nullptr) return false;
  hold(frame, i, copy);
  return use_array(frame, i, copy);
}

bool bind_arguments(Frame* frame, PyObject* const* args, Py_ssize_t count,
                    PyObject* kwnames) {
  const std::vector<Argument>& arguments = frame->function->plan->arguments;
  size_t expected = arguments.size();
  if (kwnames == nullptr && static_cast<size_t>(count) == expected) {
    for (size_t i = 0; i < expected; ++i) {
      if (!take(frame, i, arguments[i], args[i])) return false;
    }
    return true;
  }
  if (!match_arguments(frame, args, count, kwnames)) {
    refuse(frame, args, count, kwnames);
    return false;
  }
  for (size_t i = 0; i < expected; ++i) {
    PyObject* value = frame->given[i];
    bool taken = value != nullptr ? take(frame, i, arguments[i], value)
                                  : take_default(frame, i, arguments[i]);
    if (!taken) return false;
  }
  return true;
}

bool read_captured(Frame* frame) {
  const Plan& plan = *frame->function->plan;
  size_t first = plan.arguments.size();
  for (size_t k = 0; k < plan.captured.size(); ++k) {
    PyObject* value = read_cell(plan.captured[k].cell);
    if (value == nullptr) return false;
    frame->held[first + k] = value;
    if (fits(plan.captured[k].spec, value)) {
      use_array(frame, first + k, value);
    } else if (!take_slowly(frame, first + k, plan.captured[k].spec, kStrict, value)) {
      return false;
    }
  }
  return true;
}

PyObject* inputs_as_tuple(Frame* frame, size_t count) {
  PyObject* made = PyTuple_New(static_cast<Py_ssize_t>(count));
  for (size_t i = 0; made != nullptr && i < count; ++i) {
    PyObject* item = input_as_object(frame, i);
    if (item == nullptr) Py_CLEAR(made);
    if (item != nullptr) PyTuple_SET_ITEM(made, static_cast<Py_ssize_t>(i), item);
  }
  return made;
}

PyObject* inputs_as_list(Frame* frame) {
  PyObject* made = PyList_New(static_cast<Py_ssize_t>(frame->inputs.size()));
  for (size_t i = 0; made != nullptr && i < frame->inputs.size(); ++i) {
    PyObject* item = input_as_object(frame, i);
    if (item == nullptr) Py_CLEAR(made);
    if (item != nullptr) PyList_SET_ITEM(made, static_cast<Py_ssize_t>(i), item);
  }
  return made;
}

}  // namespace theanolike

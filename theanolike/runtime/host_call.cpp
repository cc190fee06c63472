#include "host_call.h"

#include <algorithm>

namespace theanolike {

namespace {

bool same_extents(PyObject* array, const TensorSpec& spec, const i64* shape) {
  return PyArray_NDIM(as_array(array)) == spec.ndim &&
         PyArray_TYPE(as_array(array)) == spec.typenum &&
         std::equal(shape, shape + spec.ndim, extents(array));
}

bool will_be_overwritten(const Frame* frame, PyObject* array) {
  for (const Update& update : frame->function->plan->updates) {
    if (update.cell->value == array && update.cell->granted) return true;
  }
  return false;
}

// A read-only view of an input array of the call; null, without an exception, where the
// data isn't one or will be written to.
PyObject* view_of_input(Frame* frame, const TensorSpec& spec, const tl_array& input) {
  for (size_t i = 0; i < frame->inputs.size(); ++i) {
    PyObject* array = frame->arrays[i];
    if (frame->inputs[i].data != input.data || array == nullptr) continue;
    if (!PyArray_CheckExact(array) || !same_extents(array, spec, input.shape)) continue;
    if (will_be_overwritten(frame, array)) return nullptr;
    return PyArray_View(as_array(array), nullptr, &PyArray_Type);
  }
  return nullptr;
}

// The operation may keep what it is given, so memory of the unit's own is copied.
PyObject* wrap(Frame* frame, const TensorSpec& spec, const tl_array& input) {
  count_allocation();
  if (spec.typenum == kObject) return Py_NewRef(static_cast<PyObject*>(input.data));
  PyObject* array = view_of_input(frame, spec, input);
  if (array == nullptr && !PyErr_Occurred())
    array = new_array_with(spec, input.shape, input.data);
  if (array != nullptr) PyArray_CLEARFLAGS(as_array(array), NPY_ARRAY_WRITEABLE);
  return array;
}

PyObject* wrap_all(Frame* frame, const HostEntry& entry, const tl_array* inputs) {
  PyObject* list = PyList_New(static_cast<Py_ssize_t>(entry.inputs.size()));
  for (size_t i = 0; list != nullptr && i < entry.inputs.size(); ++i) {
    PyObject* item = wrap(frame, entry.inputs[i], inputs[i]);
    if (item == nullptr) Py_CLEAR(list);
    if (item != nullptr) PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), item);
  }
  return list;
}

// A dense array of the declared type that the frame keeps until the call ends.
PyObject* accept(Frame* frame, const TensorSpec& spec, PyObject* item) {
  PyObject* kept = nullptr;
  if (spec.typenum == kObject || fits(spec, item)) {
    kept = Py_NewRef(item);
  } else {
    PyObject* array = PyArray_FROM_O(item);
    if (array == nullptr) return nullptr;
    if (PyArray_TYPE(as_array(array)) == spec.typenum &&
        PyArray_NDIM(as_array(array)) == spec.ndim) {
      kept = dense_copy(spec, array);
    } else {
      PyErr_Format(
          PyExc_TypeError,
          "expected an array of dtype %S and rank %d from the operation's perform, got "
          "dtype %S and rank %d; convert the result in perform",
          spec.descr, spec.ndim, PyArray_DESCR(as_array(array)),
          PyArray_NDIM(as_array(array)));
    }
    Py_DECREF(array);
  }
  if (kept != nullptr) frame->kept.push_back(kept);
  return kept;
}

bool accept_all(Frame* frame, const HostEntry& entry, PyObject* returned,
                tl_array* outputs) {
  PyObject* items =
      PySequence_Fast(returned, "expected a list of arrays from a host call");
  if (items == nullptr) return false;
  size_t count = static_cast<size_t>(PySequence_Fast_GET_SIZE(items));
  bool accepted = count == entry.outputs.size();
  if (!accepted) {
    PyErr_Format(PyExc_TypeError, "expected %zu results from a host call, got %zu",
                 entry.outputs.size(), count);
  }
  for (size_t k = 0; accepted && k < count; ++k) {
    const TensorSpec& spec = entry.outputs[k];
    PyObject* item = PySequence_Fast_GET_ITEM(items, static_cast<Py_ssize_t>(k));
    PyObject* kept = accept(frame, spec, item);
    accepted = kept != nullptr;
    if (!accepted) break;
    bool tensor = spec.typenum != kObject;
    outputs[k].data = tensor ? PyArray_DATA(as_array(kept)) : kept;
    outputs[k].shape = tensor ? extents(kept) : nullptr;
  }
  Py_DECREF(items);
  return accepted;
}

// The exception that is set, no longer set.
PyObject* take_exception() {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback != nullptr) PyException_SetTraceback(value, traceback);
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  return value;
}

}  // namespace

i32 call_host(tl_call* call, i32 site, const tl_array* inputs, tl_array* outputs) {
  Frame* frame = frame_of(call);
  WithGil gil(frame);
  const std::vector<HostEntry>& entries = frame->function->plan->host;
  if (site < 0 || static_cast<size_t>(site) >= entries.size()) {
    PyErr_Format(PyExc_RuntimeError,
                 "expected a host call below %zu, got %d; report this", entries.size(),
                 site);
    return TL_HOST;
  }
  const HostEntry& entry = entries[static_cast<size_t>(site)];
  PyObject* arguments = wrap_all(frame, entry, inputs);
  if (arguments == nullptr) return TL_HOST;
  PyObject* returned = PyObject_CallOneArg(entry.callable, arguments);
  Py_DECREF(arguments);
  bool accepted = returned != nullptr && accept_all(frame, entry, returned, outputs);
  if (accepted) {
    frame->host_calls.push_back({site, returned});
    return TL_OK;
  }
  Py_XDECREF(returned);
  if (PyErr_ExceptionMatches(PyExc_Exception))
    frame->host_calls.push_back({site, take_exception()});
  return TL_HOST;
}

PyObject* host_calls_as_tuple(Frame* frame) {
  size_t count = frame->host_calls.size();
  PyObject* made = PyTuple_New(static_cast<Py_ssize_t>(count));
  for (size_t k = 0; made != nullptr && k < count; ++k) {
    const HostCall& call = frame->host_calls[k];
    PyObject* item = Py_BuildValue("(iO)", call.site, call.answer);
    if (item == nullptr) Py_CLEAR(made);
    if (item != nullptr) PyTuple_SET_ITEM(made, static_cast<Py_ssize_t>(k), item);
  }
  return made;
}

PyObject* exception_of_host(Frame* frame) {
  if (frame->host_calls.empty()) return nullptr;
  PyObject* answer = frame->host_calls.back().answer;
  return PyExceptionInstance_Check(answer) ? answer : nullptr;
}

void forget_host_calls(Frame* frame) {
  for (HostCall& call : frame->host_calls) Py_DECREF(call.answer);
  frame->host_calls.clear();
}

}  // namespace theanolike

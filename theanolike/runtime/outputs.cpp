#include "outputs.h"

#include <algorithm>
#include <cstring>

#include "buffers.h"

namespace theanolike {

namespace {

size_t output_count(const Frame* frame) {
  return frame->function->plan->outputs.size();
}

void set_output(Frame* frame, size_t i, void* data, const i64* shape) {
  int ndim = frame->output_spec(i).ndim;
  std::copy(shape, shape + ndim, frame->shapes[i]);
  frame->outputs[i].data = data;
  frame->outputs[i].shape = frame->shapes[i];
}

void discard(Fresh* fresh) {
  Py_CLEAR(fresh->array);
  free_data(fresh->data);
  fresh->data = nullptr;
}

bool has_shape(PyObject* array, const TensorSpec& spec, const i64* shape) {
  return PyArray_CheckExact(array) && PyArray_TYPE(as_array(array)) == spec.typenum &&
         PyArray_NDIM(as_array(array)) == spec.ndim &&
         std::equal(shape, shape + spec.ndim, extents(array));
}

// An array of the cell's that the last update left over.
bool use_spare(Frame* frame, size_t i, const i64* shape) {
  size_t first = output_count(frame);
  if (i < first) return false;
  PyObject*& spare = frame->spares[i - first];
  if (spare == nullptr || !has_shape(spare, frame->output_spec(i), shape)) return false;
  frame->fresh[i].array = spare;
  spare = nullptr;
  return true;
}

bool make_fresh(Frame* frame, size_t i, const i64* shape) {
  Fresh* fresh = &frame->fresh[i];
  const TensorSpec& spec = frame->output_spec(i);
  if (use_spare(frame, i, shape)) return true;
  if (frame->released != nullptr) {
    fresh->data = new_data(spec.bytes(shape));
    return fresh->data != nullptr;
  }
  fresh->array = new_array(spec, shape);
  if (fresh->array == nullptr) PyErr_Clear();  // the unit reports that memory is out
  return fresh->array != nullptr;
}

// Every output as a Python object of the frame's.
bool finish_arrays(Frame* frame) {
  for (size_t i = 0; i < frame->fresh.size(); ++i) {
    Fresh* fresh = &frame->fresh[i];
    if (fresh->array != nullptr) continue;
    size_t first = output_count(frame);
    if (fresh->data == nullptr) {
      if (i >= first && frame->targeted[i - first]) continue;
      PyErr_Format(PyExc_RuntimeError,
                   "the compiled unit made no output %zu; report this", i);
      return false;
    }
    fresh->array = adopt_data(frame->output_spec(i), frame->shapes[i], fresh->data);
    if (fresh->array == nullptr) return false;
    fresh->data = nullptr;
  }
  return true;
}

PyObject* take_result(Frame* frame, size_t i) {
  PyObject* array = frame->fresh[i].array;
  frame->fresh[i].array = nullptr;
  return array;
}

PyObject* as_list(Frame* frame) {
  PyObject* list = PyList_New(static_cast<Py_ssize_t>(output_count(frame)));
  for (size_t i = 0; list != nullptr && i < output_count(frame); ++i) {
    PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), take_result(frame, i));
  }
  return list;
}

PyObject* as_dict(Frame* frame) {
  PyObject* dict = PyDict_New();
  for (size_t i = 0; dict != nullptr && i < output_count(frame); ++i) {
    PyObject* key = PyTuple_GET_ITEM(frame->function->keys, static_cast<Py_ssize_t>(i));
    if (PyDict_SetItem(dict, key, frame->fresh[i].array) != 0) Py_CLEAR(dict);
  }
  for (Fresh& fresh : frame->fresh) {
    if (&fresh - frame->fresh.data() < static_cast<long>(output_count(frame))) {
      Py_CLEAR(fresh.array);
    }
  }
  return dict;
}

// An array that the caller may keep: nobody else holds it or its memory.
PyObject* own_array(const TensorSpec& spec, PyObject* item, size_t i) {
  if (spec.typenum == kObject) return Py_NewRef(item);
  if (fits(spec, item) && is_sole_owner(item, 1)) return Py_NewRef(item);
  PyObject* array = PyArray_FROM_O(item);
  if (array == nullptr) return nullptr;
  PyObject* made = nullptr;
  if (PyArray_TYPE(as_array(array)) == spec.typenum &&
      PyArray_NDIM(as_array(array)) == spec.ndim) {
    made = dense_copy(spec, array);
  } else {
    PyErr_Format(
        PyExc_RuntimeError,
        "expected dtype %S and rank %d for output %zu, but the function's Python body "
        "made %S and %d; report this",
        spec.descr, spec.ndim, i, PyArray_DESCR(as_array(array)),
        PyArray_NDIM(as_array(array)));
  }
  Py_DECREF(array);
  return made;
}

bool take_items(Frame* frame, PyObject* items, size_t first, size_t count) {
  if (!PyList_Check(items) ||
      PyList_GET_SIZE(items) != static_cast<Py_ssize_t>(count)) {
    PyErr_Format(PyExc_RuntimeError,
                 "expected a list of %zu arrays from the Python body, got %R", count,
                 items);
    return false;
  }
  for (size_t k = 0; k < count; ++k) {
    PyObject* item = PyList_GET_ITEM(items, static_cast<Py_ssize_t>(k));
    PyObject* array = own_array(frame->output_spec(first + k), item, first + k);
    if (array == nullptr) return false;
    frame->fresh[first + k].array = array;
  }
  return true;
}

// How many references this call itself holds to the value of a cell.
Py_ssize_t own_references(const Frame* frame, PyObject* value) {
  return std::count(frame->held.begin(), frame->held.end(), value);
}

}  // namespace

void* make_output(tl_call* call, i32 index, const i64* shape) {
  Frame* frame = frame_of(call);
  size_t i = static_cast<size_t>(index);
  discard(&frame->fresh[i]);
  if (i >= output_count(frame)) frame->targeted[i - output_count(frame)] = 0;
  if (!make_fresh(frame, i, shape)) return nullptr;
  Fresh& fresh = frame->fresh[i];
  void* data =
      fresh.array != nullptr ? PyArray_DATA(as_array(fresh.array)) : fresh.data;
  set_output(frame, i, data, shape);
  return data;
}

void* grant_target(tl_call* call, i32 index, const i64* shape) {
  Frame* frame = frame_of(call);
  const Plan& plan = *frame->function->plan;
  // A function that is the body of another has its updates among its outputs.
  if (static_cast<size_t>(index) >= plan.updates.size()) return nullptr;
  const Update& update = plan.updates[static_cast<size_t>(index)];
  if (!update.cell->granted || !has_shape(update.cell->value, update.spec, shape))
    return nullptr;
  size_t i = output_count(frame) + static_cast<size_t>(index);
  void* data = PyArray_DATA(as_array(update.cell->value));
  set_output(frame, i, data, shape);
  frame->targeted[static_cast<size_t>(index)] = 1;
  return data;
}

void prepare_updates(Frame* frame) {
  const Plan& plan = *frame->function->plan;
  bool in_place = Py_IS_TYPE(frame->body, &unit_type) &&
                  reinterpret_cast<Unit*>(frame->body)->commit != nullptr;
  for (size_t u = 0; u < plan.updates.size(); ++u) {
    Cell* cell = plan.updates[u].cell;
    frame->spares[u] = cell->spare;
    cell->spare = nullptr;
    frame->targeted[u] = 0;
    cell->granted =
        in_place && is_sole_owner(cell->value, 1 + own_references(frame, cell->value));
  }
}

void discard_outputs(Frame* frame) {
  for (Fresh& fresh : frame->fresh) discard(&fresh);
  std::fill(frame->targeted.begin(), frame->targeted.end(), 0);
}

bool take_python_outputs(Frame* frame, PyObject* returned) {
  if (!PyTuple_Check(returned) || PyTuple_GET_SIZE(returned) != 2) {
    PyErr_Format(PyExc_RuntimeError,
                 "expected (outputs, updates) from the Python body, got %R", returned);
    return false;
  }
  size_t count = output_count(frame);
  return take_items(frame, PyTuple_GET_ITEM(returned, 0), 0, count) &&
         take_items(frame, PyTuple_GET_ITEM(returned, 1), count,
                    frame->fresh.size() - count);
}

bool take_function_outputs(Frame* frame, PyObject* returned) {
  return take_items(frame, returned, 0, frame->fresh.size());
}

PyObject* deliver(Frame* frame) {
  if (!finish_arrays(frame)) return nullptr;
  switch (frame->function->plan->form) {
    case Form::kSingle:
      return take_result(frame, 0);
    case Form::kList:
      return as_list(frame);
    case Form::kDict:
      return as_dict(frame);
    case Form::kNone:
      break;
  }
  return Py_NewRef(Py_None);
}

void commit(Frame* frame) {
  const Plan& plan = *frame->function->plan;
  if (Py_IS_TYPE(frame->body, &unit_type)) {
    auto* unit = reinterpret_cast<Unit*>(frame->body);
    if (unit->commit != nullptr) unit->commit(&frame->call);
  }
  for (size_t u = 0; u < plan.updates.size(); ++u) {
    PyObject* fresh = take_result(frame, plan.outputs.size() + u);
    if (fresh == nullptr) continue;  // written in place
    frame->retired[u] = plan.updates[u].cell->value;
    plan.updates[u].cell->value = fresh;
    plan.updates[u].cell->granted = false;
  }
}

void retire_replaced(Frame* frame) {
  const Plan& plan = *frame->function->plan;
  for (size_t u = 0; u < plan.updates.size(); ++u) {
    Cell* cell = plan.updates[u].cell;
    PyObject* spare = frame->spares[u];
    PyObject* old = frame->retired[u];
    frame->spares[u] = frame->retired[u] = nullptr;
    if (old != nullptr && is_sole_owner(old, 1)) std::swap(old, spare);
    if (cell->spare == nullptr) std::swap(cell->spare, spare);
    Py_XDECREF(spare);
    Py_XDECREF(old);
  }
}

}  // namespace theanolike

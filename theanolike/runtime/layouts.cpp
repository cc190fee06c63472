#include "layouts.h"

#include <algorithm>
#include <utility>

#include "arguments.h"

namespace theanolike {

namespace {

// As in codegen/arrangement.py.
constexpr int kReversed = 128;
constexpr int kMostAxes = 7;
constexpr int kNone = -1;

constexpr i64 kSmall = 1 << 16;  // bytes; copying so few costs little
constexpr size_t kMostLayouts = 8;
// Copying rows takes this much less time than transposing them.
constexpr i64 kRowsAreCheaper = 4;

// Walks the axes from the innermost: each step must be a multiple of the one inside of
// it. `shape`, if not null, gets the extents of the memory, then those of the array.
int arrange(PyArrayObject* array, bool reversed, i64* shape) {
  int rank = PyArray_NDIM(array);
  int layout = reversed ? kReversed : 0;
  i64 step = PyArray_ITEMSIZE(array);  // of the axis inside
  i64 extent = 1;                      // of the axis inside
  for (int q = rank - 1; q >= 0; --q) {
    int axis = reversed ? rank - 1 - q : q;
    i64 own = PyArray_DIM(array, axis);
    i64 dense = step * extent;
    i64 stride = own == 1 ? dense : PyArray_STRIDE(array, axis);
    if (stride < dense || stride % step != 0) return kNone;
    if (stride != dense) {
      if (q == rank - 1) return kNone;
      layout |= 1 << (q + 1);
    }
    if (shape != nullptr) {
      if (q < rank - 1) shape[q + 1] = stride / step;
      shape[q] = shape[rank + q] = own;
    }
    step = stride;
    extent = own;
  }
  return layout;
}

int layout_of(PyArrayObject* array) {
  int layout = arrange(array, false, nullptr);
  return layout != kNone ? layout : arrange(array, true, nullptr);
}

Layout* find_layout(Plan* plan, const std::vector<PutOff>& wanted) {
  for (Layout& layout : plan->layouts) {
    if (layout.inputs == wanted) return &layout;
  }
  return nullptr;
}

i64 cost_of_copies(const Frame* frame) {
  i64 total = 0;
  for (const PutOff& odd : frame->put_off) {
    i64 bytes = PyArray_NBYTES(as_array(frame->arrays[odd.input]));
    total += odd.layout & kReversed ? bytes : bytes / kRowsAreCheaper;
  }
  return total;
}

// A new reference to the body or to None; null with an exception set.
PyObject* ask_for_body(Frame* frame) {
  PyObject* odd = PyTuple_New(static_cast<Py_ssize_t>(frame->put_off.size()));
  for (size_t k = 0; odd != nullptr && k < frame->put_off.size(); ++k) {
    PyObject* pair =
        Py_BuildValue("(ni)", frame->put_off[k].input, frame->put_off[k].layout);
    if (pair == nullptr) Py_CLEAR(odd);
    if (pair != nullptr) PyTuple_SET_ITEM(odd, static_cast<Py_ssize_t>(k), pair);
  }
  if (odd == nullptr) return nullptr;
  PyObject* body = PyObject_CallOneArg(frame->function->lay_out, odd);
  Py_DECREF(odd);
  if (body == nullptr || body == Py_None || Py_IS_TYPE(body, &unit_type)) return body;
  PyErr_Format(PyExc_TypeError, "expected a Unit or None from `lay_out`, got %.200R",
               body);
  Py_DECREF(body);
  return nullptr;
}

// Notes what copies cost, and asks for a body once they have cost enough.
bool count_copies(Frame* frame) {
  Plan* plan = frame->function->plan;
  Layout* known = find_layout(plan, frame->put_off);
  if (known == nullptr) {
    if (plan->layouts.size() == kMostLayouts) return true;
    plan->layouts.emplace_back();
    known = &plan->layouts.back();
    known->inputs = frame->put_off;
  }
  if (known->asked) return true;
  known->copied += cost_of_copies(frame);
  if (known->copied <= plan->lay_out_after) return true;
  known->asked = true;  // other threads copy meanwhile
  PyObject* body = ask_for_body(frame);
  if (body == nullptr) return false;
  if (body != Py_None) find_layout(plan, frame->put_off)->body = Py_NewRef(body);
  Py_DECREF(body);
  return true;
}

// Shows the unit the memory that holds the elements.
void use_memory(Frame* frame) {
  size_t extents = 0;
  for (const PutOff& odd : frame->put_off) {
    extents += 2 * static_cast<size_t>(frame->input_spec(odd.input).ndim);
  }
  frame->memory_shapes.resize(extents);
  i64* next = frame->memory_shapes.data();
  for (const PutOff& odd : frame->put_off) {
    PyArrayObject* array = as_array(frame->arrays[odd.input]);
    arrange(array, (odd.layout & kReversed) != 0, next);
    frame->inputs[odd.input].shape = next;
    next += 2 * PyArray_NDIM(array);
  }
}

}  // namespace

bool put_off_copy(Frame* frame, size_t i, PyObject* value) {
  const Plan& plan = *frame->function->plan;
  if (plan.lay_out_after < 0) return false;
  PyArrayObject* array = as_array(value);
  int rank = PyArray_NDIM(array);
  if (rank < 2 || rank > kMostAxes || PyArray_NBYTES(array) < kSmall) return false;
  bool readable = PyArray_TYPE(array) == frame->input_spec(i).typenum &&
                  PyArray_ISALIGNED(array) && PyArray_ISNOTSWAPPED(array);
  int layout = readable ? layout_of(array) : kNone;
  if (layout == kNone) return false;
  frame->inputs[i].data = PyArray_DATA(array);
  frame->inputs[i].shape = extents(value);
  frame->arrays[i] = value;
  frame->put_off.push_back({i, layout});
  return true;
}

bool settle_layouts(Frame* frame) {
  // A function that is the body takes care of its arguments.
  if (Py_IS_TYPE(frame->body, &function_type)) return true;
  if (!Py_IS_TYPE(frame->body, &unit_type)) return copy_put_off(frame);
  bool may_ask = frame->function->lay_out != Py_None;  // not while it is taken apart
  if (may_ask && !count_copies(frame)) return false;
  const Layout* known = find_layout(frame->function->plan, frame->put_off);
  if (known == nullptr || known->body == nullptr) return copy_put_off(frame);
  Py_SETREF(frame->body, Py_NewRef(known->body));
  use_memory(frame);
  return true;
}

bool copy_put_off(Frame* frame) {
  for (const PutOff& odd : frame->put_off) {
    if (!use_dense_copy(frame, odd.input, frame->arrays[odd.input])) return false;
  }
  frame->put_off.clear();
  return true;
}

}  // namespace theanolike

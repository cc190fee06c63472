// One call: lock, bind, run, deliver, commit, and give everything back.
#include <algorithm>
#include <cstring>

#include "arguments.h"
#include "buffers.h"
#include "errors.h"
#include "function.h"
#include "host_call.h"
#include "layouts.h"
#include "outputs.h"
#include "table.h"
#include "variants.h"

namespace theanolike {

namespace {

constexpr int kMaxRetries = 8;

// Extents of arrays with elements are smaller where these have more than two bytes.
constexpr npy_intp kLong = npy_intp{1} << 31;

Frame* make_frame(Function* function) {
  count_allocation();
  const Plan& plan = *function->plan;
  size_t inputs = plan.arguments.size() + plan.captured.size();
  size_t outputs = plan.outputs.size() + plan.updates.size();
  auto* frame = new Frame;
  frame->function = function;
  frame->inputs.resize(inputs);
  frame->arrays.resize(inputs);
  frame->held.resize(inputs);
  frame->scalars.resize(inputs);
  frame->outputs.resize(outputs);
  frame->fresh.resize(outputs);
  frame->spares.resize(plan.updates.size());
  frame->retired.resize(plan.updates.size());
  frame->targeted.resize(plan.updates.size());
  size_t extents = 1;
  for (size_t i = 0; i < outputs; ++i)
    extents += static_cast<size_t>(frame->output_spec(i).ndim);
  frame->shape_storage.resize(extents);
  i64* next = frame->shape_storage.data();
  for (size_t i = 0; i < outputs; ++i) {
    frame->shapes.push_back(next);
    next += frame->output_spec(i).ndim;
  }
  frame->call.table = runtime_table();
  frame->call.inputs = frame->inputs.data();
  frame->call.outputs = frame->outputs.data();
  return frame;
}

Frame* take_frame(Function* function) {
  Frame* frame = function->plan->idle;
  if (frame == nullptr) {
    frame = make_frame(function);
  } else {
    function->plan->idle = frame->next;
  }
  frame->body = Py_NewRef(function->body);
  return frame;
}

void give_frame_back(Frame* frame) {
  for (Fresh& fresh : frame->fresh) {
    Py_CLEAR(fresh.array);
    if (fresh.data != nullptr) free_data(fresh.data);
    fresh.data = nullptr;
  }
  for (PyObject*& object : frame->held) Py_CLEAR(object);
  for (PyObject*& object : frame->kept) Py_CLEAR(object);
  frame->kept.clear();
  frame->put_off.clear();
  forget_host_calls(frame);
  if (frame->locked) {
    retire_replaced(frame);
    unlock_cells(frame->function->plan->locks);
    frame->locked = false;
  }
  Py_CLEAR(frame->body);
  frame->workspace.end_call();
  frame->next = frame->function->plan->idle;
  frame->function->plan->idle = frame;
}

bool prepare(Frame* frame, PyObject* const* args, Py_ssize_t count, PyObject* kwnames) {
  const Plan& plan = *frame->function->plan;
  if (!plan.locks.empty()) {
    if (!lock_cells(plan.locks)) return false;
    frame->locked = true;
  }
  if (!bind_arguments(frame, args, count, kwnames)) return false;
  if (!plan.captured.empty() && !read_captured(frame)) return false;
  choose_variant(frame);
  if (!frame->put_off.empty() && !settle_layouts(frame)) return false;
  if (frame->locked) prepare_updates(frame);
  return true;
}

bool is_long(const Frame* frame) {
  const Plan& plan = *frame->function->plan;
  if (plan.release_above < 0) return false;
  if (plan.release_above == 0) return true;
  if (plan.only_scalars) return false;
  i64 elements = 0;
  for (PyObject* array : frame->arrays) {
    if (array != nullptr && PyArray_Check(array))
      elements += PyArray_SIZE(as_array(array));
  }
  return elements > plan.release_above;
}

i32 run_unit(Frame* frame) {
  tl_call* call = &frame->call;
  call->error = tl_error{};
  frame->next_poll = 0;
  frame->thread = PyThread_get_thread_ident();
  frame->interrupted.store(false, std::memory_order_relaxed);
  if (is_long(frame)) frame->released = PyEval_SaveThread();
  i32 code = reinterpret_cast<Unit*>(frame->body)->compute(call);
  if (frame->released != nullptr) {
    PyEval_RestoreThread(frame->released);
    frame->released = nullptr;
  }
  return code;
}

i32 run_function(Frame* frame) {
  // It captures constants of its own.
  const Plan& inner = *reinterpret_cast<Function*>(frame->body)->plan;
  PyObject* inputs = inputs_as_tuple(frame, inner.arguments.size());
  if (inputs == nullptr) return TL_HOST;
  PyObject* returned = PyObject_Call(frame->body, inputs, nullptr);
  Py_DECREF(inputs);
  if (returned == nullptr) return TL_HOST;
  bool taken = take_function_outputs(frame, returned);
  Py_DECREF(returned);
  return taken ? TL_OK : TL_HOST;
}

i32 run_python(Frame* frame) {
  if (!copy_put_off(frame)) return TL_HOST;
  PyObject* inputs = inputs_as_list(frame);
  if (inputs == nullptr) return TL_HOST;
  PyObject* returned = PyObject_CallOneArg(frame->body, inputs);
  Py_DECREF(inputs);
  if (returned == nullptr) return TL_HOST;
  bool taken = take_python_outputs(frame, returned);
  Py_DECREF(returned);
  return taken ? TL_OK : TL_HOST;
}

i32 run_body(Frame* frame) {
  if (Py_IS_TYPE(frame->body, &unit_type)) return run_unit(frame);
  if (Py_IS_TYPE(frame->body, &function_type)) return run_function(frame);
  return run_python(frame);
}

// An array without elements may have extents whose product with others overflows.
bool has_long_empty_array(const Frame* frame) {
  for (PyObject* array : frame->arrays) {
    if (array == nullptr || !PyArray_Check(array)) continue;
    const npy_intp* shape = PyArray_DIMS(as_array(array));
    int ndim = PyArray_NDIM(as_array(array));
    bool is_long =
        std::any_of(shape, shape + ndim, [](npy_intp n) { return n > kLong; });
    if (is_long && PyArray_SIZE(as_array(array)) == 0) return true;
  }
  return false;
}

// False with an exception set.
bool run(Frame* frame) {
  if (Py_IS_TYPE(frame->body, &unit_type) && has_long_empty_array(frame)) {
    PyObject* body = ask_for_body(frame, TL_OK);
    if (body == nullptr) return false;
    Py_SETREF(frame->body, body);
  }
  for (int attempt = 0;; ++attempt) {
    i32 code = run_body(frame);
    if (code == TL_OK) return true;
    discard_outputs(frame);
    PyObject* body = explain_failure(frame, code);
    if (body == nullptr) return false;
    if (code == TL_BROADCAST) remember_variant(frame, body);
    Py_SETREF(frame->body, body);
    forget_host_calls(frame);
    if (attempt == kMaxRetries) {
      PyErr_Format(
          PyExc_RuntimeError,
          "expected a body that fits the arguments, but %d bodies failed; report this",
          kMaxRetries + 1);
      return false;
    }
  }
}

}  // namespace

PyObject* call_function(PyObject* self, PyObject* const* args, size_t nargsf,
                        PyObject* kwnames) {
  auto* function = reinterpret_cast<Function*>(self);
  Frame* frame = take_frame(function);
  ++function->calls;
  PyObject* result = nullptr;
  if (prepare(frame, args, PyVectorcall_NARGS(nargsf), kwnames) && run(frame)) {
    result = deliver(frame);
    if (result != nullptr) commit(frame);
  }
  give_frame_back(frame);
  return result;
}

void trim(Function* function) {
  drop_kept_buffers();
  while (function->plan->idle != nullptr) {
    Frame* frame = function->plan->idle;
    function->plan->idle = frame->next;
    delete frame;
  }
}

}  // namespace theanolike

#include "errors.h"

#include <time.h>

#include "arguments.h"
#include "host_call.h"

namespace theanolike {

namespace {

constexpr i64 kPollNanoseconds = 50'000'000;

unsigned long main_thread = 0;

i64 coarse_clock() {
#ifdef CLOCK_MONOTONIC_COARSE
  constexpr clockid_t kClock = CLOCK_MONOTONIC_COARSE;
#else
  constexpr clockid_t kClock = CLOCK_MONOTONIC;
#endif
  timespec now;
  clock_gettime(kClock, &now);
  return i64{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

PyObject* recorded_values(const tl_error& error) {
  PyObject* made = PyTuple_New(6);
  for (int k = 0; made != nullptr && k < 6; ++k) {
    PyObject* value = PyLong_FromLongLong(error.values[k]);
    if (value == nullptr) Py_CLEAR(made);
    if (value != nullptr) PyTuple_SET_ITEM(made, k, value);
  }
  return made;
}

// What `fail` returns; null with an exception set.
PyObject* ask_python(Frame* frame, i32 code, i32 site) {
  PyObject* values = recorded_values(frame->call.error);
  PyObject* inputs =
      values != nullptr ? inputs_as_tuple(frame, frame->inputs.size()) : nullptr;
  PyObject* calls = inputs != nullptr ? host_calls_as_tuple(frame) : nullptr;
  PyObject* answer = nullptr;
  if (calls != nullptr) {
    answer = PyObject_CallFunction(frame->function->fail, "iiOOO", code, site, values,
                                   inputs, calls);
  }
  Py_XDECREF(values);
  Py_XDECREF(inputs);
  Py_XDECREF(calls);
  return answer;
}

// True with an exception set: what `fail` raises, which has more to tell.
bool told_by_python(Frame* frame, i32 code, i32 site) {
  PyObject* answer = ask_python(frame, code, site);
  Py_XDECREF(answer);
  return answer == nullptr;
}

void explain_stop(Frame* frame, i32 code) {
  if (PyErr_Occurred()) return;
  PyObject* raised = code == TL_HOST ? exception_of_host(frame) : nullptr;
  if (raised == nullptr) {
    PyErr_Format(PyExc_RuntimeError,
                 "a compiled unit stopped with code %d, but no exception is set; "
                 "report this",
                 code);
  } else if (!told_by_python(frame, code, frame->host_calls.back().site)) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised)), raised);
  }
}

void explain_memory(Frame* frame) {
  PyErr_Clear();
  const tl_error& error = frame->call.error;
  if (told_by_python(frame, TL_MEMORY, error.site)) return;
  PyErr_Format(PyExc_MemoryError, "expected %lld bytes of memory, which are not there",
               static_cast<long long>(error.values[0]));
}

}  // namespace

PyObject* ask_for_body(Frame* frame, i32 code) {
  i32 site = frame->call.error.site;
  PyObject* answer = ask_python(frame, code, site);
  if (answer == nullptr) return nullptr;
  if (Py_IS_TYPE(answer, &unit_type) || PyCallable_Check(answer)) return answer;
  PyErr_Format(PyExc_RuntimeError,
               "a compiled unit failed with code %d at site %d, and `fail` returned %R",
               code, site, answer);
  Py_DECREF(answer);
  return nullptr;
}

bool find_main_thread() {
  PyObject* threading = PyImport_ImportModule("threading");
  if (threading == nullptr) return false;
  PyObject* thread = PyObject_CallMethod(threading, "main_thread", nullptr);
  PyObject* ident =
      thread != nullptr ? PyObject_GetAttrString(thread, "ident") : nullptr;
  if (ident != nullptr) main_thread = PyLong_AsUnsignedLong(ident);
  Py_XDECREF(ident);
  Py_XDECREF(thread);
  Py_DECREF(threading);
  return !PyErr_Occurred();
}

void forget_main_thread() { main_thread = PyThread_get_thread_ident(); }

i32 poll_signals(tl_call* call) {
  Frame* frame = frame_of(call);
  if (frame->interrupted.load(std::memory_order_relaxed)) return 1;
  // A worker only reads the flag: signals are handled on the thread that called.
  if (frame->thread != PyThread_get_thread_ident()) return 0;
  i64 now = coarse_clock();
  if (frame->next_poll == 0) frame->next_poll = now + kPollNanoseconds;
  if (now < frame->next_poll) return 0;
  int failed = 0;
  if (frame->thread == main_thread) {
    WithGil gil(frame);
    failed = PyErr_CheckSignals();
  }
  // A call that turns out to be long lets other threads run.
  if (frame->released == nullptr) frame->released = PyEval_SaveThread();
  frame->next_poll = coarse_clock() + kPollNanoseconds;
  if (failed != 0) frame->interrupted.store(true, std::memory_order_relaxed);
  return failed != 0;
}

PyObject* explain_failure(Frame* frame, i32 code) {
  switch (code) {
    case TL_HOST:
    case TL_INTERRUPTED:
      explain_stop(frame, code);
      return nullptr;
    case TL_MEMORY:
      explain_memory(frame);
      return nullptr;
    default:
      PyErr_Clear();
      return ask_for_body(frame, code);
  }
}

}  // namespace theanolike

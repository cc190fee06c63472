// From the Python description of a function to its plan.
#ifndef THEANOLIKE_RUNTIME_PLAN_H_
#define THEANOLIKE_RUNTIME_PLAN_H_

#include "function.h"

namespace theanolike {

// Each returns false with an exception set when the description is wrong.
bool set_arguments(Plan* plan, PyObject* inputs);
bool set_captured(Plan* plan, PyObject* captured);
bool set_outputs(Plan* plan, PyObject* outputs);
bool set_updates(Plan* plan, PyObject* updates);  // after the outputs
bool set_form(Plan* plan, PyObject* form);        // after the outputs
bool set_release(Plan* plan, PyObject* release_gil);
bool set_host(Plan* plan, PyObject* host);
// `lay_out` gets the callable, borrowed.
bool set_layouts(Plan* plan, PyObject* layouts, PyObject** lay_out);

void release_plan(Plan* plan);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_PLAN_H_

// From what a unit wrote to what the caller gets, and the commit of new values into
// cells.
#ifndef THEANOLIKE_RUNTIME_OUTPUTS_H_
#define THEANOLIKE_RUNTIME_OUTPUTS_H_

#include "function.h"

namespace theanolike {

// The table's functions.
void* make_output(tl_call* call, i32 index, const i64* shape);
void* grant_target(tl_call* call, i32 index, const i64* shape);

// Called when the updated cells are locked and the inputs are read: takes the cells'
// spare arrays and marks the storage that nobody else can see.
void prepare_updates(Frame* frame);

// Forgets what an attempt made.
void discard_outputs(Frame* frame);

// Takes what a Python body returned as the outputs of this attempt; false with an
// exception set.
bool take_python_outputs(Frame* frame, PyObject* returned);
// The same for another Function: one list of outputs and new values.
bool take_function_outputs(Frame* frame, PyObject* returned);

// The result for the caller, after which the commit cannot fail; null with an exception
// set.
PyObject* deliver(Frame* frame);
void commit(Frame* frame);

// Gives what the call replaced back, or keeps it as the cells' spare arrays.
void retire_replaced(Frame* frame);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_OUTPUTS_H_

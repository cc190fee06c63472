// How a call stops: signals, and a unit's error record made into an exception or
// another body.
#ifndef THEANOLIKE_RUNTIME_ERRORS_H_
#define THEANOLIKE_RUNTIME_ERRORS_H_

#include "function.h"

namespace theanolike {

// The table's `poll`.
i32 poll_signals(tl_call* call);

// Signals are handled on the main thread only, so no other one takes the GIL to look
// for them. False with an exception set.
bool find_main_thread();
void forget_main_thread();  // in a forked child it is the thread that forked

// A new reference to the body to run this call with instead, or null with an exception
// set.
PyObject* explain_failure(Frame* frame, i32 code);

// The same for arguments that no compiled unit takes: `fail` is asked with code 0.
PyObject* ask_for_body(Frame* frame, i32 code);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_ERRORS_H_

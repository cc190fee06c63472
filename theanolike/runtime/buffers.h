// Memory for results that are made without the GIL.
#ifndef THEANOLIKE_RUNTIME_BUFFERS_H_
#define THEANOLIKE_RUNTIME_BUFFERS_H_

#include "numpy_api.h"

namespace theanolike {

// Usable without the GIL; null when memory is out or `bytes` is negative.
void* new_data(i64 bytes);
void free_data(void* data);

// A new reference to the NumPy memory handler that frees such data.
PyObject* data_handler();

// Frees the buffers that wait for the next result of their size.
void drop_kept_buffers();

// In a forked child another thread may have held the lock.
void forget_buffer_lock();

// Large blocks fault in faster as huge pages; NumPy asks for them too.
void ask_for_huge_pages(void* data, i64 bytes);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_BUFFERS_H_

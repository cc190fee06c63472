// The table of functions that every unit is called with.
#ifndef THEANOLIKE_RUNTIME_TABLE_H_
#define THEANOLIKE_RUNTIME_TABLE_H_

#include "theanolike/abi.h"

namespace theanolike {

const tl_table* runtime_table();

// After a change of the pool's size.
void note_thread_count();

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_TABLE_H_

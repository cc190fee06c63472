// The one pool of threads that units and BLAS run on.
#ifndef THEANOLIKE_RUNTIME_THREADS_H_
#define THEANOLIKE_RUNTIME_THREADS_H_

#include "theanolike/abi.h"

namespace theanolike {

int thread_count();

// Waits for a region in progress, so the caller must not hold the GIL. At least 1.
void set_thread_count(int count);

// body(data, begin, end) over [0, n) in ranges of multiples of `grain`.
void parallel_ranges(tl_body body, void* data, i64 n, i64 grain);

// body(data, member, members) on as many threads at once, at most `most`.
void run_team(tl_body body, void* data, i64 most);

// task(data, job) for every job in [0, jobs), all of which may wait for each other.
using Job = void (*)(void* data, i64 job);
void run_together(Job task, void* data, i64 jobs);

// In a forked child there are no workers.
void forget_workers();

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_THREADS_H_

#include "table.h"

#include "blas_table.h"
#include "errors.h"
#include "function.h"
#include "host_call.h"
#include "outputs.h"
#include "threads.h"

namespace theanolike {

namespace {

void* take_workspace(tl_call* call, i64 bytes) {
  return frame_of(call)->workspace.take(bytes);
}

void run_parallel(tl_call*, tl_body body, void* data, i64 n, i64 grain) {
  parallel_ranges(body, data, n, grain);
}

void run_as_team(tl_call*, tl_body body, void* data, i64 most) {
  run_team(body, data, most);
}

void* find_routine(tl_call*, const char* name) { return blas_routine(name); }

tl_table make_table() {
  tl_table table = {};
  table.abi = TL_ABI;
  table.threads = thread_count();
  table.output = make_output;
  table.target = grant_target;
  table.workspace = take_workspace;
  table.parallel = run_parallel;
  table.host = call_host;
  table.poll = poll_signals;
  table.routine = find_routine;
  table.team = run_as_team;
  table.sgemm = sgemm;
  table.dgemm = dgemm;
  table.cgemm = cgemm;
  table.zgemm = zgemm;
  return table;
}

// Made at the first call, when the pool is there.
tl_table& the_table() {
  static tl_table table = make_table();
  return table;
}

}  // namespace

const tl_table* runtime_table() { return &the_table(); }

void note_thread_count() { the_table().threads = thread_count(); }

}  // namespace theanolike

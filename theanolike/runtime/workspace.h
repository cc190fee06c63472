// Scratch memory of one call, kept between calls and given back when it is far too
// large.
#ifndef THEANOLIKE_RUNTIME_WORKSPACE_H_
#define THEANOLIKE_RUNTIME_WORKSPACE_H_

#include <vector>

#include "theanolike/abi.h"

namespace theanolike {

class Workspace {
 public:
  Workspace() = default;
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace() { release(); }

  // 64-byte aligned, valid until `end_call`; null when memory is out. Needs no GIL.
  void* take(i64 bytes);
  void end_call() {
    if (used_ != 0 || capacity_ != 0) settle();
  }
  void release();

 private:
  void settle();

  char* block_ = nullptr;
  i64 capacity_ = 0;
  i64 used_ = 0;  // bytes asked for in this call, in `block_` and in `extra_`
  i64 peak_ = 0;  // the most a call used since the last look
  int calls_ = 0;
  std::vector<char*> extra_;  // what did not fit into `block_` in this call
};

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_WORKSPACE_H_

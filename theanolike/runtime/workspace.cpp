#include "workspace.h"

#include <cstdlib>

#include "buffers.h"
#include "tensor_spec.h"

namespace theanolike {

namespace {

constexpr i64 kAlignment = 64;
constexpr i64 kMost = i64{1} << 56;
constexpr int kCallsBetweenLooks = 64;
constexpr i64 kTooLarge = 4;          // times what calls use
constexpr i64 kSmall = i64{1} << 16;  // not worth giving back

char* allocate(i64 bytes) {
  count_allocation();
  void* block = std::aligned_alloc(kAlignment, static_cast<size_t>(bytes));
  if (block != nullptr) ask_for_huge_pages(block, bytes);
  return static_cast<char*>(block);
}

}  // namespace

void* Workspace::take(i64 bytes) {
  if (bytes < 0 || bytes > kMost) return nullptr;
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (bytes == 0) bytes = kAlignment;
  if (used_ + bytes <= capacity_) {
    void* taken = block_ + used_;
    used_ += bytes;
    return taken;
  }
  char* fresh = allocate(bytes);
  if (fresh == nullptr) return nullptr;
  if (used_ == 0) {
    std::free(block_);
    block_ = fresh;
    capacity_ = bytes;
  } else {
    extra_.push_back(fresh);
  }
  used_ += bytes;
  return fresh;
}

void Workspace::settle() {
  if (used_ > peak_) peak_ = used_;
  if (!extra_.empty()) {
    // The next call of this size finds one block.
    for (char* block : extra_) std::free(block);
    extra_.clear();
    std::free(block_);
    block_ = allocate(used_);
    capacity_ = block_ != nullptr ? used_ : 0;
  }
  used_ = 0;
  if (++calls_ < kCallsBetweenLooks) return;
  if (capacity_ > kSmall && capacity_ > kTooLarge * peak_) {
    std::free(block_);
    block_ = nullptr;
    capacity_ = 0;
  }
  calls_ = 0;
  peak_ = 0;
}

void Workspace::release() {
  for (char* block : extra_) std::free(block);
  extra_.clear();
  std::free(block_);
  block_ = nullptr;
  capacity_ = used_ = 0;
}

}  // namespace theanolike

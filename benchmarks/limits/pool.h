// A worker that waits by spinning: the cheapest way to use a second core.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

struct Worker {
  std::atomic<int> state{0};  // 0 idle, 1 asked
  std::function<void()> task;
  std::thread thread;

  Worker() : thread([this] { serve(); }) { thread.detach(); }

  void serve() {
    for (int spins = 0;;) {
      if (state.load(std::memory_order_acquire) == 1) {
        task();
        state.store(0, std::memory_order_release);
        spins = 0;
      } else if (++spins > 20000) {
        state.wait(0);
        spins = 0;
      }
    }
  }
};

// Run f(0, half) and f(half, n) at the same time.
template <class F>
void on_two_threads(std::int64_t n, F f) {
  static Worker& worker = *new Worker;
  const std::int64_t half = n / 2;
  worker.task = [&] { f(half, n); };
  worker.state.store(1, std::memory_order_release);
  worker.state.notify_one();
  f(std::int64_t{0}, half);
  while (worker.state.load(std::memory_order_acquire) == 1) {
  }
}

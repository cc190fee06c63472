// A worker that waits by spinning, and pieces that it and the caller take in turns: the
// cheapest way to use a second core, and no loss where something else occupies that.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

struct Worker {
  enum State { kIdle, kAsked, kWorking, kLeaving };
  std::atomic<int> state{kIdle};
  std::function<void()> task;
  std::thread thread;

  Worker() : thread([this] { serve(); }) {}

  ~Worker() {
    state.store(kLeaving);
    state.notify_one();
    thread.join();
  }

  void serve() {
    for (int spins = 0;;) {
      int expected = kAsked;
      if (state.compare_exchange_strong(expected, kWorking)) {
        task();
        state.store(kIdle);
        spins = 0;
      } else if (expected == kLeaving) {
        return;
      } else if (++spins > 20000) {
        state.wait(kIdle);
        spins = 0;
      }
    }
  }

  void ask() {
    state.store(kAsked);
    state.notify_one();
  }

  void finish() {
    int expected = kAsked;
    if (state.compare_exchange_strong(expected, kIdle)) return;
    while (state.load() == kWorking) {
    }
  }
};

// Run f(begin, end, who) over pieces of 0..n; `who` is 0 or 1.
template <class F>
void on_two_threads(std::int64_t n, std::int64_t pieces, F f) {
  static Worker worker;
  std::atomic<std::int64_t> next{0};
  auto take = [&](int who) {
    for (std::int64_t p; (p = next.fetch_add(1)) < pieces;)
      f(p * n / pieces, (p + 1) * n / pieces, who);
  };
  worker.task = [&] { take(1); };
  worker.ask();
  take(0);
  worker.finish();
}

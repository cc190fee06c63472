#include "threads.h"

#ifdef __linux__
#include <pthread.h>
#include <sched.h>
#endif

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace theanolike {

namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kSpin = std::chrono::microseconds(50);
constexpr int kPausesPerLook = 32;
constexpr int kNoCpu = -1;
// A thread takes about this many shares of the ranges, so that none waits long for
// another.
constexpr i64 kSharesPerThread = 4;

thread_local bool inside_region = false;

void pause_briefly() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

template <typename Condition>
bool spin_until(Condition condition) {
  auto end = Clock::now() + kSpin;
  do {
    for (int i = 0; i < kPausesPerLook; ++i) {
      if (condition()) return true;
      pause_briefly();
    }
  } while (Clock::now() < end);
  return condition();
}

// A thread's part of a region's jobs: the same from call to call, so that the data of
// the last call are still in its processor's cache.
struct alignas(64) Part {
  std::atomic<i64> next{0};
  std::atomic<i64> end{0};
};

// Each thread takes the jobs of its part, then what is left of the others', while a
// region is open. A worker counts itself in `active` before it looks at `open`, and the
// caller closes the region before it looks at `active`: so either the worker sees a
// closed region or the caller waits for it. A worker that wakes late finds the region
// closed, and nobody has waited for it.
class Pool {
 public:
  explicit Pool(int threads)
      : threads_(threads), parts_(static_cast<size_t>(threads)) {}

  int threads() const { return threads_; }
  std::mutex& use() { return use_; }

  // The caller holds `use()`.
  void run(Job task, void* data, i64 jobs) {
    start_workers();
    move_workers_away();
    task_ = task;
    data_ = data;
    for (i64 member = 0; member < threads_; ++member) {
      Part& part = parts_[static_cast<size_t>(member)];
      part.next.store(member * jobs / threads_);
      part.end.store((member + 1) * jobs / threads_);
    }
    open_.store(true);
    wake();
    inside_region = true;
    work(0);
    inside_region = false;
    open_.store(false);
    wait_for_workers();
  }

  void stop() {
    {
      std::lock_guard<std::mutex> lock(sleep_);
      stopping_.store(true);
      regions_.fetch_add(1);
    }
    work_there_.notify_all();
    for (std::thread& worker : workers_) worker.join();
    workers_.clear();
  }

 private:
  void start_workers() {
    while (workers_.size() + 1 < static_cast<size_t>(threads_)) {
      size_t member = workers_.size() + 1;
      workers_.emplace_back([this, member] { serve(member); });
      avoided_cpu_ = kNoCpu;
    }
  }

  // A scheduler that wakes a worker on the caller's processor lets it wait there for
  // milliseconds, since the caller never sleeps: 4 ms lost in every tenth region.
  void move_workers_away() {
#ifdef __linux__
    int cpu = sched_getcpu();
    if (cpu < 0 || cpu == avoided_cpu_) return;
    avoided_cpu_ = cpu;
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return;
    if (CPU_COUNT(&allowed) > 1) CPU_CLR(static_cast<size_t>(cpu), &allowed);
    for (std::thread& worker : workers_) {
      pthread_setaffinity_np(worker.native_handle(), sizeof(allowed), &allowed);
    }
#endif
  }

  void wake() {
    regions_.fetch_add(1);
    if (sleeping_.load() == 0) return;
    {
      std::lock_guard<std::mutex> lock(sleep_);
    }
    work_there_.notify_all();
  }

  void serve(size_t member) {
    inside_region = true;
    u64 seen = 0;
    while (!stopping_.load()) {
      active_.fetch_add(1);
      if (open_.load()) work(member);
      leave();
      wait_for_region(&seen);
    }
  }

  void work(size_t member) {
    for (size_t k = 0; k < parts_.size(); ++k) {
      Part& part = parts_[(member + k) % parts_.size()];
      i64 end = part.end.load();
      for (;;) {
        i64 job = part.next.fetch_add(1);
        if (job >= end) break;
        task_(data_, job);
      }
    }
  }

  void leave() {
    if (active_.fetch_sub(1) != 1 || !caller_sleeps_.load()) return;
    {
      std::lock_guard<std::mutex> lock(sleep_);
    }
    all_left_.notify_one();
  }

  void wait_for_region(u64* seen) {
    auto changed = [&] { return regions_.load() != *seen; };
    if (!spin_until(changed)) {
      std::unique_lock<std::mutex> lock(sleep_);
      sleeping_.fetch_add(1);
      work_there_.wait(lock, changed);
      sleeping_.fetch_sub(1);
    }
    *seen = regions_.load();
  }

  void wait_for_workers() {
    auto all_left = [&] { return active_.load() == 0; };
    if (spin_until(all_left)) return;
    std::unique_lock<std::mutex> lock(sleep_);
    caller_sleeps_.store(true);
    all_left_.wait(lock, all_left);
    caller_sleeps_.store(false);
  }

  const int threads_;
  std::mutex use_;
  std::vector<std::thread> workers_;
  int avoided_cpu_ = kNoCpu;  // where the last caller ran

  Job task_ = nullptr;
  void* data_ = nullptr;
  std::vector<Part> parts_;
  std::atomic<bool> open_{false};
  std::atomic<int> active_{0};

  std::mutex sleep_;
  std::condition_variable work_there_;
  std::condition_variable all_left_;
  std::atomic<u64> regions_{0};
  std::atomic<int> sleeping_{0};
  std::atomic<bool> caller_sleeps_{false};
  std::atomic<bool> stopping_{false};
};

int default_threads() {
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

// Never destroyed: its workers sleep until the process ends.
std::atomic<Pool*> pool{new Pool(default_threads())};
std::mutex* resizing = new std::mutex;

struct Ranges {
  tl_body body;
  void* data;
  i64 n;
  i64 width;
};

void run_range(void* data, i64 job) {
  auto* ranges = static_cast<Ranges*>(data);
  i64 begin = job * ranges->width;
  ranges->body(ranges->data, begin, std::min(begin + ranges->width, ranges->n));
}

struct Team {
  tl_body body;
  void* data;
  i64 members;
};

void run_member(void* data, i64 member) {
  auto* team = static_cast<Team*>(data);
  team->body(team->data, member, team->members);
}

// Jobs that wait for each other need a thread each, whether or not the pool is free.
void run_on_new_threads(Job task, void* data, i64 jobs) {
  std::vector<std::thread> others;
  for (i64 job = 1; job < jobs; ++job) others.emplace_back(task, data, job);
  task(data, 0);
  for (std::thread& other : others) other.join();
}

// False where another call uses the pool, or another pool has taken its place.
bool take_pool(std::unique_lock<std::mutex>* use, const Pool* current) {
  return use->try_lock() && pool.load() == current;
}

}  // namespace

int thread_count() { return pool.load()->threads(); }

void set_thread_count(int count) {
  std::lock_guard<std::mutex> alone(*resizing);
  Pool* old = pool.load();
  if (count == old->threads()) return;
  std::lock_guard<std::mutex> lock(old->use());
  pool.store(new Pool(count));
  // Leaked: a caller may have read the pointer and be about to look whether it still
  // stands.
  old->stop();
}

void parallel_ranges(tl_body body, void* data, i64 n, i64 grain) {
  if (n <= 0) return;
  Pool* current = pool.load();
  i64 threads = current->threads();
  grain = std::max<i64>(grain, 1);
  i64 grains = (n - 1) / grain + 1;
  std::unique_lock<std::mutex> use(current->use(), std::defer_lock);
  if (threads == 1 || grains == 1 || inside_region || !take_pool(&use, current)) {
    body(data, 0, n);
    return;
  }
  i64 shares = threads * kSharesPerThread;
  i64 width = grain * std::max<i64>(1, (grains + shares - 1) / shares);
  Ranges ranges = {body, data, n, width};
  current->run(run_range, &ranges, (n - 1) / width + 1);
}

void run_team(tl_body body, void* data, i64 most) {
  Pool* current = pool.load();
  i64 members = std::min<i64>(most, current->threads());
  std::unique_lock<std::mutex> use(current->use(), std::defer_lock);
  if (members <= 1 || inside_region || !take_pool(&use, current)) {
    body(data, 0, 1);
    return;
  }
  Team team = {body, data, members};
  current->run(run_member, &team, members);
}

void run_together(Job task, void* data, i64 jobs) {
  Pool* current = pool.load();
  std::unique_lock<std::mutex> use(current->use(), std::defer_lock);
  if (inside_region || jobs > current->threads() || !take_pool(&use, current)) {
    run_on_new_threads(task, data, jobs);
    return;
  }
  current->run(task, data, jobs);
}

void forget_workers() {
  inside_region = false;
  resizing = new std::mutex;
  pool.store(new Pool(pool.load()->threads()));
}

}  // namespace theanolike

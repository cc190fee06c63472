#include "product.h"

#include <algorithm>
#include <atomic>

#include "threads.h"

namespace theanolike {

namespace {

// Multiplications from which threads share a product, and from which BLAS computes it.
constexpr double kSharedWork = 4e5;
constexpr double kLargeWork = 5e8;
// Each thread's part is cut so that a free one can help another.
constexpr i64 kJobsPerThread = 4;
constexpr double kLeastJob = 5e4;

#ifdef __x86_64__
bool has_avx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool has_avx512() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
}
#endif

struct Choice {
  const ProductKernel* kernel;
  bool suits;  // whether it is taken where there is BLAS too
};

// What this processor has, the best one first. By the instructions that all processors
// have a BLAS tuned for them is the faster one.
std::vector<Choice> find_choices() {
  std::vector<Choice> found;
#ifdef __x86_64__
  if (has_avx512()) found.push_back({&kAvx512Product, true});
  if (has_avx2()) found.push_back({&kAvx2Product, true});
#endif
  found.push_back({&kPlainProduct, false});
  return found;
}

const std::vector<Choice>& choices() {
  static const auto* found = new std::vector<Choice>(find_choices());
  return *found;
}

struct Chosen {
  std::atomic<const ProductKernel*> kernel{choices()[0].kernel};
  std::atomic<bool> suits{choices()[0].suits};
};

Chosen& chosen() {
  static auto* one = new Chosen;
  return *one;
}

void choose(const ProductKernel* kernel, bool suits) {
  chosen().kernel = kernel;
  chosen().suits = suits;
}

double work_of(i64 m, i64 n, i64 k) {
  return static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
}

template <typename T>
const ProductRoutine<T>& routine_of(const ProductKernel& kernel);
template <>
const ProductRoutine<float>& routine_of(const ProductKernel& kernel) {
  return kernel.f32;
}
template <>
const ProductRoutine<double>& routine_of(const ProductKernel& kernel) {
  return kernel.f64;
}

// The result as a grid of jobs: groups of rows, groups of columns in each.
template <typename T>
struct Grid {
  const Product<T>* product;
  const ProductRoutine<T>* routine;
  i64 tall, wide;  // groups of rows, of columns
};

template <typename T>
void run_jobs(void* data, i64 begin, i64 end) {
  const auto& grid = *static_cast<const Grid<T>*>(data);
  const Product<T>& product = *grid.product;
  const i64 width = grid.routine->panel;
  const i64 panels = (product.n - 1) / width + 1;
  for (i64 job = begin; job < end; ++job) {
    i64 row = job / grid.wide, column = job % grid.wide;
    grid.routine->compute(
        product, product.m * row / grid.tall, product.m * (row + 1) / grid.tall,
        panels * column / grid.wide * width,
        std::min(panels * (column + 1) / grid.wide * width, product.n));
  }
}

// Threads get groups of rows, as loops over the result's elements are divided too,
// where there are enough of them: so they find in their caches what they wrote.
template <typename T>
void divide(Grid<T>* grid, double work) {
  const i64 threads = thread_count();
  const Product<T>& product = *grid->product;
  const i64 panels = (product.n - 1) / grid->routine->panel + 1;
  const i64 jobs =
      std::min(threads * kJobsPerThread, static_cast<i64>(work / kLeastJob));
  const i64 most = std::min(product.m / (2 * grid->routine->rows), jobs);
  grid->tall = threads;
  while (grid->tall > 1 && (grid->tall > most || threads % grid->tall != 0))
    --grid->tall;
  grid->wide = std::max<i64>(1, std::min(panels, jobs / grid->tall));
}

template <typename T>
void compute(const Product<T>& product) {
  const ProductRoutine<T>& routine = routine_of<T>(*chosen().kernel.load());
  const double work = work_of(product.m, product.n, product.k);
  if (work < kSharedWork) {
    routine.compute(product, 0, product.m, 0, product.n);
    return;
  }
  Grid<T> grid = {&product, &routine, 1, 1};
  divide(&grid, work);
  parallel_ranges(run_jobs<T>, &grid, grid.tall * grid.wide, 1);
}

}  // namespace

bool suits_product(i64 m, i64 n, i64 k) {
  return chosen().suits.load() && work_of(m, n, k) <= kLargeWork;
}

void compute_product(const Product<float>& product) { compute(product); }
void compute_product(const Product<double>& product) { compute(product); }

std::vector<std::string> product_kernels() {
  std::vector<std::string> names;
  for (const Choice& one : choices()) names.push_back(one.kernel->name);
  return names;
}

bool choose_product_kernel(const std::string& name) {
  const Choice& best = choices()[0];
  if (name.empty() || name == "blas") {
    choose(best.kernel, best.suits && name.empty());
    return true;
  }
  for (const Choice& one : choices()) {
    if (name != one.kernel->name) continue;
    choose(one.kernel, true);
    return true;
  }
  return false;
}

}  // namespace theanolike

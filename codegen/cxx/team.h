// The steps of a loop that several threads take together.
extern "C" i32 sched_yield();
// Where the members of a team wait for each other.
struct tl_barrier {
  alignas(64) i64 arrived = 0;
  alignas(64) i64 phase = 0;
  alignas(64) i64 stop = 0;
  i64 failed = 0;  // at which place of which step a member's part failed
  // Members that don't wait for each other stop where they are.
  __attribute__((always_inline)) bool stopped(i64 at, bool apart = false) const {
    const i64 said = __atomic_load_n(&stop, __ATOMIC_RELAXED);
    return apart ? said != 0 : said == at;
  }
  void fail(i64 at) { __atomic_store_n(&failed, at, __ATOMIC_RELAXED); }
  // After all waited. A faster member may fail further on already, at another place.
  __attribute__((always_inline)) bool has_failed(i64 at) const {
    return __atomic_load_n(&failed, __ATOMIC_RELAXED) == at;
  }
  __attribute__((always_inline)) void wait(i64 members) {
    if (members == 1) return;
    const i64 now = __atomic_load_n(&phase, __ATOMIC_ACQUIRE);
    if (__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL) == members) {
      __atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
      __atomic_store_n(&phase, now + 1, __ATOMIC_RELEASE);
      return;
    }
    // Another process may have the other member's core.
    for (i64 turns = 0; __atomic_load_n(&phase, __ATOMIC_ACQUIRE) == now; ++turns) {
      if (turns > 4096) sched_yield();
#ifdef __x86_64__
      else
        __builtin_ia32_pause();
#endif
    }
  }
};

// A loop whose steps don't wait for each other: threads take pieces of it, in order.
extern "C" i32 sched_yield();
extern "C" i32 usleep(u32 microseconds);
struct tl_steps {
  tl_call* call;
  i64 count;
  i64 piece;  // steps that a thread takes at once
  alignas(64) i64 next = 0;
  i64 busy = 0;  // threads between their first piece and their last
  i64 failed;    // the first step that failed, as far as is known
  i64 stop = 0;
  i64 lock = 0;
  tl_error error = {};

  void enter() {
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) sched_yield();
  }
  void leave() { __atomic_store_n(&lock, 0, __ATOMIC_RELEASE); }
  i64 first_failed() const { return __atomic_load_n(&failed, __ATOMIC_RELAXED); }

  i32 finish() {
    if (stop) return tl_fail(call, TL_INTERRUPTED, -1, 0, 0, 0);
    if (error.code) call->error = error;
    return error.code;
  }
};

// What a thread calls with: an error of its own, and what threads may ask the runtime.
struct tl_member {
  tl_call call;
  tl_table table;
  tl_steps* all;
  i64 number;
  i64 first = 0;  // of its piece

  tl_member(tl_steps* steps, i64 member)
      : call(*steps->call), table(*call.table), all(steps), number(member) {
    table.poll = [](tl_call* c) -> i32 { return ((tl_member*)c)->poll(); };
    table.workspace = [](tl_call* c, i64 bytes) -> void* {
      tl_steps* all = ((tl_member*)c)->all;
      all->enter();
      void* taken = all->call->table->workspace(all->call, bytes);
      all->leave();
      return taken;
    };
    call.table = &table;
    __atomic_add_fetch(&all->busy, 1, __ATOMIC_ACQ_REL);
  }

  // Stops as well where a step before failed.
  i32 poll() const {
    if (all->call->table->poll(all->call))
      __atomic_store_n(&all->stop, 1, __ATOMIC_RELAXED);
    return __atomic_load_n(&all->stop, __ATOMIC_RELAXED) || all->first_failed() < first;
  }

  bool take(i64* at, i64* end) {
    first = __atomic_fetch_add(&all->next, all->piece, __ATOMIC_RELAXED);
    if (first >= all->first_failed() || poll()) return false;
    *at = first;
    *end = tl_min(first + all->piece, all->count);
    return true;
  }

  // Of all failures that of the first step counts, as if one thread had taken all.
  void fail(i64 at) {
    if (call.error.code == TL_INTERRUPTED) return;
    all->enter();
    if (at < all->failed) {
      all->error = call.error;
      __atomic_store_n(&all->failed, at, __ATOMIC_RELAXED);
    }
    all->leave();
  }

  // Whoever called sees to signals as long as others work.
  void leave() {
    __atomic_sub_fetch(&all->busy, 1, __ATOMIC_ACQ_REL);
    if (number) return;
    for (i64 turns = 0; __atomic_load_n(&all->busy, __ATOMIC_ACQUIRE); ++turns) {
      if (turns < 4096) {
        sched_yield();
      } else {
        usleep(200);
        poll();
      }
    }
  }
};

// Lets `members` threads take the steps, or this one all of them. Each has a copy of
// what the body reads, so that the compiler sees that nothing else changes it.
template <class Body>
static i32 tl_take_steps(tl_call* c, i64 count, i64 members, const Body& body) {
  struct Shared {
    tl_steps steps;
    const Body* body;
  };
  const i64 piece = tl_max(1, count / (8 * members));
  Shared shared = {{c, count, piece, 0, 0, count}, &body};
  const tl_body run = [](void* data, i64 number, i64) {
    Shared* s = (Shared*)data;
    tl_member member(&s->steps, number);
    Body own = *s->body;
    own(&member.call, member);
    member.leave();
  };
  if (members == 1)
    run(&shared, 0, 1);
  else
    c->table->team(c, run, &shared, members);
  return shared.steps.finish();
}

// What the portable program has in place of symbols of glibc that are newer than its floor, GLIBC_2.28.
#include <pthread.h>
#include <sys/random.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>

#ifdef __x86_64__
#define CONVNEXT_OLD_MATH "GLIBC_2.2.5"
#else
#define CONVNEXT_OLD_MATH "GLIBC_2.17"
#endif

extern "C" {

// libstdc++ reads it before it counts references without atomic instructions. glibc has it from 2.32 on, and clears it
// when a thread starts; never set is always right.
__attribute__((visibility("hidden"))) char __libc_single_threaded = 0;

// glibc has these from 2.36 on, for std::random_device and libexpat. They cannot fail, so a system without random
// numbers ends the program, as glibc's do.
__attribute__((visibility("hidden"))) void arc4random_buf(void* bytes, size_t size) {
  auto* at = static_cast<unsigned char*>(bytes);
  while (size > 0) {
    const ssize_t got = getrandom(at, size, 0);
    if (got < 0 && errno != EINTR) std::abort();
    if (got <= 0) continue;
    at += got;
    size -= static_cast<size_t>(got);
  }
}
__attribute__((visibility("hidden"))) uint32_t arc4random() {
  uint32_t number = 0;
  arc4random_buf(&number, sizeof number);
  return number;
}

// glibc has it from 2.30 on. std::condition_variable waits with it for a time by another clock than its own, the time
// of day: here it waits for as long by that. A clock that is set back meanwhile makes the wait longer, as with any
// libstdc++ before 10; the program waits so for pictures that might join a batch (engine/batcher.h), and a picture ends
// that wait.
__attribute__((visibility("hidden"))) int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                                                 clockid_t clock, const timespec* end) noexcept(false) {
  constexpr int64_t kSecond = 1'000'000'000;
  timespec now{}, day{};
  clock_gettime(clock, &now);
  clock_gettime(CLOCK_REALTIME, &day);
  const int64_t seconds = static_cast<int64_t>(end->tv_sec) - now.tv_sec;
  const int64_t nanoseconds = int64_t{day.tv_nsec} + end->tv_nsec - now.tv_nsec + kSecond;  // -1 s to 2 s, and 1 s more
  day.tv_sec += seconds - 1 + nanoseconds / kSecond;
  day.tv_nsec = nanoseconds % kSecond;
  return pthread_cond_timedwait(condition, mutex, &day);
}

// glibc 2.29 gave these new versions, which no longer set errno by way of matherr; results are the same. Every call of
// them, in archives too, comes here (-Wl,--wrap).
double OldPow(double, double);
double OldExp(double);
double OldLog(double);
double OldLog2(double);
__asm__(".symver OldPow, pow@" CONVNEXT_OLD_MATH);
__asm__(".symver OldExp, exp@" CONVNEXT_OLD_MATH);
__asm__(".symver OldLog, log@" CONVNEXT_OLD_MATH);
__asm__(".symver OldLog2, log2@" CONVNEXT_OLD_MATH);
double __wrap_pow(double x, double y) { return OldPow(x, y); }
double __wrap_exp(double x) { return OldExp(x); }
double __wrap_log(double x) { return OldLog(x); }
double __wrap_log2(double x) { return OldLog2(x); }
}

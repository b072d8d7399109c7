// What this machine can do at most: multiply-adds of every SIMD target at 1, 2, 4, ... threads, and the bandwidth of
// its memory. The percentages of `convnext infer --profile` and of bench/RESULTS.md are shares of the first.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <numeric>

#include "base/base.h"
#include "kernels/kernels.h"

namespace convnext {
namespace {

constexpr double kSeconds = 0.3;  // that each figure is measured

// The most that `measure`, units a second, gives in kSeconds.
double Best(const std::function<double()>& measure) {
  double best = 0;
  for (const Stopwatch total; total.Seconds() < kSeconds;) best = std::max(best, measure());
  return best;
}

// Operations a second of all threads at once.
double MultiplyAdds(const Kernels<float>& kernels, ThreadPool& pool) {
  constexpr int64_t kRounds = 100'000;
  std::atomic<int64_t> operations = 0;
  const Stopwatch stopwatch;
  pool.Run(static_cast<size_t>(pool.size()), [&](size_t, size_t) {
    float sink = 1e-3F;
    operations += kernels.multiply_adds(kRounds, &sink);
  });
  return static_cast<double>(operations) / stopwatch.Seconds();
}

// Bytes a second of all threads reading memory that no cache holds.
double Bandwidth(const AlignedVector<uint64_t>& memory, ThreadPool& pool) {
  const auto threads = static_cast<size_t>(pool.size());
  const size_t share = memory.size() / threads;
  std::atomic<uint64_t> sum = 0;
  const Stopwatch stopwatch;
  pool.Run(threads, [&](size_t index, size_t) {
    const auto* begin = memory.data() + index * share;
    sum += std::accumulate(begin, begin + share, uint64_t{0});
  });
  return static_cast<double>(threads * share * sizeof(uint64_t)) / stopwatch.Seconds();
}

void PrintPeaks() {
  const AlignedVector<uint64_t> memory(size_t{64} << 20, uint64_t{1});  // 512 MiB
  std::vector<const Kernels<float>*> tables = AllKernels();
  for (const Kernels<float>* table : AllKernels(Precision::kBfloat16)) {
    if (table->multiply_adds != BestKernels().multiply_adds && std::string_view(table->name).ends_with("_BF16"))
      tables.push_back(table);
  }
  const int cores = AvailableCores();
  for (int threads = 1;; threads = std::min(2 * threads, cores)) {
    ThreadPool pool(threads);
    for (const Kernels<float>* table : tables) {
      const double operations = Best([&] { return MultiplyAdds(*table, pool); });
      fmt::print("{:>4} {:<9} {:<10} {:>9.1f} GFLOP/s\n", threads, Name(table->products), table->name,
                 operations * 1e-9);
    }
    fmt::print("{:>4} {:<9} {:<10} {:>9.1f} GB/s\n", threads, "memory", "read",
               Best([&] { return Bandwidth(memory, pool); }) * 1e-9);
    if (threads == cores) return;
  }
}

}  // namespace
}  // namespace convnext

int main() {
  convnext::PrintPeaks();
  return 0;
}

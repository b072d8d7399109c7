// Where the time of a forward pass goes: by kind of layer and stage.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace convnext {

enum class LayerKind {
  kStem,        // patches, convolution, norm
  kDownsample,  // norm, patches, convolution
  kDepthwise,   // of a block, 7x7
  kLayerNorm,   // of a block
  kFc1,         // with its GELU
  kFc2,         // with layer scale and shortcut
  kHead,        // pool, norm, linear
  kWait,        // threads that have no panel left in a layer that others have not finished
};
inline constexpr size_t kLayerKinds = 8;
const char* LayerKindName(LayerKind kind);

struct LayerCost {
  int64_t nanoseconds = 0;  // of all threads together
  int64_t operations = 0;   // multiplications and additions of the convolutions and products
};

using LayerCosts = std::array<LayerCost, kLayerKinds>;
// Adds `costs` to `sum`, and returns their nanoseconds.
int64_t AddTo(LayerCosts& sum, const LayerCosts& costs);

// The times and operations of one forward pass. stages: 0 to 3; the stem counts as stage 0, a downsampling as the stage
// that it leads to, the head as stage 3.
struct ForwardProfile {
  std::array<LayerCosts, 4> stages;
  int threads = 0;
  int64_t wall_nanoseconds = 0;  // from its beginning to its end, by a clock of its own

  void Add(const ForwardProfile& other);
};

// The costs of one thread within one stage: each Lap charges the time since the last one. 25 ns, against layers of 10
// us and more: it is always on.
class LapClock {
 public:
  using Clock = std::chrono::steady_clock;
  explicit LapClock(LayerCosts& costs) : costs_(costs) {}

  void Lap(LayerKind kind, int64_t operations) {
    const Clock::time_point now = Clock::now();
    LayerCost& cost = costs_[static_cast<size_t>(kind)];
    cost.nanoseconds += std::chrono::nanoseconds(now - last_).count();
    cost.operations += operations;
    last_ = now;
  }

 private:
  LayerCosts& costs_;
  Clock::time_point last_ = Clock::now();
};

}  // namespace convnext

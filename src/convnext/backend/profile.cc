#include "convnext/backend/profile.h"

namespace convnext {

const char* LayerKindName(LayerKind kind) {
  switch (kind) {
    case LayerKind::kStem:
      return "stem";
    case LayerKind::kDownsample:
      return "downsample";
    case LayerKind::kDepthwise:
      return "depthwise 7x7";
    case LayerKind::kLayerNorm:
      return "layer norm";
    case LayerKind::kFc1:
      return "fc1, GELU";
    case LayerKind::kFc2:
      return "fc2, layer scale, shortcut";
    case LayerKind::kHead:
      return "head";
    case LayerKind::kWait:
      return "waiting for other threads";
  }
  return "";
}

int64_t AddTo(LayerCosts& sum, const LayerCosts& costs) {
  int64_t nanoseconds = 0;
  for (size_t kind = 0; kind < kLayerKinds; ++kind) {
    sum[kind].nanoseconds += costs[kind].nanoseconds;
    sum[kind].operations += costs[kind].operations;
    nanoseconds += costs[kind].nanoseconds;
  }
  return nanoseconds;
}

void ForwardProfile::Add(const ForwardProfile& other) {
  for (size_t stage = 0; stage < stages.size(); ++stage) AddTo(stages[stage], other.stages[stage]);
  threads = other.threads;
  wall_nanoseconds += other.wall_nanoseconds;
}

}  // namespace convnext

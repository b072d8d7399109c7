#include "convnext/backend/profile_table.h"

#include "convnext/base/base.h"

namespace convnext {
namespace {

struct Scale {
  double threads = 1;
  double images = 1;
  double wall_seconds = 1;
  std::optional<double> peak;
};

std::string Line(const std::string& stage, const std::string& name, const LayerCost& cost, const Scale& scale) {
  const double seconds = static_cast<double>(cost.nanoseconds) * 1e-9 / scale.threads;
  std::string line = fmt::format("{:<8}{:<28}{:>9.2f}{:>8.1f}", stage, name, seconds / scale.images * 1e3,
                                 100 * seconds / scale.wall_seconds);
  if (cost.operations == 0 || seconds <= 0) return line + "\n";
  const double speed = static_cast<double>(cost.operations) / seconds;
  line += fmt::format("{:>10.1f}", speed * 1e-9);
  if (scale.peak) line += fmt::format("{:>8.1f}", 100 * speed / *scale.peak);
  return line + "\n";
}

LayerCost Sum(const LayerCosts& costs) {
  LayerCost sum;
  for (const LayerCost& cost : costs) {
    sum.nanoseconds += cost.nanoseconds;
    sum.operations += cost.operations;
  }
  return sum;
}

}  // namespace

std::string ProfileTable(const ForwardProfile& profile, int64_t images, std::optional<double> peak) {
  const Scale scale{static_cast<double>(profile.threads), static_cast<double>(images),
                    static_cast<double>(profile.wall_nanoseconds) * 1e-9, peak};
  std::string table = fmt::format("{:<8}{:<28}{:>9}{:>8}{:>10}{:>8}\n", "stage", "layer", "ms/image", "% time",
                                  "GFLOP/s", peak ? "% peak" : "");
  LayerCosts all = {};
  for (size_t stage = 0; stage < profile.stages.size(); ++stage) {
    const LayerCosts& costs = profile.stages[stage];
    AddTo(all, costs);
    for (size_t kind = 0; kind < kLayerKinds; ++kind) {
      if (costs[kind].nanoseconds == 0) continue;
      table += Line(std::to_string(stage), LayerKindName(static_cast<LayerKind>(kind)), costs[kind], scale);
    }
    table += Line(std::to_string(stage), "all", Sum(costs), scale);
  }
  for (size_t kind = 0; kind < kLayerKinds; ++kind) {
    table += Line("all", LayerKindName(static_cast<LayerKind>(kind)), all[kind], scale);
  }
  const LayerCost wall{profile.wall_nanoseconds * profile.threads, Sum(all).operations};
  table += Line("all", "sum of the parts", Sum(all), scale) + Line("", "forward pass, by the clock", wall, scale);
  if (peak) {
    table += fmt::format("peak: {:.1f} GFLOP/s, {} of multiply-adds in registers, measured just now\n", *peak * 1e-9,
                         Pluralize(static_cast<size_t>(profile.threads), "thread"));
  }
  return table;
}

}  // namespace convnext

#pragma once

#include <string>

#include "convnext/facts/facts.h"

namespace convnext {

// results/performance_eval.json: the adaptation's fields in its order, then ours, every raw time among them.
std::string PerformanceJson(const PerformanceRecord& record);

// logs/performance_eval.log: the adaptation's lines, then ours.
std::string PerformanceLog(const PerformanceRecord& record);

// batch / mean time. (The adaptation's figures are 1 / mean time at every batch size, which is not a throughput.)
double ThroughputImagesPerSecond(const BatchTimes& batch);

}  // namespace convnext

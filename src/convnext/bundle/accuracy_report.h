#pragma once

#include <string>

#include "convnext/facts/facts.h"

namespace convnext {

// results/accuracy_eval.json: the adaptation's fields in its order, then ours. reference, test: [inputs, D].
std::string AccuracyJson(const AccuracyRecord& record, const Tensor<double>& reference, const Tensor<double>& test);

// logs/accuracy_eval.log: the adaptation's lines, then ours.
std::string AccuracyLog(const AccuracyRecord& record, const Tensor<double>& reference, const Tensor<double>& test);

}  // namespace convnext

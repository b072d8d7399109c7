#pragma once

#include <string>

#include "eval/eval.h"

namespace convnext {

// inference.json: the fields of the Python adaptation this program replaces, in its order and rounding, then ours.
// embeddings: [inputs, D].
std::string InferenceJson(const InferenceRecord& record, const Tensor<double>& embeddings);

// inference.log: the adaptation's lines, then ours.
std::string InferenceLog(const InferenceRecord& record, const Tensor<double>& embeddings);

}  // namespace convnext

#pragma once

#include <string>

#include "engine/engine.h"

namespace convnext {

// inference.json: the fields of the Python adaptation this program replaces, in its order and rounding, then ours.
std::string InferenceJson(const Engine& engine, const InferenceOptions& options, const InferenceResult& result,
                          const std::string& timestamp);

// inference.log: the adaptation's lines, then ours.
std::string InferenceLog(const Engine& engine, const InferenceOptions& options, const InferenceResult& result,
                         const std::string& timestamp);

}  // namespace convnext

// atc's texts about a compiled model: --mode=1 and --mode=6.
#pragma once

#include <string>

#include "model.h"

namespace ascend_emulator {

// The compiled graph as --mode=1 writes it: operators with the types of their inputs and outputs, and the casts that
// the precision of the model makes. Returns an error text, empty if ok.
std::string GraphJson(const CompiledModel& model, std::string& json);

// The output of --mode=6.
std::string ModelInformation(const CompiledModel& model, size_t om_bytes);

}  // namespace ascend_emulator

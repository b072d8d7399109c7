// The flags of atc that decide what a model computes in: docs/ascend-facts.md, "Compiling: precision".
#pragma once

#include <string>

#include "atc_flags.h"
#include "model.h"

namespace ascend_emulator {

// Sets the precision of `model`, whose soc_version is set. Returns an error as atc prints it, empty if ok.
std::string ReadPrecision(const Flags& flags, CompiledModel& model);

// The file of --op_precision_mode, in `text`.
std::string ReadOperatorModes(const std::string& path, std::string_view text, CompiledModel& model);

}  // namespace ascend_emulator

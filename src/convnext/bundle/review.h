#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "convnext/bundle/evidence.h"

namespace convnext {

// The commands with which a reviewer comes from a clone of the bundle to a verdict of one's own, for the READMEs:
// {"clone", "check", "steps"} hold one or more lines each. What could mean more to a shell than a name is left out.
nlohmann::ordered_json ReviewCommands(const Evidence& evidence);

// The programs that the bundle carries: {"path", "sha256", "bytes", "glibc", "libraries", "measured"}.
nlohmann::ordered_json CarriedPrograms(const Evidence& evidence);

}  // namespace convnext
